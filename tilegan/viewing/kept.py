"""The levels of a run that is not finished: from the store where they are there, else from the level below."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, grid_cell, split
from tilegan.images.stores.pyramid import halve
from tilegan.viewing.canvas import Canvas, Index

_BLOCK = 512  # pixels a side that are halved at once
_DEEP = 3  # levels that are looked below one of which parts are missing


class KeptLevels:
    """The levels of a canvas (see ``viewing.grid``), possibly more than its store has."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self._store = canvas, canvas.work.store

    def missing(self, level: int, window: Window, most: int) -> list[Index] | None:
        """Return the windows of full resolution that are to be computed for a window of a level.

        Args:
            level: of the window.
            window: inside the level.
            most: how many.

        Returns:
            Their rows and columns; None if there are more.
        """
        found: list[Index] = []
        waiting = [(level, window)]
        while waiting and len(found) <= most:
            level, window = waiting.pop()
            for index, part in self._shards(level, window):
                if index is not None and self._canvas.is_finished(level, index):
                    continue
                if level == 0:
                    found += [cell for cell in self._canvas.cells(part) if not self._canvas.has(cell)]
                else:
                    waiting.append((level - 1, self._below(level, part)))
        return None if len(found) > most else sorted(found, key=lambda cell: (self._canvas.shard_of(cell), cell))

    def read(self, level: int, window: Window, deep: int | None = None) -> tuple[Pixels, NDArray[np.bool_]]:
        """Return what is there of a window of a level, without computing windows.

        Args:
            level: of the window.
            window: inside the level.
            deep: how many levels below may be read; None for all.

        Returns:
            (h, w, channels) as in the store, and bool (h, w), where the pixels are there.

        Raises:
            ImageError: the store is damaged.
        """
        pixels: Pixels = np.zeros((window.height, window.width, self._store.channels), self._store.dtype)
        known = np.zeros((window.height, window.width), np.bool_)
        for index, part in self._shards(level, window):
            inside = part.moved(-window.top, -window.left)
            if index is not None and self._canvas.is_finished(level, index):
                inside.of(pixels)[...] = self._store.read(level, part)
                inside.of(known)[...] = True
            elif level == 0:
                self._read_cells(part, inside.of(pixels), inside.of(known))
            elif deep != 0:
                for block in split(part, _BLOCK):
                    place = block.moved(-window.top, -window.left)
                    below, there = self.read(level - 1, self._below(level, block), None if deep is None else deep - 1)
                    if there.any():
                        place.of(pixels)[...] = halve(below)
                        place.of(known)[...] = _all_of_four(there)
        return pixels, known

    def read_partly(self, level: int, window: Window) -> Pixels:
        """Return what is there of a window of a level, as far as it is quickly found: (h, w, 4).

        Raises:
            ImageError: the store is damaged.
        """
        pixels, known = self.read(level, window, _DEEP)
        opacity = np.where(known, pixels.dtype.type(np.iinfo(pixels.dtype).max), pixels.dtype.type(0))
        if pixels.shape[2] == 4:
            opacity = np.minimum(opacity, pixels[..., 3])
        return np.concatenate([pixels[..., :3] * known[..., None], opacity[..., None]], axis=2)

    def _read_cells(self, part: Window, pixels: Pixels, known: NDArray[np.bool_]) -> None:
        canvas = self._canvas
        for cell in canvas.cells(part):
            inner = part.common(grid_cell(cell, canvas.side, canvas.height, canvas.width))
            found = canvas.known(cell, inner)
            if found is not None:
                inside = inner.moved(-part.top, -part.left)
                inside.of(pixels)[...] = found
                inside.of(known)[...] = True

    def _shards(self, level: int, window: Window) -> Iterator[tuple[Index | None, Window]]:
        """Yield the shards that a window touches, and its part in each; None for levels that the store has not."""
        if level >= self._store.levels:
            yield None, window
            return
        side = self._store.shard
        for row in range(window.top // side, -(-window.bottom // side)):
            for column in range(window.left // side, -(-window.right // side)):
                yield (row, column), window.common(Window(row * side, column * side, side, side))

    def _below(self, level: int, window: Window) -> Window:
        """Return the window of the level below that a window of a level is made of."""
        height, width = -(-self._canvas.height >> (level - 1)), -(-self._canvas.width >> (level - 1))
        top, left = 2 * window.top, 2 * window.left
        return Window(top, left, min(2 * window.height, height - top), min(2 * window.width, width - left))


def _all_of_four(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where all of 2 x 2 squares is true; at an odd edge, all of what is there."""
    height, width = known.shape
    known = np.pad(known, ((0, height % 2), (0, width % 2)), "edge")
    return known[0::2, 0::2] & known[1::2, 0::2] & known[0::2, 1::2] & known[1::2, 1::2]
