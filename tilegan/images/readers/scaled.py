"""Sources at another size, band after band: an image is neither read nor made as a whole."""

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

BAND = 256  # rows that are made at once, fewer where that would take more source rows than these
_SUPPORT = 3  # of Lanczos' filter, in pixels of the coarser grid


def scaled_bands(source: Source, height: int, width: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """A source of 8 bits as so many pixels: tops and bands (rows, width, 3) from the top to the bottom.

    Together they are what Pillow's Lanczos makes of the whole, which averages where it reduces.

    Raises:
        ImageError: it does not decode.
    """
    step = source.height / height
    reach = _SUPPORT * max(1.0, step) + 1
    rows = max(1, min(BAND, int(BAND / step)))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = (max(0, int(top * step - reach)), min(source.height, int(bottom * step + reach) + 1))
        pixels = Image.fromarray(source.read(Window(first, 0, last - first, source.width)))
        # rows beyond the box are looked at as well, where the filter reaches them
        box = (0, top * step - first, source.width, min(bottom * step - first, last - first))
        yield top, np.asarray(pixels.resize((width, bottom - top), Image.Resampling.LANCZOS, box))


def scaled(source: Source, height: int, width: int) -> NDArray[np.uint8]:
    """The same at once: (height, width, 3)."""
    return np.concatenate([band for _, band in scaled_bands(source, height, width)])


def write_scaled(source: Source, path: Path, height: int, width: int) -> None:
    """The same as a new TIFF, uncompressed.

    Raises:
        ImageError: the source does not decode.
        OSError: it cannot be written.
    """
    shape = {"height": height, "width": width, "count": 3, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        file = rasterio.open(path, "w", driver="GTiff", photometric="RGB", interleave="pixel", **shape)
    with file:
        for top, band in scaled_bands(source, height, width):
            file.write(np.moveaxis(band, -1, 0), window=RasterioWindow(0, top, width, len(band)))
