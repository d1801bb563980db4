"""Cuts, sums, gradients, blurs and enlargements in a fixed order: a window has exactly the values of the whole."""

from collections.abc import Sequence

import torch
from torch import nn


def twice_boxed(planes: torch.Tensor, side: int) -> torch.Tensor:
    """Blur by a box, twice, without padding: (N, C, h, w) -> (N, C, h - 2 * side + 2, w - 2 * side + 2)."""
    for axis in (2, 3, 2, 3):
        planes = _sums(planes, axis, side)
    return planes / side**4


def _sums(planes: torch.Tensor, axis: int, count: int) -> torch.Tensor:
    """Return the sums of so many neighbors along an axis, from those of half as many."""
    if count == 1:
        return planes
    half = _sums(planes, axis, count // 2)
    total = cut(half, axis, 0, count - count // 2) + cut(half, axis, count // 2, count % 2)
    return total.add_(cut(planes, axis, count - 1, 0)) if count % 2 else total


def cut(planes: torch.Tensor, axis: int, first: int, last: int) -> torch.Tensor:
    """Return planes without so many first and last positions: constants also in an exported network of any size."""
    cuts = [slice(None)] * planes.ndim
    cuts[axis] = slice(first, -last or None)
    return planes[tuple(cuts)]


def summed(planes: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the sum in the order of the planes, which a sum along a dimension need not have."""
    return sum(planes[1:], planes[0])


def gradients(means: torch.Tensor, side: int, lost: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Return central differences to the right and downwards of means of squares.

    Args:
        means: (N, C, h, w).
        side: of the squares, in the unit of length.
        lost: number of outer squares on each side that are left out; at least 1.

    Returns:
        (N, C, h - 2 * lost, w - 2 * lost) each, per unit of length.
    """
    right = cut(cut(means, 3, lost + 1, lost - 1) - cut(means, 3, lost - 1, lost + 1), 2, lost, lost)
    down = cut(cut(means, 2, lost + 1, lost - 1) - cut(means, 2, lost - 1, lost + 1), 3, lost, lost)
    return right / (2 * side), down / (2 * side)


def enlarged(cells: torch.Tensor, factor: int) -> torch.Tensor:
    """Interpolate linearly between the centers of cells: (N, C, h, w) -> (N, C, (h - 2) * factor, (w - 2) * factor).

    PyTorch computes results of up to 128 rows and columns together in another order, with other roundings.
    """
    pixels = nn.functional.interpolate(cells, scale_factor=float(factor), mode="bilinear", align_corners=False)
    return cut(cut(pixels, 2, factor, factor), 3, factor, factor)
