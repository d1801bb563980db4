"""The generator that fills holes: dilated residual blocks at half resolution, over a smooth filling."""

from collections.abc import Sequence

import torch
from torch import nn

from tilegan.names import CHANNEL
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.generator import PADDING, ResidualBlock, cell_blur
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to

HALF = 2  # factor by which the residual blocks work at a lower resolution
LEVELS = 3  # of the pyramid of the smooth filling: colors reach about 2^LEVELS pixels into a hole
LEAST = 1e-6  # weight of a pixel of a coarser level, so that no color is divided by zero


class FillingGenerator(nn.Module):
    """Fills holes by a smooth filling plus a residual; all other pixels are returned as they are.

    (Residual blocks with dilated convolutions, as in the generator of Demir and Unal 2018, 'Patch-Based Image
    Inpainting with Generative Adversarial Networks': the dilations widen the receptive field without reducing the
    resolution further. The smooth filling, from which training starts, is not in the paper.)

    Float (N, 4, h, w) -> (N, 3, h, w) in [-1, 1]; h and w are multiples of 8. The fourth channel is the mask: above 0
    in holes, whose colors are ignored. In training the output may leave [-1, 1], since clipping would remove the
    gradients; in evaluation it is clipped.

    Args:
        channels: channels of the residual blocks.
        dilations: dilation of each residual block, in pixels of half the resolution.
        detail: channels at full resolution.
        norm: one of ``norms.layers``.
    """

    inputs = 4
    capabilities = Capabilities(holes=True)

    def __init__(self, channels: int, dilations: Sequence[int], detail: int, norm: str = CHANNEL) -> None:
        super().__init__()
        self.smooth = SmoothFilling()
        self.head = nn.Conv2d(self.inputs * HALF**2, channels, 3, padding=1, padding_mode=PADDING)
        self.body = nn.Sequential(*(ResidualBlock(channels, norm, dilation) for dilation in dilations))
        self.norm = norm_layer(norm, channels)
        self.up = nn.Conv2d(channels, detail * HALF**2, 1)
        self.blur = cell_blur(detail, HALF)
        self.refine = nn.Conv2d(detail + self.inputs, detail, 3, padding=1, padding_mode=PADDING)
        self.tail = nn.Conv2d(detail, 3, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 4, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        holes = image[:, 3:] > 0
        known = 1 - holes.to(image.dtype)
        smooth = self.smooth(image[:, :3], known)
        seen = torch.cat((smooth, trim_to(known, smooth)), 1)
        features = self.norm(self.body(self.head(nn.functional.pixel_unshuffle(seen, HALF))))
        coarse = nn.functional.leaky_relu(self.up(features), 0.2, inplace=True)
        coarse = self.blur(nn.functional.pixel_shuffle(coarse, HALF))
        fine = torch.cat((coarse, trim_to(seen, coarse)), 1)
        del features, coarse  # frees memory for the next lines
        residual = self.tail(nn.functional.leaky_relu(self.refine(fine), 0.2, inplace=True))
        filled = residual + trim_to(smooth, residual)
        if not self.training:
            filled = filled.clamp_(-1, 1)
        return torch.where(trim_to(holes, filled), filled, trim_to(image[:, :3], filled))


class SmoothFilling(nn.Module):
    """Fills unknown pixels by interpolation of known ones: by means of 2 x 2 pixels, and again of these.

    (The pull-push algorithm of Gortler et al. 1996, 'The Lumigraph', section 3.4.3, with bilinear interpolation. Beyond
    it, unknown pixels of the coarsest level get means of the 3 x 3 pixels around them, so that crossing holes are not
    gray in the middle, and so do those of the levels between, after interpolation, which brings them closer to
    diffusion. Full resolution is left out, since without padding one lost pixel would shift the cells of 2 x 2 pixels.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, colors: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Fill unknown pixels.

        Args:
            colors: (N, 3, h, w); h and w are multiples of 2^LEVELS.
            known: (N, 1, h, w), 1 for known pixels, 0 for others.

        Returns:
            (N, 3, h, w); gray where no known pixel is near.
        """
        levels, weights = [colors * known], [known]  # the weighted colors of each level, and their weights
        for _ in range(LEVELS):
            weight = nn.functional.avg_pool2d(weights[-1], 2)
            color = nn.functional.avg_pool2d(levels[-1], 2) / weight.clamp(min=LEAST)
            weights.append((4 * weight).clamp(max=1))  # one known pixel of four suffices
            levels.append(color * weights[-1])
        near = self.around(levels[-1]) / self.around(weights[-1]).clamp(min=LEAST)
        filled = _over(levels[-1], weights[-1], near)
        for number in range(LEVELS - 1, -1, -1):
            coarser = nn.functional.interpolate(filled, scale_factor=2.0, mode="bilinear", align_corners=False)
            filled = _over(levels[number], weights[number], coarser)
            if number:
                filled = _over(levels[number], weights[number], self.around(filled))
        return filled


def _over(colors: torch.Tensor, weights: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    """Return weighted colors over others, at the size of these."""
    return trim_to(colors, below) + (1 - trim_to(weights, below)) * below


GENERATORS = {"filling": FillingGenerator}
