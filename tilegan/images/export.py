"""A finished store as one ordinary file: TIFF, PNG or JPEG, in bounded memory."""

import copy
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.errors import OutputError, TileganError
from tilegan.geometry import Window, split
from tilegan.images.source import Geo, first_line
from tilegan.images.store import Store
from tilegan.progress import Progress, silent

FORMATS = {".zarr": "zarr", ".tif": "tif", ".tiff": "tif", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}
LONGEST = {"png": 1_000_000, "jpg": 65_500}  # pixels a side that the usual libraries write and read
BLOCK = 512  # side of the blocks of a TIFF, in pixels
_SIDE = 4 * BLOCK  # of the windows that are copied at once
# GDAL's drivers; the fastest levels of deflate, whose files are a few percent larger than the smallest ones.
_COPY: dict[str, dict[str, Any]] = {"png": {"driver": "PNG", "ZLEVEL": 1}, "jpg": {"driver": "JPEG", "QUALITY": 95}}
_LAST_BYTES = {"png": b"IEND\xaeB`\x82", "jpg": b"\xff\xd9"}
# Free disk that the work needs at most, in times the raw pixels: the file, and for some a TIFF on the way there.
_ROOM = {"tif": 1.0, "png": 2.0, "jpg": 1.5}


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

    A TIFF is tiled, compressed without loss, and a BigTIFF where that may be needed. A JPEG has quality 95.

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
    temporary, tiff = path.with_name(f"{path.name}.export"), path.with_name(f"{path.name}.export.tif")
    try:
        _check_room(path, _ROOM[kind] * height * width * 3)
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED=False):  # no .aux.xml beside the file
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            if kind == "tif":
                _write_tiff(store, temporary, geo, BLOCK, progress)
            else:
                # Low blocks, so that GDAL's cache holds a row of them at any width.
                _write_tiff(store, tiff, None, BLOCK // 8, lambda phase, done, total: progress(phase, done // 2, total))
                rasterio.shutil.copy(tiff, temporary, **_COPY[kind])
            _check_whole(temporary, kind)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except TileganError:
        raise
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise OutputError(f"cannot write {path}: {first_line(error.__cause__ or error)}: is the disk full?") from error
    finally:
        temporary.unlink(missing_ok=True)
        tiff.unlink(missing_ok=True)
    progress("export", height * width, height * width)


def _write_tiff(store: Store, path: Path, geo: Geo | None, block_height: int, progress: Progress) -> None:
    height, width = store.shape(0)
    # One thread: with more, GDAL loses the errors of a full disk.
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": 3,
        "dtype": "uint8",
        "photometric": "RGB",
        "interleave": "pixel",
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": block_height,
        "compress": "deflate",
        "zlevel": 1,
        "predictor": 2,
        "BIGTIFF": "IF_SAFER",  # from 2 GiB of raw pixels on; the limit is 4 GiB of compressed ones
        **_georeference(geo, height, width),
    }
    with rasterio.open(path, "w", **profile) as dataset:
        if geo is not None:
            dataset.update_tags(**geo.tags)
        done = 0
        for window in split(Window(0, 0, height, width), _SIDE):
            pixels = np.ascontiguousarray(store.read(0, window).transpose(2, 0, 1))
            area = rasterio.windows.Window(window.left, window.top, window.width, window.height)
            dataset.write(pixels, window=area)
            done += window.height * window.width
            progress("export", done, height * width)


def _georeference(geo: Geo | None, height: int, width: int) -> dict[str, Any]:
    """What rasterio writes, for an image of another number of pixels over the same ground."""
    if geo is None:
        return {}
    down, right = height / geo.height, width / geo.width
    if geo.transform is not None:
        a, b, c, d, e, f = tuple(geo.transform)[:6]
        return {"crs": geo.crs, "transform": rasterio.Affine(a / right, b / down, c, d / right, e / down, f)}
    if not geo.gcps:
        return {"crs": geo.crs}
    points = [copy.copy(point) for point in geo.gcps]
    for point in points:
        point.row, point.col = point.row * down, point.col * right
    return {"crs": geo.crs, "gcps": points}


def _check_room(path: Path, needed: float) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise OutputError(
            f"no room for {path}: up to {needed / 1e9:.2f} GB are needed and {free / 1e9:.2f} GB are free"
        )


def _check_whole(path: Path, kind: str) -> None:
    """Find what GDAL does not report: a file whose end could not be written."""
    if kind == "tif":
        with rasterio.open(path) as dataset:
            dataset.read(window=rasterio.windows.Window(dataset.width - 1, dataset.height - 1, 1, 1))
        return
    with path.open("rb") as file:
        end = _LAST_BYTES[kind]
        file.seek(-len(end), os.SEEK_END)
        if file.read() != end:
            raise OSError("its end is missing")
