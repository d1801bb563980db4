"""What stands in for pixels that mean nothing, so that no colour of theirs bleeds into the ones that do.

What a pixel gets depends on nothing farther away than ``reach`` rows and columns, so that any block read with so much
around it is filled as the whole image would be.
"""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels

_ROWS = 256  # filled at once: each pixel takes some 20 bytes meanwhile


def fill(pixels: Pixels, valid: NDArray[np.bool_], reach: int) -> Pixels:
    """Give pixels that mean nothing the colour of a near one that does, or mid-grey where there is none.

    First the nearest one in the same row, of two equally near the left one; then, where the row has none, the nearest
    in the same column of those that have a colour by now, of two the upper one.

    Args:
        pixels: uint8 or uint16 (h, w, C).
        valid: bool (h, w), where pixels mean something.
        reach: rows and columns away, at most; at least 0.

    Returns:
        A filled copy.
    """
    pixels, known = _along_rows(pixels, valid, reach)
    turned, known = _along_rows(pixels.swapaxes(0, 1), known.swapaxes(0, 1), reach)
    turned[~known] = np.iinfo(pixels.dtype).max // 2 + 1
    return turned.swapaxes(0, 1)


def _along_rows(pixels: Pixels, valid: NDArray[np.bool_], reach: int) -> tuple[Pixels, NDArray[np.bool_]]:
    """Colours taken over inside each row, and where there are any now."""
    height, width = valid.shape
    filled, known = np.empty_like(pixels), np.empty_like(valid)
    positions = np.arange(width, dtype=np.int32)
    nowhere = np.int32(width + reach + 1)
    for top in range(0, height, _ROWS):
        rows = slice(top, top + _ROWS)
        left = np.maximum.accumulate(np.where(valid[rows], positions, -nowhere), axis=1)
        right = np.minimum.accumulate(np.where(valid[rows], positions, 2 * nowhere)[:, ::-1], axis=1)[:, ::-1]
        nearest = np.where(positions - left <= right - positions, left, right)
        known[rows] = np.abs(nearest - positions) <= reach
        nearest = np.where(known[rows], nearest, positions)
        filled[rows] = np.take_along_axis(pixels[rows], nearest[..., None], axis=1)
    return filled, known
