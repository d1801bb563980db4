"""The residual generator: most of its work at quarter resolution, and nothing that sees a whole tile."""

from typing import Final

import torch
from torch import nn

from tilegan.networks.unpadded import trim_to

CONTRAST = 1.25  # tanh(1.25 x) stays within 0.1 of x over most of [-1, 1], so that zero residual means 'as it was'

# Mirrored, so that a tile looks like a part of something larger: zeros tell the generator where its tile ends, and in
# `combo` mode skies fill with bands. Under a halo padding makes no difference.
PADDING: Final = "reflect"


class ChannelNorm(nn.Module):
    """Divide each pixel's channels by their root mean square, then scale them: exact under any tiling.

    (Zhang and Sennrich, 2019, 'Root Mean Square Layer Normalization', over channels only.)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        # in float32: a CPU's rsqrt of bfloat16 rounds the last values of a tensor in another way than the others
        scale = torch.rsqrt(features.square().mean(1, keepdim=True).float() + 1e-6)
        return features * scale.to(features.dtype) * self.gain


class ResidualBlock(nn.Module):
    """features + conv(relu(conv(norm(features)))), 3 x 3 kernels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=PADDING)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        hidden: torch.Tensor = self.second(nn.functional.relu(self.first(self.norm(features)), inplace=True))
        return hidden.add_(trim_to(features, hidden))


class ResidualGenerator(nn.Module):
    """tanh(1.25 x + r(x)), where r unshuffles pixels by ``stride``, runs residual blocks there and shuffles back.

    What is shuffled back is blurred: features that differ by their place in the cell would weave a pattern into skies.

    Float (N, 3, h, w) in [-1, 1] -> the same shape and range; h and w are multiples of ``stride``. The last convolution
    starts at zero, so training starts from (nearly) the identity.
    """

    def __init__(self, channels: int, blocks: int, stride: int, detail: int) -> None:
        super().__init__()
        self.stride = stride
        self.head = nn.Conv2d(3 * stride**2, channels, 3, padding=1, padding_mode=PADDING)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))
        self.norm = ChannelNorm(channels)
        self.up = nn.Conv2d(channels, detail * stride**2, 1)
        self.blur = _cell_blur(detail, stride)
        self.refine = nn.Conv2d(detail + 3, detail, 3, padding=1, padding_mode=PADDING)
        self.tail = nn.Conv2d(detail, 3, 3, padding=1, padding_mode=PADDING)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        cells = nn.functional.pixel_unshuffle(image, self.stride)
        coarse = nn.functional.leaky_relu(self.up(self.norm(self.body(self.head(cells)))), 0.2, inplace=True)
        coarse = self.blur(nn.functional.pixel_shuffle(coarse, self.stride))
        fine = torch.cat((coarse, trim_to(image, coarse)), 1)
        del cells, coarse  # a quarter of the memory that is needed here
        residual = self.tail(nn.functional.leaky_relu(self.refine(fine), 0.2, inplace=True))
        return torch.tanh(torch.add(residual, trim_to(image, residual), alpha=CONTRAST))


def _cell_blur(channels: int, stride: int) -> nn.Conv2d:
    """A fixed blur of each channel that no pattern with the period of a cell survives.

    Its taps, ``stride`` or one more with the outer ones halved, add up to the same for each place in the cell.
    """
    taps = torch.full((stride // 2 * 2 + 1,), 1 / stride)
    if stride % 2 == 0:
        taps[[0, -1]] /= 2
    blur = nn.Conv2d(
        channels, channels, len(taps), padding=stride // 2, groups=channels, bias=False, padding_mode=PADDING
    )
    blur.weight = nn.Parameter((taps[:, None] * taps).expand_as(blur.weight).clone(), requires_grad=False)
    return blur
