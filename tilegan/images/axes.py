"""Where the pixels of an image lie along an axis of a raster of another resolution.

Each position is a function of the number of the pixel alone, so that no value depends on the window.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Cells(NamedTuple):
    """The cells of pixels along an axis.

    Attributes:
        before, after: (n,), cells between whose centers a pixel's center lies; without interpolation both are the cell
            in which it lies. Beyond the ends of the raster they are its last ones.
        share: float32 (n,), share of the cell after.
        inside: bool (n,), whether the center lies in the raster.
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    share: NDArray[np.float32]
    inside: NDArray[np.bool_]

    def kept(self) -> "Cells":
        """Return those of the pixels whose centers lie in the raster."""
        chosen = self.inside
        return Cells(self.before[chosen], self.after[chosen], self.share[chosen], chosen[chosen])

    def span(self) -> tuple[int, int]:
        """Return the first cell, and the number of cells to the last one; there is at least one pixel."""
        first = min(int(self.before.min()), int(self.after.min()))
        return first, max(int(self.before.max()), int(self.after.max())) - first + 1


class Axis(Protocol):
    """An axis of a raster."""

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        ...

    @property
    def scale(self) -> float:
        """Return the number of cells for each pixel of the image; negative if they count in the other direction."""
        ...

    def at(self, begin: int, end: int, *, smooth: bool) -> Cells:
        """Return the cells of the pixels from ``begin`` to before ``end``; ``smooth`` for those to interpolate."""
        ...


@dataclass(frozen=True)
class Stretched:
    """An axis that lies over all pixels of the image; positions are ratios of integers.

    Attributes:
        cells: number of cells.
        length: number of pixels.
    """

    cells: int
    length: int

    @property
    def scale(self) -> float:
        """See ``Axis``."""
        return self.cells / self.length

    def at(self, begin: int, end: int, *, smooth: bool) -> Cells:
        """See ``Axis``."""
        twice, length = 2 * np.arange(begin, end, dtype=np.intp) + 1, self.length  # centers, in halves of pixels
        inside = np.ones(len(twice), np.bool_)
        if not smooth:
            nearest = twice * self.cells // (2 * length)
            return Cells(nearest, nearest, np.zeros(len(nearest), np.float32), inside)
        place = twice * self.cells - length  # from the center of the first cell, in parts: a cell has 2 * length
        share = (place % (2 * length) / (2 * length)).astype(np.float32)
        return _between(place // (2 * length), share, self.cells, inside)


@dataclass(frozen=True)
class Placed:
    """An axis that lies anywhere.

    Attributes:
        cells: number of cells.
        scale: number of cells for each pixel, negative if they count in the other direction.
        first: where the edge of the first pixel lies, in cells from the edge of the first one.
    """

    cells: int
    scale: float
    first: float

    def at(self, begin: int, end: int, *, smooth: bool) -> Cells:
        """See ``Axis``."""
        place = (np.arange(begin, end) + 0.5) * self.scale + self.first
        inside = (place >= 0) & (place < self.cells)
        if not smooth:
            nearest = np.floor(place).astype(np.intp).clip(0, self.cells - 1)
            return Cells(nearest, nearest, np.zeros(len(nearest), np.float32), inside)
        before = np.floor(place - 0.5)
        return _between(before.astype(np.intp), (place - 0.5 - before).astype(np.float32), self.cells, inside)


def _between(before: NDArray[np.intp], share: NDArray[np.float32], cells: int, inside: NDArray[np.bool_]) -> Cells:
    return Cells(before.clip(0, cells - 1), (before + 1).clip(0, cells - 1), share, inside)
