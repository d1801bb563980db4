"""The smaller levels of a store: each shard is computed from the stored shards of the level below it."""

from itertools import product
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, grid_cell, split
from tilegan.images.stores.store import Store
from tilegan.progress import Progress, silent

_SIDE = 1024  # of the parts that are reduced at once, in pixels of the smaller level
_SQUARES = 2**17  # whose colours are weighted at once; each takes some 200 bytes


class Recent:
    """Shards that were just made, halved already, as long as memory allows: what a pyramid need not read again.

    Safe to use from many threads.
    """

    def __init__(self, limit: int) -> None:
        """Keep at most ``limit`` bytes."""
        self._limit = limit
        self._held = 0
        self._halves: dict[tuple[int, int, int], Pixels] = {}
        self._lock = Lock()

    def put(self, level: int, index: tuple[int, int], pixels: Pixels) -> None:
        """Keep a shard of ``level``, (h, w, channels), halved; what was put first is forgotten first."""
        halved = halve(pixels)
        with self._lock:
            self._halves[level, *index] = halved
            self._held += halved.nbytes
            while self._held > self._limit:
                self._held -= self._halves.pop(next(iter(self._halves))).nbytes

    def take(self, level: int, index: tuple[int, int]) -> Pixels | None:
        """The halved shard, which is forgotten; None if it is not there any more."""
        with self._lock:
            halved = self._halves.pop((level, *index), None)
            self._held -= 0 if halved is None else halved.nbytes
        return halved


def reduced_shard(store: Store, level: int, index: tuple[int, int], recent: Recent | None = None) -> Pixels:
    """The pixels of a shard of a level, from the finished level ``level - 1``.

    Args:
        store: where the level below is complete under this shard.
        level: at least 1.
        index: (row, column) in the grid of shards of ``level``.
        recent: halved shards of the level below that are in memory; the others are read from the store. It needs
            shards of even sides.

    Returns:
        What ``store.write_shard(level, index, ...)`` takes.

    Raises:
        ImageError: a shard below is torn or changed.
    """
    cell = grid_cell(index, store.shard, *store.shape(level))
    pixels: Pixels = np.empty((cell.height, cell.width, store.channels), store.dtype)
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


def _halved(store: Store, level: int, window: Window) -> Pixels:
    height, width = store.shape(level - 1)
    top, left = 2 * window.top, 2 * window.left
    below = Window(top, left, min(2 * window.height, height - top), min(2 * window.width, width - left))
    return halve(store.read(level - 1, below))


def build_levels(store: Store, progress: Progress = silent) -> None:
    """Write all the smaller levels of a store whose level 0 is complete, one after another.

    Args:
        store: not an image yet, or these levels may be read while they are replaced.
        progress: told the pixels done, phase 'pyramid'.

    Raises:
        ImageError: level 0 is damaged.
        OutputError: the store cannot be written.
    """
    shapes = [store.shape(level) for level in range(1, store.levels)]
    done, total = 0, sum(height * width for height, width in shapes)
    for level in range(1, store.levels):
        rows, columns = store.grid(level)
        for index in product(range(rows), range(columns)):
            pixels = reduced_shard(store, level, index)
            store.write_shard(level, index, pixels)
            done += pixels.shape[0] * pixels.shape[1]
            progress("pyramid", done, total)


def halve(pixels: Pixels) -> Pixels:
    """Mean of each 2 x 2 square, rounded to the nearest level, halves up.

    Colours are weighted by opacity, so that those of pixels that mean nothing do not bleed into their neighbours; where
    a whole square is transparent, they count alike. At an odd bottom or right edge the last row or column stands in for
    the missing one, so that the mean is over what is there.

    Args:
        pixels: uint8 or uint16 (h, w, channels), 3 or 4 where the last is opacity.

    Returns:
        The same type, (ceil(h / 2), ceil(w / 2), channels).
    """
    height, width, channels = pixels.shape
    if height % 2 or width % 2:
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    means = _means(pixels)
    if channels == 4 and pixels.size and pixels[..., 3].min() != pixels[..., 3].max():
        # Only squares of pixels of different opacity differ from the plain mean.
        rows, columns = np.nonzero(_vary(pixels[..., 3]))
        for part in (slice(start, start + _SQUARES) for start in range(0, len(rows), _SQUARES)):
            means[rows[part], columns[part], :3] = _weighted(pixels, rows[part], columns[part])
    return means


def _means(pixels: Pixels) -> Pixels:
    wide: Any = np.uint16 if pixels.dtype == np.uint8 else np.uint32
    rows: NDArray[Any] = pixels[0::2].astype(wide)
    rows += pixels[1::2]
    sums = rows[:, 0::2] + rows[:, 1::2]
    sums += 2
    sums >>= 2
    means: Pixels = sums.astype(pixels.dtype)
    return means


def _vary(opacity: Pixels) -> Any:
    """Which 2 x 2 squares hold different values: bool (h / 2, w / 2)."""
    first, *others = (opacity[top::2, left::2] for top in (0, 1) for left in (0, 1))
    return np.logical_or.reduce([first != other for other in others])


def _weighted(pixels: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The weighted mean colours (n, 3) of the squares at these places of the smaller level."""
    square = [pixels[2 * rows + top, 2 * columns + left].astype(np.uint64) for top in (0, 1) for left in (0, 1)]
    weights = sum(pixel[:, 3:] for pixel in square)
    sums = sum(pixel[:, :3] * pixel[:, 3:] for pixel in square)
    return np.asarray((2 * sums + weights) // (2 * weights))  # 2 x 4 x 65535 x 65535 is far below 2 to the 64th
