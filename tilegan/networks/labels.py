"""Label maps: images whose colors encode the class of each pixel, such as water or a house."""

from collections.abc import Sequence

import torch
from torch import nn

LEVELS = 127.5  # half of the 255 steps of 8-bit values, which are mapped to [-1, 1]


class Labels(nn.Module):
    """Convert colors to labels: each pixel gets the label with the nearest color, so that JPEG artifacts do no harm.

    It is the first layer of generators of label maps, so that files, crops and engine handle only images.

    Args:
        table: the color of each label, 8-bit RGB values, all different. Label numbers of an integer raster are its gray
            values.
    """

    def __init__(self, table: Sequence[Sequence[int]]) -> None:
        super().__init__()
        colors = torch.tensor([list(color) for color in table], dtype=torch.float32)
        self.colors: torch.Tensor
        self.register_buffer("colors", colors[:, :, None, None])  # integers up to 255 are exact in bfloat16 too

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) in [-1, 1] -> (N, labels, h, w) of the same dtype, one-hot.

        If two labels are equally near, the first one is taken.
        """
        levels = (image.float() + 1) * LEVELS
        colors = self.colors.float()[None]
        # |x - c|^2 without |x|^2, which is the same for all labels; no product that autocast would round
        distances = colors.square().sum(2)
        for channel in range(3):
            distances = distances - 2 * colors[:, :, channel] * levels[:, channel : channel + 1]
        nearest = (distances == distances.amin(1, keepdim=True)).to(image.dtype)
        return nearest * (nearest.cumsum(1) == 1)
