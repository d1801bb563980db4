"""Maps of instances: rasters whose numbers tell the objects of a label map apart, read together with it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.opening import open_source
from tilegan.images.readers.raster import RasterSource
from tilegan.images.reading import Reading
from tilegan.images.source import Source, shown

PLANES = 2  # bytes of a number
STRIP = 256  # rows that are looked through at once


def number_planes(numbers: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """The high and the low byte of each number: uint8 or uint16 (h, w) -> uint8 (h, w, 2)."""
    return np.stack((numbers.astype(np.uint16) >> 8, numbers & 255), -1).astype(np.uint8)


def plane_numbers(planes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The numbers whose high and low bytes are given: uint8 (h, w, 2) -> uint16 (h, w)."""
    numbers: NDArray[np.uint16] = planes[..., 0] * np.uint16(256) + planes[..., 1]
    return numbers


class InstanceMap:
    """A raster of one band in which each object has a number of its own, up to 65535; 0 stands for none.

    Attributes:
        file: what it is read from.
        height, width: in pixels.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a file.

        Raises:
            ImageError: it is missing, or no image, or has other values than numbers of 8 or 16 bits.
        """
        file = open_source(path)
        if not isinstance(file, RasterSource) or file.bands != 1 or file.dtype not in (np.uint8, np.uint16):
            file.close()
            raise ImageError(
                f"no map of instances: {shown(path)} has {file.bands} bands of {file.dtype}: "
                "save numbers in one band of 8 or 16 bits, as PNG or TIFF"
            )
        self.file, self.height, self.width = file, file.height, file.width

    def read(self, window: Window) -> NDArray[np.uint8]:
        """The numbers of a window inside the map, as two planes (h, w, 2), high and low byte; from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        return number_planes(self.file.numbers(window))

    def missing(self, numbers: set[int]) -> set[int]:
        """Those of some numbers that no pixel has; the map is read until all are found.

        Raises:
            ImageError: the file is damaged.
        """
        missing, rows = set(numbers), max(STRIP, self.file.block[0])
        for top in range(0, self.height, rows):
            if not missing:
                break
            strip = Window(top, 0, min(rows, self.height - top), self.width)
            wanted = np.array(sorted(missing))
            missing -= set(wanted[np.isin(wanted, self.file.numbers(strip))].tolist())
        return missing

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


class JoinedSource:
    """A label map and its instances as one image of five channels; see ``tilegan.images.source.Source``.

    To all but the generator the two further channels are as colours are.
    """

    def __init__(self, image: Source, instances: InstanceMap) -> None:
        """Join two files.

        Args:
            image: the label map, of 8 bits.
            instances: of the same size.

        Raises:
            ImageError: it has another size.
        """
        numbers = instances.file
        if (image.height, image.width) != (numbers.height, numbers.width):
            raise ImageError(
                f"{shown(numbers.path)} is {numbers.width} x {numbers.height} pixels, {shown(image.path)} "
                f"{image.width} x {image.height}: a label map and its instances need the same size"
            )
        self.image, self.instances = image, instances
        self.path, self.height, self.width = image.path, image.height, image.width
        self.bands, self.dtype, self.levels = image.bands + PLANES, image.dtype, image.levels
        self.block = (max(image.block[0], numbers.block[0]), max(image.block[1], numbers.block[1]))
        self.sequential = image.sequential or numbers.sequential
        self.held = image.held and numbers.held
        self.remarks = image.remarks + numbers.remarks

    @property
    def origin(self) -> Origin:
        """See ``Source``: that of the label map."""
        return self.image.origin

    def read(self, window: Window) -> Pixels:
        """See ``Source``; (h, w, 5): colours and the two bytes of the number of each pixel's object."""
        return np.concatenate((self.image.read(window), self.instances.read(window)), -1)

    def read_mask(self, window: Window) -> Pixels | None:
        """See ``Source``."""
        return self.image.read_mask(window)

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """See ``Source``: of the label map alone."""
        return self.image.thumbnail(side)

    def identity(self) -> dict[str, str | int]:
        """See ``Source``: of both."""
        own = {f"instances {name}": value for name, value in self.instances.file.identity().items()}
        return self.image.identity() | own

    def close(self) -> None:
        """See ``Source``."""
        self.image.close()
        self.instances.close()


def open_joined(path: str | Path, reading: Reading | None = None, instances: str | Path | None = None) -> Source:
    """``open_source`` of an image, or of a label map joined with its map of instances.

    Raises:
        ImageError: one of them cannot be read, or they do not fit each other.
        SettingError: see ``open_source``.
    """
    image = open_source(path, reading)
    if not instances:
        return image
    try:
        return JoinedSource(image, InstanceMap(instances))
    except ImageError:
        image.close()
        raise
