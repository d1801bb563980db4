"""A fixed map of colors as the first layer of a generator, so that only what it paints has to be learned."""

from typing import Final

import torch
from torch import nn

DEGREE: Final = 3
POWERS = [  # of red, green and blue: 20, up to the third
    (r, g, b) for r in range(DEGREE + 1) for g in range(DEGREE + 1 - r) for b in range(DEGREE + 1 - r - g)
]


class Recolor(nn.Module):
    """x + p(x), clamped to [-1, 1], p a polynomial of the color of the same pixel; the identity until it is ``fit``.

    It is computed in float32 by elementwise functions only, so that even areas stay even in bfloat16, and windows equal
    the whole image.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(POWERS), 3), requires_grad=False)

    @torch.no_grad()
    def fit(self, coefficients: torch.Tensor) -> None:
        """Set the coefficients of the polynomial: float (20, 3), one row for each of ``POWERS``."""
        self.weight.copy_(coefficients)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) in [-1, 1] -> the same shape, range and dtype."""
        colors = image.float()
        channels = [_powers(colors[:, channel : channel + 1]) for channel in range(3)]
        weight = self.weight.float()[:, None, :, None, None]
        moved = colors
        for row, powers in zip(weight, POWERS, strict=True):
            product: torch.Tensor | float = 1.0
            for channel, power in zip(channels, powers, strict=True):
                if power:
                    product = product * channel[power - 1]
            moved = moved + row * product
        return moved.clamp(-1, 1).to(image.dtype)


def _powers(channel: torch.Tensor) -> list[torch.Tensor]:
    """Return the first, second and third power."""
    square = channel * channel
    return [channel, square, square * channel]
