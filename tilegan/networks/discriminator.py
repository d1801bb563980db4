"""The siamese discriminator: an image becomes a vector."""

import math

import torch
from torch import nn


class SiameseDiscriminator(nn.Module):
    """Strided convolutions down to one cell for every 16 x 16 pixels; all cells together are the image's vector.

    A cell sees some 90 pixels around it, so that several cells see each seam of a joined image. The cells' values are
    divided by the square root of their number: the vector's squared length is the mean of the cells' squared lengths,
    whatever the size of the image. No dense layer follows: with a hundred target images one would learn them by heart.

    Attributes:
        cell: side of a cell, in pixels; images are multiples of it.
    """

    cell = 16

    def __init__(self, channels: tuple[int, int, int, int], cell_values: int) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, first, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(first, second, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(second, third, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(third, fourth, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(fourth, cell_values, 3, padding=1),
        )
        # with torch's own smaller initial weights the vectors start so short that learning takes four times as long
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, V), V = cell_values * H/16 * W/16."""
        cells: torch.Tensor = self.layers(images)
        return cells.flatten(1) / math.sqrt(cells.shape[2] * cells.shape[3])
