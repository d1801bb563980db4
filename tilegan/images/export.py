"""A finished store as one ordinary file: TIFF, PNG or JPEG, in bounded memory."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import OutputError, TileganError
from tilegan.files import locate
from tilegan.geometry import Window, split
from tilegan.images.jpeg import BAND_MULTIPLE, write_jpeg
from tilegan.images.origin import Geo
from tilegan.images.png import write_png
from tilegan.images.source import first_line
from tilegan.images.store import Store
from tilegan.images.tiff import BLOCK, write_tiff
from tilegan.progress import Progress, silent

FORMATS = {".zarr": "zarr", ".tif": "tif", ".tiff": "tif", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}
LONGEST = {"png": 1_000_000, "jpg": 65_500}  # pixels a side that the usual libraries read
_SIDE = 4 * BLOCK  # of the windows of a TIFF that are copied at once
_BAND = 512  # rows of a PNG or JPEG that are copied at once, or fewer where that is more than _BAND_BYTES
_BAND_BYTES = 2**27


def kind_of(path: str | Path) -> str:
    """The kind of output a file name asks for: "zarr", "tif", "png" or "jpg".

    Raises:
        OutputError: its ending is none that can be written.
    """
    path = locate(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"cannot write {path}: unknown ending '{path.suffix}': use {', '.join(FORMATS)}")
    return kind


def check_size(path: str | Path, height: int, width: int) -> None:
    """Refuse an image that its format cannot hold, before any work is done.

    Raises:
        OutputError: the ending is unknown, or the image has more pixels a side than the format allows.
    """
    kind = kind_of(path)
    limit = LONGEST.get(kind)
    if limit is not None and max(height, width) > limit:
        raise OutputError(
            f"cannot write {path}: {height} x {width} pixels, but {kind} holds {limit} a side: use .tif or .zarr"
        )


def export(store: Store, path: str | Path, geo: Geo | None = None, progress: Progress = silent) -> None:
    """Write level 0 of a finished store to a .tif, .png or .jpg; nothing appears under its name before it is whole.

    A TIFF is tiled, compressed without loss, and a BigTIFF where that may be needed. A JPEG has quality 95 and full
    colour resolution.

    Args:
        store: with level 0 complete.
        path: the file; one that is there is replaced.
        geo: georeference of the image it was made from, kept in a TIFF; where the store has more pixels than that
            image, transform and ground control points are scaled.
        progress: told the output pixels done, phase 'export'.

    Raises:
        OutputError: the ending is unknown, the image is too large for the format, or the disk is full.
        ImageError: the store is damaged.
    """
    path = Path(path)
    kind = kind_of(path)
    height, width = store.shape(0)
    check_size(path, height, width)
    if kind == "zarr":
        raise OutputError(f"cannot export to {path}: a store is one already: rename {store.path}")
    temporary = path.with_name(f"{path.name}.export")
    try:
        if kind == "tif":
            windows = split(Window(0, 0, height, width), _SIDE)
            write_tiff(temporary, height, width, _pixels(store, windows, progress), geo)
        else:
            bands = (pixels for _, pixels in _pixels(store, _bands(height, width), progress))
            with temporary.open("wb") as file:
                if kind == "png":
                    write_png(file, height, width, bands)
                else:
                    write_jpeg(file, height, bands)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except TileganError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or first_line(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _bands(height: int, width: int) -> Iterator[Window]:
    """Windows of whole rows, from the top down."""
    rows = max(1, min(_BAND, _BAND_BYTES // (3 * width)) // BAND_MULTIPLE) * BAND_MULTIPLE
    for top in range(0, height, rows):
        yield Window(top, 0, min(rows, height - top), width)


def _pixels(store: Store, windows: Iterator[Window], progress: Progress) -> Iterator[tuple[Window, NDArray[np.uint8]]]:
    """Each window with its pixels; a window is done when the next one is asked for."""
    height, width = store.shape(0)
    done = 0
    for window in windows:
        yield window, store.read(0, window)
        done += window.height * window.width
        progress("export", done, height * width)
