"""The pixels of a store in bands of whole rows, for formats that are encoded from the top down."""

from collections.abc import Iterator

from tilegan.geometry import Pixels, Window
from tilegan.images.stores.store import Store
from tilegan.progress import Progress

BAND_MULTIPLE = 64  # rows: a JPEG has 8 rows of blocks, for its 8 restart markers take turns
_BAND = 512  # rows that are copied at once, or fewer where that is more than _BAND_BYTES
_BAND_BYTES = 2**25  # encoding takes some times as much, which the plan of memory does not count


def bands_of_rows(store: Store, progress: Progress) -> Iterator[Pixels]:
    """The pixels of whole rows (rows, width, channels), from the top down; all but the last of as many rows.

    Args:
        store: with level 0 complete.
        progress: told the output pixels done, phase 'export': those of a band when the next one is asked for.

    Raises:
        ImageError: the store is damaged.
    """
    height, width = store.shape(0)
    for window in _windows(height, width, store.channels * store.dtype.itemsize):
        yield store.read(0, window)
        progress("export", window.bottom * width, height * width)


def _windows(height: int, width: int, pixel_bytes: int) -> Iterator[Window]:
    rows = max(1, min(_BAND, _BAND_BYTES // (pixel_bytes * width)) // BAND_MULTIPLE) * BAND_MULTIPLE
    for top in range(0, height, rows):
        yield Window(top, 0, min(rows, height - top), width)
