"""Results that are stores no more, to be read only: in Zarr v2, or copied by what keeps no attributes but OME's."""

from pathlib import Path
from typing import Self

import numpy as np

from tilegan.errors import ImageError
from tilegan.files import first_line, is_remote, locate
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.stores.store import Store
from tilegan.images.stores.zarr_layout import open_layout

_SHARD, _CHUNK = 2048, 512  # pixels a side, of stores that are made of it


class CopiedStore(Store):
    """The form of a store in arrays of any chunks, with what is still told of its origin.

    Its levels need not be those of a store. What is missing of it is read as zeros, as Zarr has it.
    """

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a folder, here or by its URL.

        Raises:
            ImageError: it is no OME-Zarr image of axes c, y, x whose channels are red, green, blue and maybe alpha.
        """
        path = locate(path)
        try:
            layout = open_layout(path)
        except ImageError:
            raise
        except Exception as error:  # zarr raises a different class for each kind of damage
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
        """Whether there is a file for each chunk; what we write leaves none out."""
        return all(array.nchunks_initialized == array.nchunks for array in self._arrays)

    def _check_there(self, level: int, window: Window) -> None:
        """Nothing: chunks that hold only zeros may be left out."""


def open_result(path: str | Path) -> Store:
    """Open a finished store, or what is left of one in another form.

    Raises:
        ImageError: there is none.
    """
    try:
        return Store.open(path)
    except ImageError as error:
        told = error
    try:
        return CopiedStore.open(path)
    except ImageError:
        raise told from told.__cause__


def has_all_shards(store: Store) -> bool:
    """Whether all files of a store of this disk are there; they are counted, and not looked into.

    Of one on object storage, where the root comes last, nothing is asked.

    Raises:
        OSError: a file is missing, or cannot be asked.
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
