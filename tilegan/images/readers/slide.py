"""Whole-slide images in vendor formats that GDAL does not read, through OpenSlide, a window at a time."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError, shown
from tilegan.files import first_line, is_remote
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.exif import tells_of_layout
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.metadata.resolution import dpi_of_pixel
from tilegan.images.pixels.color import conversion
from tilegan.images.pixels.stretch import OVERVIEW, Stretch
from tilegan.images.readers.cures import known_otherwise
from tilegan.images.readers.pillow import reduced
from tilegan.images.reading import Reading
from tilegan.images.source import LARGEST_HELD, chosen_plane, file_identity


def is_slide(path: Path) -> bool:
    """Whether OpenSlide is installed and recognizes the vendor of a file."""
    try:
        import openslide
    except ImportError:
        return False
    try:
        # its "generic" format is TIFF, where it is less strict than GDAL
        return not is_remote(path) and openslide.OpenSlide.detect_format(path) not in (None, "generic-tiff")
    except (openslide.OpenSlideError, OSError, ValueError):
        return False


class SlideSource:
    """The largest level of a whole-slide image; see ``tilegan.images.source.Source``.

    Slides are transparent where nothing was scanned; colors are white there.
    """

    sequential = False
    held = False
    bands = 4
    dtype: np.dtype[Any] = np.dtype(np.uint8)
    levels: np.dtype[Any] = np.dtype(np.uint8)

    def __init__(self, path: Path, reading: Reading | None = None) -> None:
        """Open a local file.

        Raises:
            ImageError: OpenSlide cannot read it, or is not installed.
            SettingError: there is no such plane.
        """
        self.path = str(path)
        reading = reading if reading is not None else Reading()
        if is_remote(path):
            raise ImageError(f"cannot read a slide of this kind remotely: {shown(path)}: download it first")
        try:
            import openslide
        except ImportError as error:
            raise ImageError(
                f"cannot read slide: {shown(path)}: install what it needs: pip install 'tilegan[slides]'"
            ) from error
        chosen_plane(reading, {"page": 1}, self.path)
        try:
            self._slide = openslide.OpenSlide(path)
            profile = self._slide.color_profile
        except (openslide.OpenSlideError, OSError) as error:
            raise ImageError(
                f"not a slide that can be opened: {shown(path)}: {shown(first_line(error))}: "
                f"{known_otherwise(path) or 'check that all its files are there'}"
            ) from error
        self.width, self.height = self._slide.dimensions
        properties = self._slide.properties
        tile = tuple(properties.get(f"openslide.level[0].tile-{side}", "256") for side in ("height", "width"))
        self.block = (min(int(tile[0]), self.height), min(int(tile[1]), self.width))
        self._color = conversion("rgb", profile.tobytes() if profile is not None else None)
        self._stretch = Stretch.choose(reading.stretch, self.dtype, 8, self._overview)
        self._bands = [band - 1 for band in reading.bands or (1, 2, 3)]
        if max(self._bands) > 2:
            raise SettingError(f"no bands {reading.bands} in {shown(path)}: it has bands 1 to 3")
        vendor = properties.get("openslide.vendor", "an unknown vendor")
        self.remarks = (f"a slide of {vendor}, read by OpenSlide",) + (
            (self._color.remark,) if self._color.remark else ()
        )
        self.origin = Origin(
            geo=_tags(properties, self.height, self.width),
            opacity="alpha",
            low=self._stretch.low,
            high=self._stretch.high,
            rule=self._stretch.rule,
            color_managed=self._color.managed,
            dpi=_dpi(properties),
        )
        self._closing, self._is_closed = threading.Lock(), False

    def read(self, window: Window) -> Pixels:
        """Read a window inside the image as sRGB (h, w, 3) of dtype ``levels``, from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        return self._pixels(self._region(window))

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window: (h, w) of dtype ``levels``.

        Raises:
            ImageError: the file is damaged there.
        """
        return np.ascontiguousarray(self._region(window)[..., 3])

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole image to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: the file is damaged.
        """
        return reduced(self._pixels(self._reduced(side)), side, (self.height, self.width))

    def identity(self) -> dict[str, str | int]:
        """Return values that distinguish this image from others and from later versions of itself."""
        return file_identity(Path(self.path), self.height, self.width)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._closing:
            if not self._is_closed:  # OpenSlide refuses a second close
                self._slide.close()
            self._is_closed = True

    def _pixels(self, rgba: NDArray[np.uint8]) -> Pixels:
        colors = rgba[..., :3][..., self._bands]
        return self._color.apply(self._stretch.apply(np.ascontiguousarray(colors)))

    def _region(self, window: Window, level: int = 0) -> NDArray[np.uint8]:
        """Return RGBA (h, w, 4), white where it is transparent."""
        import openslide

        try:
            region = self._slide.read_region((window.left, window.top), level, (window.width, window.height))
        except (openslide.OpenSlideError, OSError) as error:
            raise ImageError(
                f"cannot read image: {shown(self.path)}: {first_line(error)}: the file may be damaged"
            ) from error
        rgba = np.array(region)
        rgba[rgba[..., 3] == 0, :3] = 255
        return rgba

    def _reduced(self, side: int) -> NDArray[np.uint8]:
        """Return RGBA of the whole slide, with a longest side of at least ``side`` pixels if the slide has them."""
        level = self._slide.get_best_level_for_downsample(max(1.0, max(self.height, self.width) / side))
        width, height = self._slide.level_dimensions[level]
        if width * height * 4 > LARGEST_HELD:
            thumbnail = self._slide.get_thumbnail((side, side)).convert("RGBA")
            return np.array(thumbnail)
        return self._region(Window(0, 0, height, width), level)

    def _overview(self) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        rgba = self._reduced(OVERVIEW)
        return rgba[..., :3], rgba[..., 3] > 0


def _tags(properties: Any, height: int, width: int) -> Geo | None:
    comment = properties.get("openslide.comment", "")
    if not comment or tells_of_layout(comment):
        return None
    return Geo(height, width, tags={"TIFFTAG_IMAGEDESCRIPTION": comment})


def _dpi(properties: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(properties[f"openslide.mpp-{axis}"]) for axis in "xy")
    except (KeyError, ValueError):
        return None
    return dpi_of_pixel(across, down)
