"""Images read by GDAL through rasterio: any size, a window at a time."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.env import set_gdal_config

from tilegan.errors import ImageError
from tilegan.files import locate
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import read_metadata
from tilegan.images.metadata.georeference import bands_of, domains_of, dpi_of_tags, georeference, is_placed
from tilegan.images.metadata.origin import Origin, channels_of
from tilegan.images.pixels.color import conversion, widen
from tilegan.images.pixels.orientation import Turn
from tilegan.images.pixels.stretch import pixel_dtype
from tilegan.images.readers.bands import choose_bands
from tilegan.images.readers.decoded import Decoded
from tilegan.images.readers.gaps import GRAY, read_around
from tilegan.images.readers.gdal import Opened, embedded_profile, gdal_errors, is_sequential
from tilegan.images.readers.header import Header, read_header
from tilegan.images.readers.raster_file import RasterFile
from tilegan.images.readers.vsi import container
from tilegan.images.reading import Reading
from tilegan.images.source import LARGEST_HELD, file_identity

_EIGHT = np.dtype(np.uint8)
_STRIP = 256  # rows decoded at once for an image held as a whole


def set_cache(limit: int) -> None:
    """Limit the decoded blocks that GDAL caches for all files of this process to ``limit`` bytes.

    GDAL's default is 5 % of the machine's memory.
    """
    set_gdal_config("GDAL_CACHEMAX", limit)


class RasterSource:
    """A file that GDAL reads; see ``tilegan.images.source.Source``.

    A file without random access (JPEG, PNG, TIFF in strips) that is rotated or upside down is decoded once as a whole
    at its first read, if it is not too large.
    """

    def __init__(self, path: str | Path, reading: Reading | None = None, header: Header | None = None) -> None:
        """Open a file.

        Args:
            path: local file, URL, or special GDAL name (``/vsi...``).
            reading: read options; defaults if None.
            header: header of the file, if it was read already.

        Raises:
            ImageError: GDAL cannot read it.
            SettingError: there are no such bands or page.
        """
        self.path = str(path)
        self._reading = reading if reading is not None else Reading()
        self._holding = threading.Lock()
        if header is None:
            header = Header() if self.path.startswith("/vsi") else read_header(locate(path))
        opened = Opened(self.path, self._reading)
        dataset = opened.dataset
        self._file = RasterFile(dataset, self.path, self._reading)
        with gdal_errors(self.path, "not an image that can be opened", self._reading):
            self._bands = bands = choose_bands(opened, self._reading, self.path)
            geo = georeference(dataset, opened.transform, has_nodata=dataset.driver != "PNG")
            space = {"ycck": "cmyk", "icclab": "lab"}.get(bands.space, bands.space)
            self._color = conversion(space, embedded_profile(dataset), keep=self._reading.keep_profile)
            dpi = dpi_of_tags(dataset) or (header.dpi if dataset.driver != "GTiff" else None)
            band_metadata = bands_of(dataset, bands.indexes) if bands.palette is None else ()
            self._origin = Origin(geo, bands.opacity, bands=band_metadata, domains=domains_of(dataset))
            exif = dataset.tags().get("EXIF_Orientation", "1")
            self._block: tuple[int, int] = dataset.block_shapes[0]
            self.sequential = is_sequential(dataset)
        # A georeference refers to pixels in stored orientation.
        metadata = Metadata() if self.path.startswith("/vsi") else read_metadata(locate(path), opened.directory)
        orientation = max(header.orientation, metadata.orientation, int(exif) if exif.isdigit() else 1)
        self._turn = turn = Turn(1 if is_placed(geo) else orientation, dataset.height, dataset.width)
        self.height, self.width = turn.shape(dataset.height, dataset.width)
        self.bands: int = dataset.count
        self.dtype = bands.dtype
        self.levels = pixel_dtype(self._reading.depth, bands.dtype, bands.bits) if bands.palette is None else _EIGHT
        self.remarks = opened.remarks + tuple(filter(None, (bands.remark, self._color.remark)))
        bytes_held = self.height * self.width * self.levels.itemsize * channels_of(bool(bands.opacity))
        self.held = self.sequential and turn.from_below and bytes_held <= LARGEST_HELD
        self.block = (self.height, self.width) if self.held else turn.shape(*self._block)
        self.sequential = self.sequential and not self.held
        self._whole: tuple[Pixels, Pixels | None] | None = None
        self._readable_rows = dataset.height
        self._decoded = Decoded(self._file, bands, self._color, self._reading, header.white)
        self._origin = replace(
            self._origin,
            color_managed=self._color.managed,
            profile=self._color.profile,
            draws_in=self._color.draws_in,
            dpi=dpi[::-1] if dpi and turn.lies else dpi,
            metadata=metadata,
        )

    @property
    def origin(self) -> Origin:
        """Source metadata that results take over."""
        if self._bands.palette is not None:
            return self._origin
        stretch = self._decoded.measured()
        return replace(self._origin, dtype=self.dtype.name, low=stretch.low, high=stretch.high, rule=stretch.rule)

    def read(self, window: Window) -> Pixels:
        """Read a window inside the image as sRGB (h, w, 3) of dtype ``levels``, from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        if self.held:
            pixels, _ = self._hold()
            return pixels[window.top : window.bottom, window.left : window.right].copy()
        return self._turn.upright(self._pixels(self._turn.stored(window)))

    def numbers(self, window: Window) -> NDArray[Any]:
        """Read the unconverted values of a window in the first band: (h, w) of dtype ``dtype``.

        Raises:
            ImageError: the file is damaged there.
        """
        return self._turn.upright(self._file.values(self._turn.stored(window), [1])[..., 0])

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window, (h, w) of dtype ``levels``; None if the whole image is opaque.

        Raises:
            ImageError: the file is damaged there.
        """
        if self._bands.opacity is None:
            return None
        if self.held:
            _, mask = self._hold()
            return None if mask is None else mask[window.top : window.bottom, window.left : window.right].copy()
        return self._turn.upright(self._mask(self._turn.stored(window)))

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole image to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: the file is damaged.
        """
        return self._turn.upright(self._decoded.thumbnail(side))

    def identity(self) -> dict[str, str | int]:
        """Return values that distinguish this image from others and from later versions of itself.

        For an image in an archive that is not on this disk these are only its name and size in pixels.
        """
        file = container(self.path) if self.path.startswith("/vsi") else locate(self.path)
        name: dict[str, str | int] = {"name": Path(self.path).name, "height": self.height, "width": self.width}
        return name if file is None else file_identity(file, self.height, self.width) | name

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._whole = None

    def _hold(self) -> tuple[Pixels, Pixels | None]:
        with self._holding:
            if self._whole is None:
                pixels = np.empty((self.height, self.width, 3), self.levels)
                mask = np.empty((self.height, self.width), self.levels) if self._bands.opacity else None
                height, width = self._file.height, self._file.width
                for top in range(0, height, _STRIP):
                    strip = Window(top, 0, min(_STRIP, height - top), width)
                    self._turn.as_stored(pixels)[strip.top : strip.bottom] = self._pixels(strip)
                    if mask is not None:
                        self._turn.as_stored(mask)[strip.top : strip.bottom] = self._mask(strip)
                self._whole = pixels, mask
            return self._whole

    def _pixels(self, stored: Window) -> Pixels:
        """Return RGB of a part of the stored image."""

        def read(window: Window) -> Pixels:
            alpha = self._mask(window) if self._bands.is_premultiplied else None
            return self._decoded.colors(self._file.values(window, self._bands.indexes), alpha, self.levels)

        def gray(window: Window) -> Pixels:
            return widen(np.full((window.height, window.width, 3), GRAY, np.uint8), self.levels)

        return self._whole_or_filled(read, stored, gray)

    def _mask(self, stored: Window) -> Pixels:
        """Return the opacity of a part of the stored image."""
        highest = np.iinfo(self.levels).max

        def opaque(window: Window) -> Pixels:
            return np.full((window.height, window.width), highest, self.levels)

        def read(window: Window) -> Pixels:
            return self._decoded.opacity(window, self.levels)

        return self._whole_or_filled(read, stored, opaque)

    def _whole_or_filled(
        self, read: Callable[[Window], NDArray[Any]], window: Window, fill: Callable[[Window], NDArray[Any]]
    ) -> NDArray[Any]:
        if not self._reading.allow_truncated:
            return read(window)

        def read_what_is_there(part: Window) -> NDArray[Any]:
            if part.bottom > self._readable_rows:
                raise ImageError(f"cannot read image: {self.path}: it ends before row {self._readable_rows}")
            return read(part)

        def fill_and_remember(part: Window) -> NDArray[Any]:
            if self.sequential or self.held:  # nothing after this row can be decoded
                self._readable_rows = min(self._readable_rows, part.top)
            return fill(part)

        return read_around(read_what_is_there, window, self._block, fill_and_remember)
