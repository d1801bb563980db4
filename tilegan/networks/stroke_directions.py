"""Directions of strokes in even areas, as statistics in which generated images should resemble a painter's.

Discriminators accept strokes of one direction in every crop, but a sky of them is a hatching. The distribution over all
crops tells the difference (see ``style_memory``).
"""

import torch
from torch import nn

from tilegan.metrics.lab import LUMA

CELL = 16  # pixels: side of the squares that have a direction
SIZES = 3  # strokes of 1, 2 and 4 pixels
DIRECTIONS = 3 * SIZES
EVEN = 0.06  # change of the mean color per two cells, at which a cell counts half
_LEAST_WEIGHT = 0.01  # of cells that are not even, for crops without even ones
_LEAST_ENERGY = 1e-4  # squared gradient below which there is no stroke


def stroke_directions(images: torch.Tensor) -> torch.Tensor:
    """Return the mean directions of structures in even areas, and how far these agree within a cell.

    The direction of a cell is that of its structure tensor, (gx^2 - gy^2, 2 gx gy) / (gx^2 + gy^2) with means of the
    products of luma gradients: a vector with twice the angle, of length 1 if all gradients are parallel. (Bigun and
    Granlund 1987, 'Optimal Orientation Detection of Linear Symmetry'.)

    Args:
        images: float (N, 3, H, W) in [-1, 1], H and W multiples of 16.

    Returns:
        float32 (N, 9): for structures of 1, 2 and 4 pixels two components of the mean direction, and the mean length.
    """
    weights = _evenness(images.float())
    luma = (images.float() * images.new_tensor(LUMA).float().reshape(3, 1, 1)).sum(1, keepdim=True)
    parts = []
    for size in range(SIZES):
        directions = _directions(luma, CELL >> size)
        lengths = (directions.square().sum(1, keepdim=True) + 1e-6).sqrt()
        parts += [(weights * each).sum((2, 3)) for each in (directions, lengths)]
        luma = nn.functional.avg_pool2d(luma, 2)
    return torch.cat(parts, 1)


@torch.no_grad()
def _evenness(images: torch.Tensor) -> torch.Tensor:
    """Return weights of cells, (N, 1, H / 16, W / 16) with the sum 1: lower where the mean color changes."""
    means = nn.functional.pad(nn.functional.avg_pool2d(images, CELL), (1, 1, 1, 1), mode="replicate")
    right = means[:, :, 1:-1, 2:] - means[:, :, 1:-1, :-2]
    down = means[:, :, 2:, 1:-1] - means[:, :, :-2, 1:-1]
    change = (right.square() + down.square()).sum(1, keepdim=True)
    weights = 1 / (1 + change / EVEN**2) + _LEAST_WEIGHT
    return weights / weights.sum((2, 3), keepdim=True)


def _directions(luma: torch.Tensor, cell: int) -> torch.Tensor:
    """Return the direction of each cell, (N, 1, h, w) -> (N, 2, h / cell, w / cell)."""
    right, down = luma.diff(dim=3), luma.diff(dim=2)
    across, along = right[:, :, 1:] + right[:, :, :-1], down[..., 1:] + down[..., :-1]  # at the corners of pixels
    products = torch.cat((across**2 - along**2, 2 * across * along, across**2 + along**2), 1)
    tensor = nn.functional.avg_pool2d(nn.functional.pad(products, (0, 1, 0, 1), mode="replicate"), cell)
    return tensor[:, :2] / (tensor[:, 2:] + _LEAST_ENERGY)
