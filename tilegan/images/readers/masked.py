"""Thumbnails with invalid pixels (masks, transparency, nodata) filled as ``stylize`` fills them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.images.pixels.fill import fill
from tilegan.images.source import Source

_PIXELS = 2**24  # pixels of opacity read at once; at least a block, or a row of blocks


def filled_thumbnail(
    source: Source, side: int, reach: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Reduce the whole image as ``source.thumbnail`` does, and fill invalid pixels from valid ones.

    Args:
        source: the image.
        side: maximum side of the thumbnail, in pixels.
        reach: maximum distance of the fill, in pixels of the thumbnail; beyond it pixels are mid-gray. None for any.

    Returns:
        The thumbnail, uint8 (h, w, 3), and bool (h, w) where all pixels reduced to one are valid; None in its place if
        the whole image is valid.

    Raises:
        ImageError: the file is damaged.
    """
    thumbnail = source.thumbnail(side)
    valid = _valid(source, *thumbnail.shape[:2])
    if valid is None:
        return thumbnail, None
    return fill(thumbnail, valid, max(thumbnail.shape) if reach is None else reach), valid


def _valid(source: Source, height: int, width: int) -> NDArray[np.bool_] | None:
    """Return where all image pixels that are reduced to one are valid; opacity is read part by part."""
    edges = np.arange(height) * source.height // height, np.arange(width) * source.width // width
    valid = np.ones((height, width), np.bool_)
    for window in _parts(source):
        mask = source.read_mask(window)
        if mask is None:
            return None
        rows, tops = _cells(edges[0], window.top, window.bottom)
        columns, lefts = _cells(edges[1], window.left, window.right)
        least = np.minimum.reduceat(np.minimum.reduceat(mask, tops, axis=0), lefts, axis=1)
        valid[rows, columns] &= least > 0
    return None if valid.all() else valid


def _parts(source: Source) -> Iterator[Window]:
    """Yield windows of whole blocks with about as many pixels as are read at once; of whole rows if necessary."""
    rows, columns = (1, source.width) if source.held else source.block
    wide = source.width
    if not (source.sequential or source.held):
        wide = min(wide, max(1, _PIXELS // rows // columns) * columns)
    high = max(1, _PIXELS // wide // rows) * rows
    for top in range(0, source.height, high):
        for left in range(0, source.width, wide):
            yield Window(top, left, min(high, source.height - top), min(wide, source.width - left))


def _cells(edges: NDArray[np.int_], start: int, end: int) -> tuple[slice, NDArray[np.int_]]:
    """Return the cells, given by their edges, that a part from start to end overlaps, and where they begin in it."""
    first, last = np.searchsorted(edges, [start, end - 1], side="right") - 1
    return slice(int(first), int(last) + 1), np.maximum(edges[first : last + 1], start) - start
