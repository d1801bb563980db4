"""Instance maps: rasters whose numbers distinguish the objects of a label map, read together with it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, shown
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.numbers import NumberRaster
from tilegan.images.opening import open_source
from tilegan.images.reading import Reading
from tilegan.images.source import Source

PLANES = 2  # bytes per number


def number_planes(numbers: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """Split numbers into high and low bytes: uint8 or uint16 (h, w) -> uint8 (h, w, 2)."""
    return np.stack((numbers.astype(np.uint16) >> 8, numbers & 255), -1).astype(np.uint8)


def plane_numbers(planes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Join high and low bytes to numbers: uint8 (h, w, 2) -> uint16 (h, w)."""
    numbers: NDArray[np.uint16] = planes[..., 0] * np.uint16(256) + planes[..., 1]
    return numbers


class InstanceMap(NumberRaster):
    """A one-band raster in which each object has its own number, up to 65535; 0 is no object."""

    def __init__(self, path: str | Path) -> None:
        """Open a file.

        Raises:
            ImageError: it is missing, not an image, or holds other values than integers of 8 or 16 bits.
        """
        super().__init__(path, "an instance map")

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Read the numbers of a window inside the map as two planes (h, w, 2), high and low byte, from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        return number_planes(self.numbers(window))

    def missing(self, numbers: set[int]) -> set[int]:
        """Return those of the numbers that no pixel has; the map is read until all are found.

        Raises:
            ImageError: the file is damaged.
        """
        missing = set(numbers)
        for strip in self.strips() if missing else ():
            wanted = np.array(sorted(missing))
            missing -= set(wanted[np.isin(wanted, strip)].tolist())
            if not missing:
                break
        return missing


class JoinedSource:
    """A label map and its instance map as one image of five channels; see ``tilegan.images.source.Source``.

    Everything but the generator treats the two further channels like colors.
    """

    def __init__(self, image: Source, instances: InstanceMap) -> None:
        """Join two files.

        Args:
            image: label map of 8 bits.
            instances: instance map of the same size.

        Raises:
            ImageError: their sizes differ.
        """
        numbers = instances.file
        if (image.height, image.width) != (numbers.height, numbers.width):
            raise ImageError(
                f"{shown(numbers.path)} is {numbers.width} x {numbers.height} pixels, {shown(image.path)} "
                f"{image.width} x {image.height}: a label map and its instance map need the same size"
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
        """Source metadata of the label map; see ``Source``."""
        return self.image.origin

    def read(self, window: Window) -> Pixels:
        """Read (h, w, 5): colors, and the two bytes of the object number of each pixel; see ``Source``."""
        return np.concatenate((self.image.read(window), self.instances.read(window)), -1)

    def read_mask(self, window: Window) -> Pixels | None:
        """See ``Source``."""
        return self.image.read_mask(window)

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the label map alone; see ``Source``."""
        return self.image.thumbnail(side)

    def identity(self) -> dict[str, str | int]:
        """Return the identity of both files; see ``Source``."""
        own = {f"instances {name}": value for name, value in self.instances.file.identity().items()}
        return self.image.identity() | own

    def close(self) -> None:
        """See ``Source``."""
        self.image.close()
        self.instances.close()


def open_joined(path: str | Path, reading: Reading | None = None, instances: str | Path | None = None) -> Source:
    """Open an image, or a label map joined with its instance map.

    Raises:
        ImageError: one of them cannot be read, or they do not match.
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
