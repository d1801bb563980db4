"""The smaller levels of a store: each shard is computed from the stored shards of the level below it."""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window, grid_cell, split
from tilegan.images.store import Store

_SIDE = 1024  # of the parts that are reduced at once, in pixels of the smaller level


def reduced_shard(store: Store, level: int, index: tuple[int, int]) -> NDArray[np.uint8]:
    """The pixels of a shard of a level, from the finished level ``level - 1``.

    Args:
        store: where the level below is complete under this shard.
        level: at least 1.
        index: (row, column) in the grid of shards of ``level``.

    Returns:
        uint8 (h, w, 3), what ``store.write_shard(level, index, ...)`` takes.

    Raises:
        ImageError: a shard below is torn or changed.
    """
    cell = grid_cell(index, store.shard, *store.shape(level))
    height, width = store.shape(level - 1)
    pixels = np.empty((cell.height, cell.width, 3), np.uint8)
    for part in split(Window(0, 0, cell.height, cell.width), _SIDE):
        top, left = 2 * (cell.top + part.top), 2 * (cell.left + part.left)
        below = Window(top, left, min(2 * part.height, height - top), min(2 * part.width, width - left))
        pixels[part.top : part.bottom, part.left : part.right] = halve(store.read(level - 1, below))
    return pixels


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
