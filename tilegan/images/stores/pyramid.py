"""The reduced levels of a store; each shard is computed from stored shards of the next larger level."""

from itertools import product
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, grid_cell, split
from tilegan.images.stores.store import Store
from tilegan.progress import Progress, silent

_SIDE = 1024  # side of the parts reduced at once, in pixels of the smaller level
_SQUARES = 2**17  # squares weighted at once; each takes about 200 bytes


class Recent:
    """A cache of recently written shards, halved already, that a pyramid need not read again; thread-safe."""

    def __init__(self, limit: int) -> None:
        """Keep at most ``limit`` bytes."""
        self._limit = limit
        self._held = 0
        self._halves: dict[tuple[int, int, int], Pixels] = {}
        self._lock = Lock()

    def put(self, level: int, index: tuple[int, int], pixels: Pixels) -> None:
        """Halve and keep a shard of ``level``, (h, w, channels); the oldest ones are dropped first."""
        halved = halve(pixels)
        with self._lock:
            self._halves[level, *index] = halved
            self._held += halved.nbytes
            while self._held > self._limit:
                self._held -= self._halves.pop(next(iter(self._halves))).nbytes

    def take(self, level: int, index: tuple[int, int]) -> Pixels | None:
        """Remove and return a halved shard; None if it is no longer there."""
        with self._lock:
            halved = self._halves.pop((level, *index), None)
            self._held -= 0 if halved is None else halved.nbytes
        return halved


def reduced_shard(store: Store, level: int, index: tuple[int, int], recent: Recent | None = None) -> Pixels:
    """Compute a shard of a level from the finished level ``level - 1``.

    Args:
        store: store whose level ``level - 1`` is complete under this shard.
        level: at least 1.
        index: (row, column) in the grid of shards of ``level``.
        recent: cache of halved shards of level ``level - 1``; others are read from the store. It requires shards of
            even sides.

    Returns:
        Pixels for ``store.write_shard(level, index, ...)``.

    Raises:
        ImageError: a shard of level ``level - 1`` is torn or changed.
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
            window = Window(cell.top + part.top, cell.left + part.left, part.height, part.width)
            pixels[part.top : part.bottom, part.left : part.right] = _halved(store, level, window)
    return pixels


def _halved(store: Store, level: int, window: Window) -> Pixels:
    height, width = store.shape(level - 1)
    top, left = 2 * window.top, 2 * window.left
    below = Window(top, left, min(2 * window.height, height - top), min(2 * window.width, width - left))
    return halve(store.read(level - 1, below))


def build_levels(store: Store, progress: Progress = silent) -> None:
    """Write all reduced levels of a store with a complete level 0, one after another.

    Args:
        store: a store that is not finished, since these levels would be read while they are replaced.
        progress: called with the pixels done, phase 'pyramid'.

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
    """Average each 2 x 2 square, rounded to the nearest level, halves up.

    Colors are weighted by opacity, so that those of invalid pixels do not bleed into their neighbors; in a fully
    transparent square they count equally. At an odd bottom or right edge the last row or column is repeated, so that
    the mean is over existing pixels.

    Args:
        pixels: uint8 or uint16 (h, w, channels), 3 channels, or 4 if the last is opacity.

    Returns:
        Pixels of the same dtype, (ceil(h / 2), ceil(w / 2), channels).
    """
    height, width, channels = pixels.shape
    if height % 2 or width % 2:
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    means = _means(pixels)
    if channels == 4 and pixels.size and pixels[..., 3].min() != pixels[..., 3].max():
        # Only squares of varying opacity differ from the plain mean.
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
    """Return which 2 x 2 squares hold different values: bool (h / 2, w / 2)."""
    first, *others = (opacity[top::2, left::2] for top in (0, 1) for left in (0, 1))
    return np.logical_or.reduce([first != other for other in others])


def _weighted(pixels: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Return the weighted mean colors (n, 3) of the squares at these positions of the smaller level."""
    square = [pixels[2 * rows + top, 2 * columns + left].astype(np.uint64) for top in (0, 1) for left in (0, 1)]
    weights = sum(pixel[:, 3:] for pixel in square)
    sums = sum(pixel[:, :3] * pixel[:, 3:] for pixel in square)
    return np.asarray((2 * sums + weights) // (2 * weights))  # 2 x 4 x 65535 x 65535 is far below 2 to the 64th
