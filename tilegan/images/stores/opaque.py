"""Test whether an image with opacity is opaque everywhere, so that it fits into formats without opacity."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tilegan.geometry import Pixels, Window
from tilegan.images.stores.store import Store

_PIXELS = 2**24  # pixels read at once; at least a row of blocks


def is_opaque(read_mask: Callable[[Window], Pixels | None], region: Window, block_rows: int = 1) -> bool:
    """Whether all pixels of a region are opaque; reads from top to bottom until one is not.

    Args:
        read_mask: ``read_mask`` of a ``Source``.
        region: region of the image.
        block_rows: rows that are decoded at once.

    Raises:
        ImageError: the file is damaged.
    """
    rows = max(1, _PIXELS // region.width // block_rows) * block_rows
    for top in range(region.top // rows * rows, region.bottom, rows):
        start, end = max(top, region.top), min(top + rows, region.bottom)
        mask = read_mask(Window(start, region.left, end - start, region.width))
        if mask is None:
            return True
        if (mask < np.iinfo(mask.dtype).max).any():
            return False
    return True


class OpaqueStore(Store):
    """A store without its opacity: its first three channels, read-only."""

    def __init__(self, store: Store) -> None:
        """Wrap a finished store."""
        origin = replace(store.origin, opacity=None) if store.origin is not None else None
        super().__init__(store.path, store._arrays, store.shard, origin, store.made, store.name)
        self.channels = 3

    def read(self, level: int, window: Window) -> Pixels:
        """Read a window of a level: (h, w, 3) of dtype ``dtype``; see ``Store.read``."""
        return super().read(level, window)[..., :3]
