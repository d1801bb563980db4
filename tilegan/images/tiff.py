"""A GeoTIFF written window by window through GDAL."""

import copy
import shutil
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.geometry import Window
from tilegan.images.origin import Geo
from tilegan.images.source import first_line

BLOCK = 512  # side of the blocks, in pixels


def write_tiff(
    path: Path, height: int, width: int, windows: Iterable[tuple[Window, NDArray[np.uint8]]], geo: Geo | None
) -> None:
    """Write an RGB TIFF: tiled, compressed without loss (deflate), a BigTIFF where that may be needed.

    Args:
        path: the file; one that is there is replaced.
        height: of the image, in pixels.
        width: likewise.
        windows: that cover the image in whole blocks, and the uint8 (h, w, 3) pixels of each.
        geo: georeference of the image it was made from; transform and ground control points are scaled where that one
            has another number of pixels.

    Raises:
        OSError: the file cannot be written, or not completely.
    """
    # GDAL reports a full disk on stderr, and not in every case to us.
    free = shutil.disk_usage(path.parent).free
    if free < 3 * height * width:
        needed = 3 * height * width / 1e9
        raise OSError(f"up to {needed:.2f} GB are needed and {free / 1e9:.2f} GB are free on that disk")
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
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,  # a few percent larger than at the slowest level
        "predictor": 2,
        "BIGTIFF": "IF_SAFER",  # from 2 GiB of raw pixels on; the limit is 4 GiB of compressed ones
        **_georeference(geo, height, width),
    }
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED=False):  # no .aux.xml beside the file
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, "w", **profile) as dataset:
                if geo is not None:
                    dataset.update_tags(**geo.tags)
                for window, pixels in windows:
                    area = rasterio.windows.Window(window.left, window.top, window.width, window.height)
                    dataset.write(np.ascontiguousarray(pixels.transpose(2, 0, 1)), window=area)
            with rasterio.open(path) as dataset:  # the directory is written last; its loss is not reported
                dataset.read(window=rasterio.windows.Window(width - 1, height - 1, 1, 1))
    except (RasterioError, CPLE_BaseError) as error:
        raise OSError(f"{first_line(error.__cause__ or error)}: is the disk full?") from error


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
