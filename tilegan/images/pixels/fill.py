"""Fill invalid pixels from valid neighbors, so that no color of invalid pixels bleeds into valid ones.

The fill of a pixel depends on nothing farther away than ``reach`` rows and columns, so that a block read with this
margin is filled as the whole image would be.
"""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels

_ROWS = 256  # rows filled at once: each pixel takes about 20 bytes meanwhile


def fill(pixels: Pixels, valid: NDArray[np.bool_], reach: int) -> Pixels:
    """Give invalid pixels the color of a nearby valid pixel, or mid-gray where there is none.

    The nearest valid pixel of the same row is taken first (the left one of two equally near ones); where a row has
    none, the nearest pixel of the same column that has a color by then (the upper one of two).

    Args:
        pixels: uint8 or uint16 (h, w, C).
        valid: bool (h, w), where pixels are valid.
        reach: maximum distance in rows and columns; at least 0.

    Returns:
        A filled copy.
    """
    pixels, known = _along_rows(pixels, valid, reach)
    turned, known = _along_rows(pixels.swapaxes(0, 1), known.swapaxes(0, 1), reach)
    turned[~known] = np.iinfo(pixels.dtype).max // 2 + 1
    return turned.swapaxes(0, 1)


def _along_rows(pixels: Pixels, valid: NDArray[np.bool_], reach: int) -> tuple[Pixels, NDArray[np.bool_]]:
    """Fill within each row; return the pixels, and where they have a color now."""
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
