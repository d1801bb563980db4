"""The smaller levels of a store: each shard is computed from the stored shards of the level below it."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window, grid_cell, split
from tilegan.images.store import Store

_SIDE = 1024  # of the parts that are reduced at once, in pixels of the smaller level


class Recent:
    """Shards that were just made, halved already, as long as memory allows: what a pyramid need not read again.

    Safe to use from many threads.
    """

    def __init__(self, limit: int) -> None:
        """Keep at most ``limit`` bytes."""
        self._limit = limit
        self._held = 0
        self._halves: dict[tuple[int, int, int], NDArray[np.uint8]] = {}
        self._lock = Lock()

    def put(self, level: int, index: tuple[int, int], pixels: NDArray[np.uint8]) -> None:
        """Keep a shard of ``level``, uint8 (h, w, 3), halved; what was put first is forgotten first."""
        halved = halve(pixels)
        with self._lock:
            self._halves[level, *index] = halved
            self._held += halved.nbytes
            while self._held > self._limit:
                self._held -= self._halves.pop(next(iter(self._halves))).nbytes

    def take(self, level: int, index: tuple[int, int]) -> NDArray[np.uint8] | None:
        """The halved shard, which is forgotten; None if it is not there any more."""
        with self._lock:
            halved = self._halves.pop((level, *index), None)
            self._held -= 0 if halved is None else halved.nbytes
        return halved


def reduced_shard(store: Store, level: int, index: tuple[int, int], recent: Recent | None = None) -> NDArray[np.uint8]:
    """The pixels of a shard of a level, from the finished level ``level - 1``.

    Args:
        store: where the level below is complete under this shard.
        level: at least 1.
        index: (row, column) in the grid of shards of ``level``.
        recent: halved shards of the level below that are in memory; the others are read from the store. It needs
            shards of even sides.

    Returns:
        uint8 (h, w, 3), what ``store.write_shard(level, index, ...)`` takes.

    Raises:
        ImageError: a shard below is torn or changed.
    """
    cell = grid_cell(index, store.shard, *store.shape(level))
    pixels = np.empty((cell.height, cell.width, 3), np.uint8)
    half = -(-store.shard // 2)
    for quadrant in split(Window(0, 0, cell.height, cell.width), half):
        below = 2 * index[0] + quadrant.top // half, 2 * index[1] + quadrant.left // half
        halved = recent.take(level - 1, below) if recent is not None else None
        if halved is not None:
            pixels[quadrant.top : quadrant.bottom, quadrant.left : quadrant.right] = halved
            continue
        for part in split(quadrant, _SIDE):
            place = Window(cell.top + part.top, cell.left + part.left, part.height, part.width)
            pixels[part.top : part.bottom, part.left : part.right] = _halved(store, level, place)
    return pixels


def _halved(store: Store, level: int, window: Window) -> NDArray[np.uint8]:
    height, width = store.shape(level - 1)
    top, left = 2 * window.top, 2 * window.left
    below = Window(top, left, min(2 * window.height, height - top), min(2 * window.width, width - left))
    return halve(store.read(level - 1, below))


def halve(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of each 2 x 2 square, rounded to the nearest level, halves up.

    At an odd bottom or right edge the last row or column stands in for the missing one, so that the mean is over what
    is there.

    Args:
        pixels: uint8 (h, w, 3).

    Returns:
        uint8 (ceil(h / 2), ceil(w / 2), 3).
    """
    height, width, _ = pixels.shape
    if height % 2 or width % 2:
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    rows = pixels[0::2].astype(np.uint16)
    rows += pixels[1::2]
    sums = rows[:, 0::2] + rows[:, 1::2]
    sums += 2
    sums >>= 2
    return sums.astype(np.uint8)
