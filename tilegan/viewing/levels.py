"""An image at halved resolutions: the copies that its file holds, and others that are made once."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np

from tilegan.geometry import Pixels, Window, round_up
from tilegan.images.readers.overviews import Overview, overviews_of
from tilegan.images.source import Source
from tilegan.images.stores.pyramid import halve
from tilegan.viewing.desk import check_open
from tilegan.viewing.grid import level_shape

_HALVED = 1024  # pixels a side: smaller images are halved whenever they are looked at
_AT_ONCE = 2**24  # pixels that are halved at once, but at least a row of blocks


class Levels:
    """The levels of an image (see ``viewing.grid``), with opacity as a fourth channel where it has any.

    Copies that the file does not hold are made in a temporary folder, all at once when one of them is first read: a
    third of the image's pixels, and of an image that decodes only from the top all of them.

    Attributes:
        source: the image.
        height, width: of level 0, in pixels.
        has_opacity: whether there is a fourth channel.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.height, self.width = source.height, source.width
        self.has_opacity = source.origin.opacity is not None
        self._held: dict[int, Overview] = {0: source, **overviews_of(source)}
        self._lock, self._folder = Lock(), tempfile.TemporaryDirectory(prefix="tilegan-view-")
        self._made: dict[int, Pixels] = {}

    def shape(self, level: int) -> tuple[int, int]:
        """Return height and width of a level in pixels."""
        return level_shape(self.height, self.width, level)

    def read(self, level: int, window: Window) -> Pixels:
        """Return the pixels of a window inside a level, (h, w, 3 or 4), uint8 or uint16; from any thread.

        Raises:
            ImageError: the file is damaged there.
            OSError: there is no room for copies.
        """
        if not self._is_held(level):
            made = self._copies().get(level)
            if made is not None:
                return np.array(window.of(made))
            height, width = self.shape(level - 1)
            top, left = 2 * window.top, 2 * window.left
            below = Window(top, left, min(2 * window.height, height - top), min(2 * window.width, width - left))
            return halve(self.read(level - 1, below))
        return self._read_held(level, window)

    def close(self) -> None:
        """Remove the copies that were made."""
        with self._lock:
            self._made = {}
            self._held = {0: self.source}
            self._folder.cleanup()

    def _is_held(self, level: int) -> bool:
        return level in self._held and not (level == 0 and self._decodes_from_the_top)

    @property
    def _decodes_from_the_top(self) -> bool:
        return self.source.sequential and not self.source.held

    def _read_held(self, level: int, window: Window) -> Pixels:
        held = self._held[level]
        pixels = held.read(window)
        if not self.has_opacity:
            return pixels
        mask = held.read_mask(window)
        if mask is None:
            mask = np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max, pixels.dtype)
        return np.concatenate([pixels, mask[..., None]], axis=2)

    def _copies(self) -> dict[int, Pixels]:
        """Return the copies that are made, by level; made now if they are not there yet."""
        with self._lock:
            if not self._made:
                made: dict[int, Pixels] = {}
                smallest = max(self._held)
                if self._decodes_from_the_top:
                    made[0] = self._make(0, self._read_held, 0)
                    smallest = 0

                def read(level: int, window: Window) -> Pixels:
                    return window.of(made[level]) if level in made else self._read_held(level, window)

                while max(self.shape(smallest)) > _HALVED:
                    smallest += 1
                    made[smallest] = self._make(smallest, read, smallest - 1)
                self._made = made
            return self._made

    def _make(self, level: int, read: Callable[[int, Window], Pixels], below: int) -> Pixels:
        """Write a level as a file, from another one that is as large or twice as large."""
        height, width = self.shape(below)
        rows = 1 if self.source.held else self.source.block[0]
        rows = round_up(max(rows, _AT_ONCE // width), 2)
        shape = (*self.shape(level), self.source.origin.channels)
        copy = np.memmap(Path(self._folder.name) / str(level), self.source.levels, "w+", shape=shape)
        for top in range(0, height, rows):
            check_open()
            pixels = read(below, Window(top, 0, min(rows, height - top), width))
            pixels = pixels if below == level else halve(pixels)
            first = top if below == level else top // 2
            copy[first : first + pixels.shape[0]] = pixels
        return copy
