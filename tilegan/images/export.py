"""A finished store as one ordinary file: TIFF, PNG or JPEG, in bounded memory."""

from pathlib import Path

from tilegan.errors import OutputError
from tilegan.images.source import Geo
from tilegan.images.store import Store
from tilegan.progress import Progress, silent

FORMATS = {".zarr": "zarr", ".tif": "tif", ".tiff": "tif", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}


def kind_of(path: str | Path) -> str:
    """The kind of output a file name asks for: "zarr", "tif", "png" or "jpg".

    Raises:
        OutputError: its ending is none that can be written.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"cannot write {path}: unknown ending '{path.suffix}': use {', '.join(FORMATS)}")
    return kind


def export(store: Store, path: str | Path, geo: Geo | None = None, progress: Progress = silent) -> None:
    """Write level 0 of a finished store to a .tif, .png or .jpg; nothing appears under its name before it is whole.

    Args:
        store: with level 0 complete.
        path: the file; one that is there is replaced.
        geo: georeference of the image, for TIFF.
        progress: told the output pixels done, phase 'export'.

    Raises:
        OutputError: the ending is unknown, the image is too large for the format, or the disk is full.
        ImageError: the store is damaged.
    """
    raise NotImplementedError
