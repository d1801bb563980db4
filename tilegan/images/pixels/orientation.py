"""Turn rotated or mirrored images upright: the eight EXIF orientations as windows and array operations."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window

# orientation: (swap rows and columns, then mirror rows, mirror columns)
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
    """The rotation and reflection that turn a stored image upright.

    Attributes:
        orientation: EXIF orientation, 1 to 8; other values, which occur in files, count as 1.
        height: height of the stored image, in pixels.
        width: its width.
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
        """Whether the first upright rows are not the first rows of the file."""
        return self.lies or self._turn[1]

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Swap height and width of a part if the image is rotated by 90 degrees: stored to upright, or back."""
        return (width, height) if self.lies else (height, width)

    def stored(self, window: Window) -> Window:
        """Return the window of the stored image that corresponds to a window of the upright one."""
        lies, rows, columns = self._turn
        height, width = self.shape(self.height, self.width)
        top = height - window.bottom if rows else window.top
        left = width - window.right if columns else window.left
        return Window(left, top, window.width, window.height) if lies else Window(top, left, *window[2:])

    def upright(self, values: NDArray[Any]) -> NDArray[Any]:
        """Turn a part of the stored image (h, w, ...) upright; a C-ordered copy unless nothing changes."""
        lies, rows, columns = self._turn
        if lies:
            values = values.swapaxes(0, 1)
        return np.ascontiguousarray(values[:: -1 if rows else 1, :: -1 if columns else 1])

    def as_stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a view of an upright image (h, w, ...) with pixels in stored order."""
        lies, rows, columns = self._turn
        view = values[:: -1 if rows else 1, :: -1 if columns else 1]
        return view.swapaxes(0, 1) if lies else view

    @property
    def _turn(self) -> tuple[bool, bool, bool]:
        return _TURNS.get(self.orientation, _TURNS[1])
