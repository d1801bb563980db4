"""Rasters scaled to the size of an image, window by window.

The position of a pixel's center in the raster is a ratio of integers, so that no value depends on the window.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window

Values = NDArray[np.unsignedinteger[Any]]

_AT_ONCE = 2**22  # values of a raster that are read at once, or one row of pixels


class Fitted:
    """A raster as one of the size of an image: each pixel has the nearest value, or values are interpolated linearly.

    Attributes:
        height, width: size of the image, in pixels.
    """

    def __init__(
        self, read: Callable[[Window], Values], shape: tuple[int, int], height: int, width: int, *, smooth: bool
    ) -> None:
        """Take a raster.

        Args:
            read: the values (h, w) of a window inside the raster.
            shape: height and width of the raster.
            height: height of the image, in pixels.
            width: likewise.
            smooth: whether values between those of the raster are interpolated, and rounded.
        """
        self._read, self._shape, self._smooth = read, shape, smooth
        self.height, self.width = height, width

    def read(self, window: Window) -> Values:
        """Return the values of a window inside the image, (h, w)."""
        if self._shape == (self.height, self.width):
            return self._read(window)
        wide = -(-window.width * self._shape[1] // self.width) + 2
        high = -(-self._shape[0] // self.height) + 2
        rows = max(1, _AT_ONCE // (wide * high))
        return np.concatenate(
            [
                self._band(window._replace(top=top, height=min(rows, window.bottom - top)))
                for top in range(window.top, window.bottom, rows)
            ]
        )

    def _band(self, window: Window) -> Values:
        (height, width), smooth = self._shape, self._smooth
        rows = _positions(window.top, window.bottom, self.height, height, smooth=smooth)
        columns = _positions(window.left, window.right, self.width, width, smooth=smooth)
        top, left = int(rows[0][0]), int(columns[0][0])
        part = Window(top, left, int(rows[1][-1]) - top + 1, int(columns[1][-1]) - left + 1)
        values = self._read(part)
        if not smooth:
            return values.take(rows[0] - top, 0).take(columns[0] - left, 1)
        across = _between(values.astype(np.float32), 1, columns[0] - left, columns[1] - left, columns[2])
        return np.rint(_between(across, 0, rows[0] - top, rows[1] - top, rows[2])).astype(values.dtype)


def covers(height: int, width: int, image_height: int, image_width: int) -> bool:
    """Return whether a raster of a height and a width is an image scaled, but for a rounded pixel at its edges."""
    return abs(height * image_width - width * image_height) <= max(image_height, image_width)


def _positions(
    begin: int, end: int, length: int, cells: int, *, smooth: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return for pixels of an axis the cells before and after their centers, and the share of the latter.

    Without ``smooth`` both are the cell in which the center lies.

    Args:
        begin: first pixel.
        end: end of the pixels.
        length: pixels of the axis.
        cells: cells of the raster along it.
        smooth: whether there are two cells.
    """
    twice = 2 * np.arange(begin, end, dtype=np.intp) + 1  # the center, in halves of pixels
    if not smooth:
        nearest = twice * cells // (2 * length)
        return nearest, nearest, np.zeros(len(nearest), np.float32)
    place = twice * cells - length  # from the center of the first cell, in parts of a cell of which it has 2 * length
    before, share = place // (2 * length), (place % (2 * length) / (2 * length)).astype(np.float32)
    return before.clip(0, cells - 1), (before + 1).clip(0, cells - 1), share


def _between(
    values: NDArray[np.float32],
    axis: int,
    before: NDArray[np.intp],
    after: NDArray[np.intp],
    share: NDArray[np.float32],
) -> NDArray[np.float32]:
    first: NDArray[np.float32] = values.take(before, axis)
    second: NDArray[np.float32] = values.take(after, axis)
    second -= first
    second *= share[:, None] if axis == 0 else share
    second += first
    return second
