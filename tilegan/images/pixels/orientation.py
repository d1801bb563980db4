"""Images that were stored lying or mirrored, looked at upright: EXIF's eight orientations as windows and turns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window

# orientation: whether rows and columns change places, and whether then the rows, the columns are mirrored
_TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True)
class Turn:
    """What takes a stored image upright.

    Attributes:
        orientation: EXIF's number, 1 to 8; others, which files have too, stand for 1.
        height: of the stored image, in pixels.
        width: likewise.
    """

    orientation: int
    height: int
    width: int

    @property
    def lies(self) -> bool:
        """Whether stored rows are upright columns."""
        return self._turn[0]

    @property
    def from_below(self) -> bool:
        """Whether the rows that come first upright are not those that come first in the file."""
        return self.lies or self._turn[1]

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Height and width, upright, of a part of the stored image; and the other way round."""
        return (width, height) if self.lies else (height, width)

    def stored(self, window: Window) -> Window:
        """The part of the stored image that is a window of the upright one."""
        lies, rows, columns = self._turn
        height, width = self.shape(self.height, self.width)
        top = height - window.bottom if rows else window.top
        left = width - window.right if columns else window.left
        return Window(left, top, window.width, window.height) if lies else Window(top, left, *window[2:])

    def upright(self, values: NDArray[Any]) -> NDArray[Any]:
        """A part of the stored image (h, w, ...) as it is looked at; a copy in order of rows unless nothing turns."""
        lies, rows, columns = self._turn
        if lies:
            values = values.swapaxes(0, 1)
        return np.ascontiguousarray(values[:: -1 if rows else 1, :: -1 if columns else 1])

    def as_stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """A view of an upright image (h, w, ...) in which the pixels lie as they are stored."""
        lies, rows, columns = self._turn
        view = values[:: -1 if rows else 1, :: -1 if columns else 1]
        return view.swapaxes(0, 1) if lies else view

    @property
    def _turn(self) -> tuple[bool, bool, bool]:
        return _TURNS.get(self.orientation, _TURNS[1])
