"""Noise drawn out to streaks, from which a generator paints strokes; independent values give it dots to paint.

Streaks run along the edges of the image, and turn slowly where it has none.
"""

import math
from functools import cache
from typing import Final

import torch
from torch import nn

from tilegan.networks.boxes import gradients, summed, twice_boxed
from tilegan.networks.noise import cell_noise, drifting_noise

AREA: Final = 5  # cells: side of the box, applied twice, over which edges count
EVEN: Final = 0.5 / 127.5**2  # squared gradient per cell, of 0.7 levels of 8 bits, at which edges count half
TURNS: Final = 48  # cells: side of the squares from one own direction to the next
OWN: Final = 0.3  # length of own directions, where that of perfectly parallel edges is 1
LYING: Final = 0.8  # mean of the cosine of own directions before scaling, in deviations: strokes in skies and water lie
SECTORS: Final = 24  # distinct directions
SHORT: Final = 0.3  # deviations of slow noise at which own directions have half their length: they fade in turns
OTHER_SEED: Final = 2**31  # added to that of the noise, for its own directions


class EdgeDirections(nn.Module):
    """The mean direction of the edges around each cell of an image, and how far they agree.

    The direction is that along the edges, from the structure tensor of the cells' means (Bigun and Granlund 1987,
    'Optimal Orientation Detection of Linear Symmetry'). It is computed in float32 by elementwise functions in a fixed
    order, so that windows equal the whole image.

    Args:
        cell: side of a cell in pixels.
    """

    def __init__(self, cell: int) -> None:
        super().__init__()
        self.cell = cell
        self.pad = nn.ReplicationPad2d(AREA)

    @torch.no_grad()
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) in [-1, 1] -> float32 (N, 2, h / cell, w / cell); without padding, smaller by 2 * AREA.

        Values are the cosine and the sine of twice the angle from the right downwards, times a length below 1: 0 in
        even areas, and where edges have all directions.
        """
        lightness = summed([color.float() for color in image.unbind(1)])
        pixels = nn.functional.pixel_unshuffle(lightness[:, None], self.cell)
        means = self.pad(summed(pixels.unbind(1))[:, None] / (image.shape[1] * self.cell**2))
        right, down = gradients(means, 1)
        products = torch.cat((down**2 - right**2, -2 * right * down, right**2 + down**2), 1)
        tensor = twice_boxed(products, AREA)
        return tensor[:, :2] / (tensor[:, 2:] + EVEN)


def streaked_noise(seed: int, places: torch.Tensor, planes: int, edges: torch.Tensor, length: int) -> torch.Tensor:
    """Return noise that is drawn out along edges, or along slowly varying directions where there are none.

    Each value is a weighted sum of those of ``cell_noise`` along a line through its cell: a line integral convolution
    (Cabral and Leedom 1993, 'Imaging Vector Fields Using Line Integral Convolution') with straight lines, which are
    much shorter than the turns of the directions.

    Args:
        seed: as for ``cell_noise``.
        places: likewise, of the first cell of ``edges``.
        planes: likewise.
        edges: float32 (N, 2, rows, columns), see ``EdgeDirections``.
        length: standard deviation of the weights along the line, in cells; at least 1.

    Returns:
        float32 (N, planes, rows, columns) with mean 0 and variance 1.
    """
    count, _, rows, columns = edges.shape
    lines, weights = (each.to(edges.device) for each in _lines(length))
    margin = lines.shape[1] // 2
    width = columns + 2 * margin
    first = places - places.new_tensor((margin, margin, 0))
    noise = cell_noise(seed, first, planes, rows + 2 * margin, width).flatten(2)
    sectors = _sectors(edges + OWN * _own_directions(seed, places, rows, columns)).flatten(1)
    row, column = (margin + torch.arange(side, device=edges.device) for side in (rows, columns))
    cells = (row[:, None] * width + column).flatten()
    total = torch.zeros((), device=edges.device)
    for down, right, weight in zip(*lines.movedim(1, 0).unbind(2), weights.T, strict=True):
        shifted = cells + (down * width + right)[sectors]
        total = total + weight[sectors][:, None] * noise.gather(2, shifted[:, None].expand(-1, planes, -1))
    return total.reshape(count, planes, rows, columns)


def _own_directions(seed: int, places: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Return directions that depend on the position alone, like those of edges, with a length below 1."""
    vectors = drifting_noise(seed + OTHER_SEED, places, 2, rows, columns, TURNS)
    vectors = torch.stack((vectors[:, 0] + LYING, vectors[:, 1]), 1)
    return vectors / ((vectors[:, :1] ** 2 + vectors[:, 1:] ** 2).sqrt() + SHORT)


def _sectors(vectors: torch.Tensor) -> torch.Tensor:
    """Return the number of the sector of each direction, (N, 2, h, w) -> int64 (N, h, w).

    Comparisons only: what an arc tangent returns may differ in the last bit between windows.
    """
    across, along = vectors.unbind(1)
    lower = (along < 0) | (along == 0) & (across < 0)
    found = torch.where(lower, SECTORS // 2, 0)
    sign = torch.where(lower, -1.0, 1.0)
    for number in range(1, SECTORS // 2):
        angle = 2 * math.pi * number / SECTORS
        found = found + (sign * (along * math.cos(angle) - across * math.sin(angle)) >= 0)
    return found


@cache
def _lines(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the cells of the line in the middle of each sector, and their weights.

    Returns:
        int64 (SECTORS, cells, 2), rows down and columns right of the center; float32 (SECTORS, cells).
    """
    reach = round(5 / 3 * length)
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    angles = math.pi * (torch.arange(SECTORS, dtype=torch.float64) + 0.5) / SECTORS
    directions = torch.stack((angles.sin(), angles.cos()), 1)
    directions = directions / directions.abs().amax(1, keepdim=True)  # each step leads to another row or column
    lines = steps[:, None] * directions[:, None]
    weights = torch.exp(-lines.square().sum(2) / (2 * length**2))
    weights = weights / weights.square().sum(1, keepdim=True).sqrt()
    return lines.round().long(), weights.float()
