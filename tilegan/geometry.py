"""Windows, grids and reflected indices: pure integer arithmetic on pixels.

Every grid is anchored at pixel (0, 0). A window is half-open: it holds rows ``top .. bottom - 1``.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.unsignedinteger[Any]]  # uint8 or uint16, (h, w, channels)
Value = TypeVar("Value", bound=np.generic)
Level = TypeVar("Level", bound=np.unsignedinteger[Any])


class Window(NamedTuple):
    """A rectangle of an image, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """Return the first row below the window."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """Return the first column right of the window."""
        return self.left + self.width

    def scaled(self, factor: int) -> "Window":
        """Return the window on a grid ``factor`` times as fine."""
        return Window(*(factor * side for side in self))

    def moved(self, down: int, right: int) -> "Window":
        """Return the window shifted by rows and columns."""
        return Window(self.top + down, self.left + right, self.height, self.width)

    def common(self, other: "Window") -> "Window":
        """Return what two windows that overlap have in common."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        return Window(top, left, min(self.bottom, other.bottom) - top, min(self.right, other.right) - left)

    def strips(self, rows: int) -> Iterator["Window"]:
        """Divide the window into strips of at most so many rows, from the top."""
        for top in range(self.top, self.bottom, rows):
            yield self._replace(top=top, height=min(rows, self.bottom - top))

    def of(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Crop an image (h, w, ...) that contains the window; a view."""
        return pixels[self.top : self.bottom, self.left : self.right]


def around(windows: Iterable[Window]) -> Window:
    """Return the smallest window that contains all."""
    tops, lefts, bottoms, rights = zip(*((w.top, w.left, w.bottom, w.right) for w in windows), strict=True)
    return Window(min(tops), min(lefts), max(bottoms) - min(tops), max(rights) - min(lefts))


def round_up(value: int, multiple: int) -> int:
    """Return the smallest multiple of ``multiple`` that is at least ``value``."""
    return -(-value // multiple) * multiple


def grid_shape(height: int, width: int, side: int) -> tuple[int, int]:
    """Return rows and columns of the grid of ``side`` x ``side`` cells that covers ``height`` x ``width``."""
    return -(-height // side), -(-width // side)


def grid_cell(index: tuple[int, int], side: int, height: int, width: int) -> Window:
    """Return the cell at (row, column) of that grid, clipped at the bottom and right edges of the image."""
    top, left = index[0] * side, index[1] * side
    return Window(top, left, min(side, height - top), min(side, width - left))


def split(window: Window, side: int) -> Iterator[Window]:
    """Cut a window into cells of ``side``, counted from its own corner, row by row; the last ones may be smaller."""
    for top in range(window.top, window.bottom, side):
        for left in range(window.left, window.right, side):
            yield Window(top, left, min(side, window.bottom - top), min(side, window.right - left))


def reflect(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Return indices ``start .. stop - 1`` of an axis of ``length`` pixels, reflected at both ends.

    The edge pixel is not repeated (numpy's ``reflect``): the period is ``2 (length - 1)``, and any distance beyond the
    axis is allowed. An axis of one pixel repeats it.
    """
    if length == 1:
        return np.zeros(stop - start, dtype=np.intp)
    period = 2 * (length - 1)
    position = np.arange(start, stop, dtype=np.intp) % period
    return np.minimum(position, period - position)


def means(pixels: NDArray[Level], factor: int) -> NDArray[Level]:
    """Reduce an image by averaging ``factor`` x ``factor`` pixels, rounded to the nearest integer, halves up.

    Args:
        pixels: uint8 or uint16 (h, w, channels); h and w are multiples of ``factor``.
        factor: 1 or more.

    Returns:
        (h / factor, w / factor, channels) of the same dtype.
    """
    if factor == 1:
        return pixels
    height, width, channels = pixels.shape
    # 16 bits hold sums of 16 x 16 levels of 8 bits; slices are added in a quarter of the time that np.sum takes
    wide = np.dtype(np.uint16 if pixels.dtype == np.uint8 and factor <= 16 else np.uint32)
    rows: Pixels = pixels[::factor].astype(wide)
    for row in range(1, factor):
        rows += pixels[row::factor]
    squares = rows.reshape(height // factor, width // factor, factor, channels)
    sums: Pixels = squares[:, :, 0].copy()
    for column in range(1, factor):
        sums += squares[:, :, column]
    sums += wide.type(factor**2 // 2)
    sums //= wide.type(factor**2)
    reduced: NDArray[Level] = sums.astype(pixels.dtype)
    return reduced
