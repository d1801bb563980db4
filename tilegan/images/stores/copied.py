"""Results that are no longer stores, read-only: in Zarr v2, or copied with OME's attributes only."""

from pathlib import Path
from typing import Self

import numpy as np

from tilegan.errors import ImageError
from tilegan.files import first_line, is_remote, locate
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.stores.store import Store
from tilegan.images.stores.zarr_layout import open_layout

_SHARD, _CHUNK = 2048, 512  # shard side in pixels of stores made from it


class CopiedStore(Store):
    """The store interface over arrays of any chunks, with the remaining source metadata.

    Its levels need not be those of a store. Missing chunks are read as zeros, as Zarr defines.
    """

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a folder, local or by its URL.

        Raises:
            ImageError: it is not an OME-Zarr image of axes c, y, x whose channels are red, green, blue and optionally
                alpha.
        """
        path = locate(path)
        try:
            layout = open_layout(path)
        except ImageError:
            raise
        except Exception as error:  # zarr raises different errors for each kind of damage
            raise ImageError(f"not a Zarr image: {path}: {first_line(error)}") from error
        if not layout.is_result:
            raise ImageError(f"not a result of tilegan: {path}")
        channels = layout.levels[0].shape[0]
        levels = np.dtype(layout.levels[0].dtype)
        origin = layout.origin or Origin(
            geo=layout.geo,
            opacity="alpha" if channels == 4 else None,
            dtype=levels.name,
            high=float(np.iinfo(levels).max),
            dpi=layout.dpi,
        )
        copied = cls(path, layout.levels, _SHARD, origin, layout.made, layout.name)
        copied.chunk = _CHUNK
        return copied

    def is_complete(self) -> bool:
        """Whether there is a file for each chunk; our writers leave none out."""
        return all(array.nchunks_initialized == array.nchunks for array in self._arrays)

    def _check_there(self, level: int, window: Window) -> None:
        """Check nothing: chunks of zeros may be left out."""


def open_result(path: str | Path) -> Store:
    """Open a finished store, or a copy of one in another form.

    Raises:
        ImageError: there is neither.
    """
    try:
        return Store.open(path)
    except ImageError as error:
        cause = error
    try:
        return CopiedStore.open(path)
    except ImageError:
        raise cause from cause.__cause__


def has_all_shards(store: Store) -> bool:
    """Whether all files of a store on this disk exist; they are counted, not read.

    Stores on object storage, where the root is written last, are not checked.

    Raises:
        OSError: a file is missing, or cannot be queried.
    """
    if is_remote(store.path):
        return True
    if isinstance(store, CopiedStore):
        return store.is_complete()
    for level in range(store.levels):
        rows, columns = store.grid(level)
        for row in range(rows):
            if not all(store.shard_file(level, (row, column)).stat().st_size for column in range(columns)):
                return False
    return True
