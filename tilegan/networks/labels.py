"""Label maps: pictures whose colors say what a place is, such as water or a house, and not how it looks."""

from collections.abc import Sequence

import torch
from torch import nn

LEVELS = 127.5  # half of the 255 steps that [-1, 1] stands for


class Labels(nn.Module):
    """Turns colors to labels, each pixel to the one whose color is nearest, so that JPEG's noise does no harm.

    The first layer of generators that learn from label maps, so that all before it, files, crops and engine, has to
    know of nothing but pictures.

    Args:
        table: the color of each label, levels 0 to 255 of red, green and blue, all different. Label numbers of an
            integer raster are its gray levels.
    """

    def __init__(self, table: Sequence[Sequence[int]]) -> None:
        super().__init__()
        colors = torch.tensor([list(color) for color in table], dtype=torch.float32)
        self.colors: torch.Tensor
        self.register_buffer("colors", colors[:, :, None, None])  # whole numbers up to 255 are exact in bfloat16 too

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) in [-1, 1] -> (N, labels, h, w) of the same type, 1 for the pixel's label and 0 for others.

        Of two labels that are equally near the first one counts.
        """
        levels = (image.float() + 1) * LEVELS
        colors = self.colors.float()[None]
        # |x - c|^2 without |x|^2, which is the same for all labels; no product that autocast would round
        distances = colors.square().sum(2)
        for channel in range(3):
            distances = distances - 2 * colors[:, :, channel] * levels[:, channel : channel + 1]
        nearest = (distances == distances.amin(1, keepdim=True)).to(image.dtype)
        return nearest * (nearest.cumsum(1) == 1)
