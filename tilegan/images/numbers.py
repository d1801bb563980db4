"""Rasters of numbers: one band of integers that stand for something, such as objects or styles, and are no colors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, shown
from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.readers.raster import RasterSource
from tilegan.images.reading import Reading

STRIP = 256  # rows searched at once


class NumberRaster:
    """A one-band raster of numbers up to 65535; of an image with a palette these are the indices of its colors.

    Attributes:
        file: source of the raster.
        height, width: size in pixels.
    """

    def __init__(self, path: str | Path, what: str) -> None:
        """Open a file.

        Args:
            path: as for ``open_source``.
            what: what it should be, with its article, for messages.

        Raises:
            ImageError: it is missing, not an image, or holds other values than integers of 8 or 16 bits.
        """
        file = open_source(path, Reading(stretch="dtype"))
        if not isinstance(file, RasterSource) or file.bands != 1 or file.dtype not in (np.uint8, np.uint16):
            file.close()
            raise ImageError(
                f"not {what}: {shown(path)} has {file.bands} bands of {file.dtype}: "
                "save numbers in one band of 8 or 16 bits, as PNG or TIFF"
            )
        self.file, self.height, self.width = file, file.height, file.width

    def numbers(self, window: Window) -> NDArray[Any]:
        """Read the numbers of a window inside the raster, uint8 or uint16 (h, w), from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        return self.file.numbers(window)

    def strips(self, part: Window | None = None) -> Iterator[NDArray[Any]]:
        """Read all numbers, or those of a part of the raster, strip by strip from the top.

        Raises:
            ImageError: the file is damaged.
        """
        for strip in (part or Window(0, 0, self.height, self.width)).strips(max(STRIP, self.file.block[0])):
            yield self.numbers(strip)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
