"""The siamese discriminator: an image becomes a vector."""

import math
from itertools import pairwise

import torch
from torch import nn


class HalfInstanceNorm(nn.Module):
    """Instance norm on the first half of the channels, batch norm (of the batch at hand) on the second.

    (The mixture of Pan et al. 2018, 'Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net'.)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.instance = nn.InstanceNorm2d(channels // 2, affine=True)
        self.batch = nn.BatchNorm2d(channels - channels // 2, track_running_stats=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        half = self.instance.num_features
        return torch.cat((self.instance(features[:, :half]), self.batch(features[:, half:])), 1)


class SiameseDiscriminator(nn.Module):
    """Strided convolutions down to one cell for every 16 x 16 pixels; all cells together are the image's vector.

    Each cell gives a direction and, apart from it, a length, so that realism can be learnt as easily as by a
    discriminator with one output; their product is the cell's part of the vector. A cell sees some 90 pixels around it,
    so that several cells see each seam of a joined image. The cells are divided by the square root of their number: the
    vector's squared length is the mean of the cells' squared lengths, whatever the size of the image. No dense layer
    follows: with a hundred target images one would learn them by heart.

    Norms are welcome here, since no tiling has to be exact. Without them, and with direction and length in one,
    photographs and paintings were not told apart at all after 180 steps. With instance norm alone strokes come soonest,
    but it is blind to contrast: a few bright specks on faint strokes are enough for it. With batch norm alone it took
    more than 1,000 steps until there were any strokes.
    """

    def __init__(self, channels: tuple[int, int, int, int], cell_values: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(12, channels[0], 3, padding=1), nn.LeakyReLU(0.2)]
        for before, after in pairwise(channels):
            layers += [
                nn.Conv2d(before, after, 4, stride=2, padding=1),
                HalfInstanceNorm(after),
                nn.LeakyReLU(0.2),
            ]
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.layers = nn.Sequential(*layers)
        self.length = nn.Conv2d(channels[-1], 1, 3, padding=1)
        self.direction = nn.Conv2d(channels[-1], cell_values, 3, padding=1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 16 from 32 up -> (N, V), V = cell_values * H/16 * W/16."""
        features = self.layers(images)
        lengths = nn.functional.softplus(self.length(features))
        cells = lengths * nn.functional.normalize(self.direction(features), dim=1)
        return cells.flatten(1) / math.sqrt(cells.shape[2] * cells.shape[3])
