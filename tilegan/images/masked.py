"""Thumbnails without what pixels that mean nothing hide: masks, transparency and nodata, as ``stylize`` fills them."""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.images.fill import fill
from tilegan.images.source import Source

_PIXELS = 2**24  # whose opacity is looked at at once, but at least a row of the thumbnail


def filled_thumbnail(
    source: Source, side: int, reach: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """The whole image reduced as by ``source.thumbnail``, its pixels that mean nothing filled from those that do.

    Args:
        source: the image.
        side: of the thumbnail, at most, in pixels.
        reach: how far away in the thumbnail pixels are filled from, at most; beyond it they are mid-grey. None for any.

    Returns:
        The thumbnail, uint8 (h, w, 3), and bool (h, w) where all that is reduced to a pixel means something; None in
        its place if all of the image does.

    Raises:
        ImageError: the file is damaged.
    """
    thumbnail = source.thumbnail(side)
    valid = _valid(source, *thumbnail.shape[:2])
    if valid is None:
        return thumbnail, None
    return fill(thumbnail, valid, max(thumbnail.shape) if reach is None else reach), valid


def _valid(source: Source, height: int, width: int) -> NDArray[np.bool_] | None:
    """Where the image means something in all of the pixels that are reduced to one."""
    edges = np.arange(height + 1) * source.height // height
    columns = np.arange(width) * source.width // width
    valid = np.empty((height, width), np.bool_)
    rows = max(1, _PIXELS // source.width * height // source.height)
    for first in range(0, height, rows):
        top, bottom = edges[first], edges[min(first + rows, height)]
        mask = source.read_mask(Window(int(top), 0, int(bottom - top), source.width))
        if mask is None:
            return None
        least = np.minimum.reduceat(mask > 0, edges[first : first + rows][: height - first] - top, axis=0)
        valid[first : first + rows] = np.minimum.reduceat(least, columns, axis=1)
    return None if valid.all() else valid
