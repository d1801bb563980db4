"""Rescale sources band by band: an image is neither read nor created as a whole."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window as RasterioWindow

from tilegan.geometry import Window
from tilegan.images.source import Source

BAND = 256  # output rows at once, and the limit of source rows for them
_SUPPORT = 3  # radius of the Lanczos filter, in pixels of the coarser grid


def scaled_bands(source: Source, height: int, width: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Rescale an 8-bit source; yield tops and bands (rows, width, 3) from top to bottom.

    Together they equal Pillow's Lanczos resampling of the whole image, which averages when it reduces.

    Raises:
        ImageError: the source cannot be decoded.
    """
    step = source.height / height
    reach = _SUPPORT * max(1.0, step) + 1
    rows = max(1, min(BAND, int(BAND / step)))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = (max(0, int(top * step - reach)), min(source.height, int(bottom * step + reach) + 1))
        pixels = Image.fromarray(source.read(Window(first, 0, last - first, source.width)))
        # the filter also reaches rows beyond the box
        box = (0, top * step - first, source.width, min(bottom * step - first, last - first))
        yield top, np.asarray(pixels.resize((width, bottom - top), Image.Resampling.LANCZOS, box))


def scaled(source: Source, height: int, width: int) -> NDArray[np.uint8]:
    """Rescale an 8-bit source at once: (height, width, 3)."""
    return np.concatenate([band for _, band in scaled_bands(source, height, width)])


def write_scaled(source: Source, path: Path, height: int, width: int) -> None:
    """Rescale an 8-bit source to a new uncompressed TIFF.

    Raises:
        ImageError: the source cannot be decoded.
        OSError: the file cannot be written.
    """
    shape = {"height": height, "width": width, "count": 3, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        file = rasterio.open(path, "w", driver="GTiff", photometric="RGB", interleave="pixel", **shape)
    with file:
        for top, band in scaled_bands(source, height, width):
            file.write(np.moveaxis(band, -1, 0), window=RasterioWindow(0, top, width, len(band)))
