"""Rasters of amounts: gray images in which black is none and white is all."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, shown
from tilegan.geometry import Pixels, Window
from tilegan.images.numbers import STRIP
from tilegan.images.opening import open_source
from tilegan.images.reading import Reading

ALL = 65535  # the amount of white

Amounts = NDArray[np.uint16]  # (h, w), 0 to ALL


class AmountRaster:
    """A gray image of any format, depth and number of bands; transparent pixels count as black.

    Attributes:
        file: source of the image.
        height, width: size in pixels.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a file.

        Raises:
            ImageError: it is missing, or not an image.
        """
        self.file = open_source(path, Reading(stretch="dtype", depth="keep"))
        self.height, self.width = self.file.height, self.file.width

    def amounts(self, window: Window) -> Amounts:
        """Read the amounts of a window inside the image, from any thread.

        Raises:
            ImageError: the file is damaged there, or has colors.
        """
        pixels = self.file.read(window)
        if (pixels[..., :1] != pixels[..., 1:]).any():
            raise ImageError(f"{shown(self.file.path)} has colors, and amounts are gray: save it as a gray image")
        return amounts_of(pixels[..., 0], self.file.read_mask(window))

    def strips(self, part: Window | None = None) -> Iterator[Amounts]:
        """Read all amounts, or those of a part of the image, strip by strip from the top. Raises as ``amounts``."""
        for strip in (part or Window(0, 0, self.height, self.width)).strips(max(STRIP, self.file.block[0])):
            yield self.amounts(strip)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def amounts_of(levels: Pixels, opacity: Pixels | None = None) -> Amounts:
    """Return levels as amounts.

    Args:
        levels: uint8 or uint16 (h, w).
        opacity: of the same dtype and shape; None if all pixels are opaque.
    """
    amounts = levels.astype(np.uint16) * np.uint16(257 if levels.dtype == np.uint8 else 1)
    if opacity is None:
        return amounts
    most = np.uint32(np.iinfo(opacity.dtype).max)
    return ((amounts.astype(np.uint32) * opacity + most // 2) // most).astype(np.uint16)
