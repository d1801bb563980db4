"""Noise that is the same however an image is cut: a function of a seed, a plane and a cell's place in the image.

In even areas a network has nothing to start a stroke from; noise gives it something. So that windows still equal the
whole image, the values are no stream of random numbers but a hash of where they lie, of whole numbers alone: the same
on every machine and device.
"""

import torch
from torch import nn

from tilegan.tiling.places import Pass, Placed, current_pass

_BITS = 2**32 - 1
_DEVIATION = (4 * (256**2 - 1) / 12) ** 0.5  # of the sum of four bytes
_PLACES = 2**24  # in training windows lie anywhere in a square of so many cells


def cell_noise(seed: int, places: torch.Tensor, planes: int, rows: int, columns: int) -> torch.Tensor:
    """Noise of nearly normal distribution with mean 0 and variance 1, independent from cell to cell.

    Args:
        seed: 0 or more.
        places: int64 (N, 3): row and column of the first cell of each window, which may be negative, and a number that
            chooses other noise, such as how much a copy of the image is reduced.
        planes: how many.
        rows: cells of a window, down.
        columns: cells of a window, across.

    Returns:
        float32 (N, planes, rows, columns), on the device of the places: the sum of a hash's four bytes (a
        distribution of Irwin and Hall) less its mean, over its deviation.
    """
    number, device = places.new_tensor(seed), places.device
    state = _hash(places[:, 2, None] ^ _hash(number))
    state = _hash(state ^ torch.arange(planes, device=device))[:, :, None]
    state = _hash(state ^ (places[:, :1] + torch.arange(rows, device=device))[:, None])[..., None]
    state = _hash(state ^ (places[:, 1:2] + torch.arange(columns, device=device))[:, None, None])
    total = (state & 255) + (state >> 8 & 255) + (state >> 16 & 255) + (state >> 24)
    return (total - 510).float() * (1 / _DEVIATION)


def _hash(values: torch.Tensor) -> torch.Tensor:
    """A hash of 32 bits of each whole number, int64 -> int64 in [0, 2**32).

    C. Wellons' 'lowbias32' (2018, 'Prospecting for Hash Functions'). Products overflow 64 bits; their lower 32, which
    alone count, do not mind.
    """
    values = values & _BITS
    values = (values ^ values >> 16) * 0x7FEB352D & _BITS
    values = (values ^ values >> 15) * 0x846CA68B & _BITS
    return values ^ values >> 16


class NoiseFeatures(nn.Module, Placed):
    """Features made of noise, to be added to those of an image.

    A pass that is not told where its windows lie (see ``tiling.places``) has none, unless it is training:
    then they lie somewhere.
    """

    def __init__(self, planes: int, channels: int, cell: int, seed: int) -> None:
        """A 3 x 3 convolution of so many planes, of which each ``cell`` pixels a side have one value."""
        super().__init__()
        self.planes, self.cell, self.seed = planes, cell, seed
        self.convolution = nn.Conv2d(planes, channels, 3, padding=1, bias=False)

    def forward(self, cells: torch.Tensor) -> torch.Tensor | None:
        """For cells of images, (N, C, h, w), features (N, channels, h, w); None if there is no noise."""
        running = current_pass()
        if running is not None:
            places = self._cells(running).to(cells.device)
        elif self.training:
            places = torch.randint(_PLACES, (len(cells), 3), device=cells.device)
        else:
            return None
        rows, columns = cells.shape[2:]
        noise = cell_noise(self.seed, places, self.planes, rows, columns)
        features: torch.Tensor = self.convolution(noise.to(cells.dtype, memory_format=torch.channels_last))
        return features

    def _cells(self, running: Pass) -> torch.Tensor:
        first = running.places[:, :2].div(self.cell, rounding_mode="floor")
        return torch.cat((first, running.places[:, 2:]), 1)
