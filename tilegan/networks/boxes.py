"""Cuts, and box blurs by elementwise sums in a fixed order: a window has exactly the values of the whole image."""

import torch


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
