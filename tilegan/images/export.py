"""A finished store as an ordinary file: TIFF, PNG, JPEG, WebP, deep zoom or Zarr v2; in bounded memory."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tilegan.errors import OutputError, TileganError
from tilegan.files import first_line
from tilegan.geometry import Pixels, Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats import check_export, kind_of
from tilegan.images.metadata.sidecar import write_place
from tilegan.images.output import move_to
from tilegan.images.stores.store import Store
from tilegan.images.writers.cog import write_cog
from tilegan.images.writers.dzi import write_dzi
from tilegan.images.writers.jpeg import BAND_MULTIPLE, write_jpeg
from tilegan.images.writers.png import write_png
from tilegan.images.writers.webp import write_webp
from tilegan.images.writers.written import WrittenStore, origin_written
from tilegan.images.writers.zarr2 import write_zarr2
from tilegan.progress import Progress, silent

_BAND = 512  # rows of a PNG or JPEG that are copied at once, or fewer where that is more than _BAND_BYTES
_BAND_BYTES = 2**25  # encoding takes some times as much, which the plan of memory does not count


def export(
    store: Store, path: str | Path, options: ExportOptions | None = None, progress: Progress = silent
) -> tuple[str, ...]:
    """Write level 0 of a finished store to a file; nothing appears under its name before it is whole.

    Each tells what made it, if the store does. A .tif is a Cloud-Optimized GeoTIFF with all that the store's origin
    says; a .png, a .jpg and a .webp keep resolution, profile, EXIF, XMP and IPTC (which a .webp has no room for). The
    place that a format cannot hold goes to a file beside it (see ``sidecar_of``). A .dzi, for which the store needs all
    its levels, lies beside its folder of tiles. A WebP is encoded as a whole, in memory; all others are written part by
    part. A .zarr is one of OME-Zarr 0.4, and needs all levels too.

    Args:
        store: with level 0 complete.
        path: the file; one that is there is replaced.
        options: how it is encoded, where its format leaves a choice.
        progress: told the output pixels done, phase 'export'.

    Returns:
        What is written otherwise than it was in the image that the store was made from, a line each.

    Raises:
        OutputError: the ending is unknown, the format cannot hold the image, or the disk is full.
        ImageError: the store is damaged.
    """
    path, options = Path(path), options or ExportOptions()
    kind = kind_of(path)
    height, width = store.shape(0)
    made = store.made.encoded(**options.deciding(kind)) if store.made is not None else None
    text = made.text() if made is not None else None
    origin, notes = origin_written(store, kind, options)
    check_export(path, height, width, store.dtype, store.channels, origin.opacity, options)
    if options.is_store(kind):
        raise OutputError(f"cannot export to {path}: a store is one already: rename {store.path}")
    folder = path.with_name(f"{path.name}.export")
    temporary = folder / f"image{path.suffix}"
    store = WrittenStore(store, origin)
    try:
        if folder.is_dir():  # a kill left it
            shutil.rmtree(folder)
        folder.mkdir()
        if kind == "tif":
            notes += write_cog(temporary, store, options, progress, text)
        elif kind == "zarr":
            write_zarr2(temporary, store, progress, made.to_json() if made is not None else None)
        elif kind == "dzi":
            write_dzi(temporary, store, options, progress, text)
        elif kind == "webp":
            write_webp(temporary, store, options, text)
            progress("export", height * width, height * width)
        else:
            with temporary.open("wb") as file:
                if kind == "png":
                    write_png(file, height, width, _bands(store, progress), origin, text)
                else:
                    write_jpeg(file, height, _bands(store, progress), origin, options.quality, text)
        if kind not in ("tif", "zarr") and any(band.is_measure for band in origin.bands):
            notes += (f"scale, offset and unit of its bands are left out: {kind} holds none: .tif and .zarr do",)
        if kind == "zarr":
            os.sync()  # there may be too many files to be waited for one by one
        else:
            geo = origin.geo.scaled(height, width) if origin.geo is not None else None
            notes += write_place(temporary, kind, geo)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        move_to(path, temporary, folder / "replaced", overwrite=True)
    except TileganError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or first_line(error)}") from error
    finally:
        try:
            folder.rmdir()  # where all went well, it is empty
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
    return notes


def _bands(store: Store, progress: Progress) -> Iterator[Pixels]:
    """The pixels of whole rows, from the top down; they are done when the next ones are asked for."""
    height, width = store.shape(0)
    for window in _windows(height, width, store.channels * store.dtype.itemsize):
        yield store.read(0, window)
        progress("export", window.bottom * width, height * width)


def _windows(height: int, width: int, pixel_bytes: int) -> Iterator[Window]:
    rows = max(1, min(_BAND, _BAND_BYTES // (pixel_bytes * width)) // BAND_MULTIPLE) * BAND_MULTIPLE
    for top in range(0, height, rows):
        yield Window(top, 0, min(rows, height - top), width)
