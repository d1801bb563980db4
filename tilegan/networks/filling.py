"""The generator that fills holes: dilated residual blocks at a reduced resolution, over a smooth filling."""

from collections.abc import Sequence

import torch
from torch import nn

from tilegan.networks.blurs import PADDING, cell_blur
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.smooth import SmoothFilling
from tilegan.tiling.unpadded import trim_to

STARTED = 0.5  # the mask is above 0 in holes, and not above this where their colors are a start
PLANES = 5  # that the layers see: colors, and whether a pixel is known, and whether it has a start


class FillingGenerator(nn.Module):
    """Fills holes by a smooth filling plus a residual; all other pixels are returned as they are.

    (Residual blocks with dilated convolutions, as in the generator of Demir and Unal 2018, 'Patch-Based Image
    Inpainting with Generative Adversarial Networks': the dilations widen the receptive field without reducing the
    resolution further. The smooth filling, from which training starts, is not in the paper. The blocks have no norms:
    what is added has the contrast of what is around, which a norm would remove.)

    Float (N, 4, h, w) -> (N, 3, h, w) in [-1, 1]; h and w are multiples of 8. The fourth channel is the mask: above 0
    in holes. Their colors are ignored where it is above ``STARTED``; elsewhere in holes they are a start, such as an
    enlarged filling of a reduced image, over which the residual is added. In training the output may leave [-1, 1],
    since clipping would remove the gradients; in evaluation it is clipped.

    Args:
        channels: channels of the residual blocks.
        dilations: dilation of each residual block, in cells.
        detail: channels at full resolution.
        stride: side of the cells in which the residual blocks work, in pixels.
    """

    inputs = 4
    capabilities = Capabilities(holes=True)

    def __init__(self, channels: int, dilations: Sequence[int], detail: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.smooth = SmoothFilling()
        self.head = nn.Conv2d(PLANES * stride**2, channels, 3, padding=1, padding_mode=PADDING)
        self.body = nn.Sequential(*(_DilatedBlock(channels, dilation) for dilation in dilations))
        self.up = nn.Conv2d(channels, detail * stride**2, 1)
        self.blur = cell_blur(detail, stride)
        self.refine = nn.Conv2d(detail + PLANES, detail, 3, padding=1, padding_mode=PADDING)
        self.tail = nn.Conv2d(detail, 3, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 4, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        mask = image[:, 3:]
        holes = mask > 0
        known, started = (~holes).to(image.dtype), (holes & (mask <= STARTED)).to(image.dtype)
        smooth, tones = self.smooth(image[:, :3], known + started)
        smooth = trim_to(smooth, tones)
        seen = torch.cat((smooth - tones, trim_to(known, tones), trim_to(started, tones)), 1)
        features = self.body(self.head(nn.functional.pixel_unshuffle(seen, self.stride)))
        coarse = nn.functional.leaky_relu(self.up(features), 0.2, inplace=True)
        coarse = self.blur(nn.functional.pixel_shuffle(coarse, self.stride))
        fine = torch.cat((coarse, trim_to(seen, coarse)), 1)
        del features, coarse  # frees memory for the next lines
        residual = self.tail(nn.functional.leaky_relu(self.refine(fine), 0.2, inplace=True))
        filled = residual + trim_to(smooth, residual)
        if not self.training:
            filled = filled.clamp_(-1, 1)
        return torch.where(trim_to(holes, filled), filled, trim_to(image[:, :3], filled))


class _DilatedBlock(nn.Module):
    """features + conv(relu(conv(features))), 3 x 3 kernels."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, padding_mode=PADDING)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.second(nn.functional.relu(self.first(features), inplace=True))
        return hidden.add_(trim_to(features, hidden))


GENERATORS = {"filling": FillingGenerator}
