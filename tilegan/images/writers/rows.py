"""Read a store in bands of whole rows, for formats that are encoded from top to bottom."""

from collections.abc import Iterator

from tilegan.geometry import Pixels, Window
from tilegan.images.stores.store import Store
from tilegan.progress import Progress

BAND_MULTIPLE = 64  # rows: 8 rows of JPEG blocks, one for each of its 8 restart markers in turn
_BAND = 512  # rows copied at once, or fewer if they exceed _BAND_BYTES
_BAND_BYTES = 2**25  # encoding takes several times this, which the memory plan does not count


def bands_of_rows(store: Store, progress: Progress) -> Iterator[Pixels]:
    """Yield whole rows of a store (rows, width, channels) from top to bottom; all bands but the last have equal height.

    Args:
        store: store with a complete level 0.
        progress: called with the output pixels done, phase 'export': those of a band when the next one is requested.

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
