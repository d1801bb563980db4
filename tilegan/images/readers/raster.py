"""Images that GDAL reads, through rasterio: any size, a window at a time."""

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
from tilegan.images.metadata.origin import Origin
from tilegan.images.pixels.color import conversion, widen
from tilegan.images.pixels.orientation import Turn
from tilegan.images.pixels.stretch import levels_of
from tilegan.images.readers.bands import choose_bands
from tilegan.images.readers.decoded import Decoded
from tilegan.images.readers.gaps import GREY, read_around
from tilegan.images.readers.gdal import Opened, embedded_profile, gdal_errors, is_sequential
from tilegan.images.readers.header import Header, read_header
from tilegan.images.readers.raster_file import RasterFile
from tilegan.images.readers.vsi import container
from tilegan.images.reading import Reading
from tilegan.images.source import LARGEST_HELD, file_identity

_EIGHT = np.dtype(np.uint8)
_STRIP = 256  # rows that are decoded at once of an image that is held as a whole


def set_cache(limit: int) -> None:
    """Limit the decoded blocks that GDAL keeps for all files of this process, to ``limit`` bytes.

    Without this it keeps up to 5 % of the machine's memory.
    """
    set_gdal_config("GDAL_CACHEMAX", limit)


class RasterSource:
    """A file that GDAL reads; see ``tilegan.images.source.Source``.

    A file without random access (JPEG, PNG, TIFF in strips) that lies on its side, or upside down, is decoded once as a
    whole if it is not too large, when it is first read.
    """

    def __init__(self, path: str | Path, reading: Reading | None = None, header: Header | None = None) -> None:
        """Open a file.

        Args:
            path: of a local file, a URL, or one of GDAL's own names (``/vsi...``).
            reading: how its values become pixels; what the file says if None.
            header: of the file, if it was read already.

        Raises:
            ImageError: GDAL cannot read it.
            SettingError: it has no such bands or page.
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
            self._colour = conversion(space, embedded_profile(dataset), keep=self._reading.keep_profile)
            dpi = dpi_of_tags(dataset) or (header.dpi if dataset.driver != "GTiff" else None)
            told = bands_of(dataset, bands.indexes) if bands.palette is None else ()
            self._told = Origin(geo, bands.opacity, bands=told, domains=domains_of(dataset))
            exif = dataset.tags().get("EXIF_Orientation", "1")
            self._block: tuple[int, int] = dataset.block_shapes[0]
            self.sequential = is_sequential(dataset)
        # A file that says where its pixels lie, says so of the pixels as they are stored.
        metadata = Metadata() if self.path.startswith("/vsi") else read_metadata(locate(path), opened.directory)
        orientation = max(header.orientation, metadata.orientation, int(exif) if exif.isdigit() else 1)
        self._turn = turn = Turn(1 if is_placed(geo) else orientation, dataset.height, dataset.width)
        self.height, self.width = turn.shape(dataset.height, dataset.width)
        self.bands: int = dataset.count
        self.dtype = bands.dtype
        self.levels = levels_of(self._reading.depth, bands.dtype, bands.bits) if bands.palette is None else _EIGHT
        self.remarks = opened.remarks + tuple(filter(None, (bands.remark, self._colour.remark)))
        bytes_held = self.height * self.width * self.levels.itemsize * (4 if bands.opacity else 3)
        self.held = self.sequential and turn.from_below and bytes_held <= LARGEST_HELD
        self.block = (self.height, self.width) if self.held else turn.shape(*self._block)
        self.sequential = self.sequential and not self.held
        self._whole: tuple[Pixels, Pixels | None] | None = None
        self._readable_rows = dataset.height
        self._decoded = Decoded(self._file, bands, self._colour, self._reading, header.white)
        self._told = replace(
            self._told,
            color_managed=self._colour.managed,
            profile=self._colour.profile,
            draws_in=self._colour.draws_in,
            dpi=dpi[::-1] if dpi and turn.lies else dpi,
            metadata=metadata,
        )

    @property
    def origin(self) -> Origin:
        """What a result takes over beside pixels."""
        if self._bands.palette is not None:
            return self._told
        stretch = self._decoded.measured()
        return replace(self._told, dtype=self.dtype.name, low=stretch.low, high=stretch.high, rule=stretch.rule)

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the image, as RGB (h, w, 3) of type ``levels``, sRGB; from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        if self.held:
            pixels, _ = self._hold()
            return pixels[window.top : window.bottom, window.left : window.right].copy()
        return self._turn.upright(self._pixels(self._turn.stored(window)))

    def numbers(self, window: Window) -> NDArray[Any]:
        """The values of a window inside the first band, as they are in the file: (h, w) of type ``dtype``.

        Raises:
            ImageError: the file is damaged there.
        """
        return self._turn.upright(self._file.values(self._turn.stored(window), [1])[..., 0])

    def read_mask(self, window: Window) -> Pixels | None:
        """How opaque the pixels of a window are: (h, w) of type ``levels``; None if all of the image is opaque.

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
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: the file is damaged.
        """
        return self._turn.upright(self._decoded.thumbnail(side))

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself.

        Of an image in an archive that is not on this disk it is no more than its name and size in pixels.
        """
        file = container(self.path) if self.path.startswith("/vsi") else locate(self.path)
        name: dict[str, str | int] = {"name": Path(self.path).name, "height": self.height, "width": self.width}
        return name if file is None else file_identity(file, self.height, self.width) | name

    def close(self) -> None:
        """Let go of the file."""
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
        """RGB of a part of the stored image."""

        def read(window: Window) -> Pixels:
            alpha = self._mask(window) if self._bands.is_premultiplied else None
            return self._decoded.colours(self._file.values(window, self._bands.indexes), alpha, self.levels)

        def grey(window: Window) -> Pixels:
            return widen(np.full((window.height, window.width, 3), GREY, np.uint8), self.levels)

        return self._whole_or_filled(read, stored, grey)

    def _mask(self, stored: Window) -> Pixels:
        """Opacity of a part of the stored image."""
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
            if self.sequential or self.held:  # nothing of what follows can be decoded
                self._readable_rows = min(self._readable_rows, part.top)
            return fill(part)

        return read_around(read_what_is_there, window, self._block, fill_and_remember)
