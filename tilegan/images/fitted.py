"""Rasters fitted to an image, window by window: scaled to its size, or placed on it.

Positions are those of ``images.axes``, so that no value depends on the window.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.images.axes import Axis, Cells, Stretched

Values = NDArray[np.unsignedinteger[Any]]

_AT_ONCE = 2**22  # values of a raster that are read at once, or one row of pixels


class Fitted:
    """A raster as one of the size of an image: each pixel has the nearest value, or values are interpolated linearly.

    Attributes:
        height, width: size of the image, in pixels.
        axes: where rows and columns of the image lie in the raster; None if it covers all of the image.
    """

    def __init__(
        self,
        read: Callable[[Window], Values],
        shape: tuple[int, int],
        height: int,
        width: int,
        *,
        smooth: bool,
        axes: tuple[Axis, Axis] | None = None,
        outside: int = 0,
    ) -> None:
        """Take a raster.

        Args:
            read: the values (h, w) of a window inside the raster.
            shape: height and width of the raster.
            height: height of the image, in pixels.
            width: likewise.
            smooth: whether values between those of the raster are interpolated, and rounded.
            axes: where rows and columns of the image lie in the raster; None if it covers all of the image.
            outside: value of pixels that it does not cover, up to 65535; windows with such pixels are uint16.
        """
        self._read, self._shape, self._smooth, self._outside = read, shape, smooth, outside
        self.axes = axes
        self._axes: tuple[Axis, Axis] = axes or (Stretched(shape[0], height), Stretched(shape[1], width))
        self._equal = axes is None and shape == (height, width)
        self.height, self.width = height, width

    @property
    def part(self) -> Window | None:
        """Return the part of the raster that lies in the image, in cells; None if there is none."""
        rows, columns = (
            axis.at(0, length, smooth=self._smooth).kept()
            for axis, length in zip(self._axes, (self.height, self.width), strict=True)
        )
        if not len(rows.before) or not len(columns.before):
            return None
        (top, height), (left, width) = rows.span(), columns.span()
        return Window(top, left, height, width)

    @property
    def covers_all(self) -> bool:
        """Return whether the raster covers all pixels of the image."""
        lengths = zip(self._axes, (self.height, self.width), strict=True)
        return all(axis.at(place, place + 1, smooth=False).inside[0] for axis, n in lengths for place in (0, n - 1))

    def pixels(self, cells: int) -> int:
        """Return how many rows of the image a number of rows of the raster take, rounded up."""
        return math.ceil(cells / abs(self._axes[0].scale) - 1e-9)

    def read(self, window: Window) -> Values:
        """Return the values of a window inside the image, (h, w)."""
        if self._equal:
            return self._read(window)
        high, wide = (
            int(length * abs(axis.scale)) + 3 for axis, length in zip(self._axes, (1, window.width), strict=True)
        )
        rows = max(1, _AT_ONCE // (wide * high))
        return np.concatenate([self._band(strip) for strip in window.strips(rows)])

    def _band(self, window: Window) -> Values:
        rows = self._axes[0].at(window.top, window.bottom, smooth=self._smooth)
        columns = self._axes[1].at(window.left, window.right, smooth=self._smooth)
        if rows.inside.all() and columns.inside.all():
            return self._values(rows, columns)
        made = np.full((window.height, window.width), self._outside, np.uint16)
        if rows.inside.any() and columns.inside.any():
            made[np.ix_(rows.inside, columns.inside)] = self._values(rows.kept(), columns.kept())
        return made

    def _values(self, rows: Cells, columns: Cells) -> Values:
        """Return the values of rows and columns that lie in the raster."""
        top, height = rows.span()
        left, width = columns.span()
        values = self._read(Window(top, left, height, width))
        if not self._smooth:
            return values.take(rows.before - top, 0).take(columns.before - left, 1)
        across = _mixed(values.astype(np.float32), 1, columns, left)
        return np.rint(_mixed(across, 0, rows, top)).astype(values.dtype)


def covers(height: int, width: int, image_height: int, image_width: int) -> bool:
    """Return whether a raster of a height and a width is an image scaled, but for a rounded pixel at its edges."""
    return abs(height * image_width - width * image_height) <= max(image_height, image_width)


def _mixed(values: NDArray[np.float32], axis: int, cells: Cells, begin: int) -> NDArray[np.float32]:
    """Return values interpolated along an axis, of which the first is cell ``begin``."""
    first: NDArray[np.float32] = values.take(cells.before - begin, axis)
    second: NDArray[np.float32] = values.take(cells.after - begin, axis)
    second -= first
    second *= cells.share[:, None] if axis == 0 else cells.share
    second += first
    return second
