"""Reduced copies that files hold of their images, by which a large one is looked at without reading all of it."""

import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.geometry import Pixels, Window
from tilegan.images.pixels.orientation import Turn
from tilegan.images.pixels.stretch import to_opacity
from tilegan.images.readers.gdal import gdal_errors
from tilegan.images.readers.raster import RasterSource
from tilegan.images.readers.raster_file import RasterFile
from tilegan.images.readers.slide import SlideSource
from tilegan.images.readers.zarr_source import ZarrSource
from tilegan.images.source import Source

_NEARLY = 0.01  # by how much a slide's copy may be reduced otherwise than by a power of two, as a share


class Overview(Protocol):
    """A reduced copy of an image.

    Attributes:
        height, width: in pixels.
    """

    height: int
    width: int

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the copy, as RGB (h, w, 3); from any thread.

        Raises:
            ImageError: the file is damaged there.
        """

    def read_mask(self, window: Window) -> Pixels | None:
        """Return their opacity (h, w); None if all of the image is opaque.

        Raises:
            ImageError: the file is damaged there.
        """


def overviews_of(source: Source) -> Mapping[int, Overview]:
    """Return the copies that a file holds, by level: that at level n has 1 / 2^n of height and width, rounded up.

    Copies of other sizes are left out, and all of files that decode only from the top.

    Args:
        source: the image, open.

    Raises:
        ImageError: the file is damaged.
    """
    if source.sequential or source.held:
        return {}
    if isinstance(source, RasterSource):
        return _of_raster(source)
    if isinstance(source, ZarrSource):
        return _of_zarr(source)
    if isinstance(source, SlideSource):
        return _of_slide(source)
    return {}


def _level_of(source: Source, height: int, width: int) -> int | None:
    """Return the level that has this height and width; None if none has."""
    for level in range(1, max(source.height, source.width).bit_length() + 1):
        if (-(-source.height >> level), -(-source.width >> level)) == (height, width):
            return level
    return None


def _of_raster(source: RasterSource) -> Mapping[int, Overview]:
    found: dict[int, Overview] = {}
    dataset = source._file.dataset
    strict = gdal_errors(source.path, "cannot read image", source._reading)
    with suppress(RasterioError, CPLE_BaseError), warnings.catch_warnings(), strict:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        for number in range(len(dataset.overviews(1))):
            copy = rasterio.open(dataset.name, overview_level=number)
            turn = Turn(source._turn.orientation, copy.height, copy.width)
            level = _level_of(source, *turn.shape(copy.height, copy.width))
            if level is not None:
                found.setdefault(level, _RasterOverview(source, copy, turn))
    return found


class _RasterOverview:
    def __init__(self, source: RasterSource, copy: object, turn: Turn) -> None:
        self._source, self._turn = source, turn
        self._file = RasterFile(copy, source.path, source._reading)
        self._decoded = source._decoded.of(self._file)
        self.height, self.width = turn.shape(self._file.height, self._file.width)

    def read(self, window: Window) -> Pixels:
        stored, bands = self._turn.stored(window), self._source._bands
        alpha = self._decoded.opacity(stored, self._source.levels) if bands.is_premultiplied else None
        values = self._file.values(stored, bands.indexes)
        return self._turn.upright(self._decoded.colors(values, alpha, self._source.levels))

    def read_mask(self, window: Window) -> Pixels | None:
        if self._source._bands.opacity is None:
            return None
        return self._turn.upright(self._decoded.opacity(self._turn.stored(window), self._source.levels))


def _of_zarr(source: ZarrSource) -> Mapping[int, Overview]:
    found: dict[int, Overview] = {}
    for number, (height, width) in enumerate(map(source._size, range(len(source._layout.levels)))):
        level = _level_of(source, height, width) if number else None
        if level is not None:
            found.setdefault(level, _ZarrOverview(source, number, height, width))
    return found


class _ZarrOverview:
    def __init__(self, source: ZarrSource, number: int, height: int, width: int) -> None:
        self._source, self._number, self.height, self.width = source, number, height, width

    def read(self, window: Window) -> Pixels:
        source = self._source
        return source._colors(self._values(window, source._chosen), source._measured(), source.levels)

    def read_mask(self, window: Window) -> Pixels | None:
        if self._source._alpha is None:
            return None
        return to_opacity(self._values(window, [self._source._alpha])[..., 0], self._source.levels)

    def _values(self, window: Window, bands: list[int]) -> NDArray[Any]:
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        return self._source._values(self._number, rows, columns, bands)


def _of_slide(source: SlideSource) -> Mapping[int, Overview]:
    found: dict[int, Overview] = {}
    for number, factor in enumerate(source._slide.level_downsamples):
        level = round(np.log2(factor))
        if number and level > 0 and abs(factor / 2**level - 1) < _NEARLY:
            found.setdefault(level, _SlideOverview(source, number, level))
    return found


class _SlideOverview:
    def __init__(self, source: SlideSource, number: int, level: int) -> None:
        self._source, self._number, self._level = source, number, level
        self.height, self.width = -(-source.height >> level), -(-source.width >> level)

    def read(self, window: Window) -> Pixels:
        return self._source._pixels(self._source._region(self._placed(window), self._number))

    def read_mask(self, window: Window) -> Pixels | None:
        return np.ascontiguousarray(self._source._region(self._placed(window), self._number)[..., 3])

    def _placed(self, window: Window) -> Window:
        """Return the window as OpenSlide takes it: placed in full resolution, with the size that it has in the copy."""
        return Window(window.top << self._level, window.left << self._level, window.height, window.width)
