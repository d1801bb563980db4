"""Images that need Pillow, decoded once and held in memory: GIF, WebP, AVIF and others that GDAL does not read."""

import threading
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from tilegan.errors import ImageError, SettingError, TileganError, shown
from tilegan.files import first_line, locate
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import read_metadata
from tilegan.images.metadata.georeference import is_placed
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.sidecar import read_georeference
from tilegan.images.pixels.color import conversion
from tilegan.images.pixels.orientation import Turn
from tilegan.images.pixels.stretch import Stretch, bits_of, is_picture, pixel_dtype, to_opacity
from tilegan.images.readers.cures import cure
from tilegan.images.readers.gaps import GRAY
from tilegan.images.readers.header import dpi_of, orientation_of
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.images.reading import Reading
from tilegan.images.source import LARGEST_HELD, chosen_plane, file_identity, plane_remark, reduced_shape

_ALLOWING = threading.Lock()  # Pillow's setting for truncated files is global
_SPACES = {"CMYK": "cmyk", "LAB": "lab"}
_FOUND = ("AVIF", "GIF")  # formats whose metadata Pillow finds

Values = NDArray[Any]


class PillowSource:
    """A file that Pillow reads; see ``tilegan.images.source.Source``.

    Formats that are decoded as a whole can derive from it, and override ``open_image``, ``decode`` and ``metadata_of``.

    Attributes:
        reading: read options.
        notes: notes for the user on such files, one line each.
    """

    sequential = False
    held = True
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, reading: Reading | None = None) -> None:
        """Open and decode a file, local or found by ``locate``.

        Raises:
            ImageError: Pillow cannot read it, or it is so large that it may be a decompression bomb.
            SettingError: there are no such bands or page.
        """
        self.path = str(path)
        self.reading = reading = reading if reading is not None else Reading()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about large images and doubtful metadata
                with path.open("rb") as file, self.open_image(file) as image:
                    self._read(image, reading)
        except TileganError:
            raise
        except Image.DecompressionBombError as error:
            raise ImageError(
                f"too large to be read whole: {shown(path)}: {first_line(error)}: "
                "if you trust it, convert it to TIFF first"
            ) from error
        except Exception as error:  # each format's decoder raises its own errors
            reason = shown(first_line(error))
            remedy = cure(reason, None, decoding="truncated" in reason and not reading.allow_truncated)
            raise ImageError(f"cannot read image: {shown(path)}: {reason}: {remedy}") from error
        self.height, self.width = self.block = self._pixels.shape[:2]

    def open_image(self, file: BinaryIO) -> Image.Image:
        """Open the file with Pillow, without decoding."""
        return Image.open(file)

    def decode(self, image: Image.Image) -> tuple[Values, Values | None]:
        """Return values (h, w, bands) and alpha (h, w) of the image; alpha is None if it is opaque."""
        _load(image, allow_truncated=self.reading.allow_truncated)
        return _arrays(image)

    def metadata_of(self, image: Image.Image) -> Metadata:
        """Return the file's metadata; for formats known to Pillow alone, those that Pillow found."""
        return metadata_found(image) if image.format in _FOUND else read_metadata(locate(self.path))

    def _read(self, image: Image.Image, reading: Reading) -> None:
        planes = {"page": getattr(image, "n_frames", 1)}
        chosen = chosen_plane(reading, planes, self.path)
        self.remarks = plane_remark(planes, chosen)
        if chosen["page"]:
            image.seek(chosen["page"])
        if image.width * image.height * 8 > LARGEST_HELD:
            raise ImageError(
                f"too large to be read whole: {shown(self.path)}: {image.height} x {image.width} pixels of "
                f"{image.format}: convert it to TIFF first"
            )
        self.bands = len(image.getbands())
        profile, dpi = image.info.get("icc_profile"), dpi_of(image)
        values, alpha = self.decode(image)
        geo = None if is_elsewhere(self.path) else read_georeference(Path(self.path))
        # a georeference refers to pixels in stored orientation
        turn = Turn(1 if is_placed(geo) else orientation_of(image), image.height, image.width)
        if reading.bands is not None:
            if max(reading.bands) > values.shape[2]:
                raise SettingError(f"no bands {reading.bands} in {shown(self.path)}: it has 1 to {values.shape[2]}")
            values = values[..., [band - 1 for band in reading.bands]]
        space = _SPACES.get(image.mode, "gray" if values.shape[2] == 1 else "rgb")
        if reading.bands is not None and space in ("cmyk", "lab"):
            space = "gray" if len(reading.bands) == 1 else "rgb"
        color = conversion(space, profile, keep=reading.keep_profile)
        self.remarks += (*self.notes, *filter(None, (color.remark,)))
        self.dtype = values.dtype
        self.levels = pixel_dtype(reading.depth, values.dtype, bits_of(values.dtype))
        is_full_range = is_picture(image.format, values.dtype) or (color.managed and values.dtype.kind == "u")
        rule = "dtype" if reading.stretch is None and is_full_range else reading.stretch
        stretch = Stretch.choose(rule, values.dtype, bits_of(values.dtype), lambda: (values, None))
        self._pixels: Pixels = turn.upright(color.apply(stretch.apply(values, self.levels)))
        self._mask: Pixels | None = None if alpha is None else turn.upright(to_opacity(alpha, self.levels))
        self.origin = Origin(
            geo=geo,
            opacity=None if alpha is None else "alpha",
            dtype=values.dtype.name,
            low=stretch.low,
            high=stretch.high,
            rule=stretch.rule,
            color_managed=color.managed,
            dpi=dpi[::-1] if dpi and turn.lies else dpi,
            metadata=self.metadata_of(image),
            profile=color.profile,
            draws_in=color.draws_in,
        )

    def read(self, window: Window) -> Pixels:
        """Read a window inside the image as sRGB (h, w, 3) of dtype ``levels``, from any thread."""
        return self._pixels[window.top : window.bottom, window.left : window.right].copy()

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window, (h, w) of dtype ``levels``; None if the whole image is opaque."""
        if self._mask is None:
            return None
        return self._mask[window.top : window.bottom, window.left : window.right].copy()

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole image to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3)."""
        return reduced(self._pixels, side)

    def identity(self) -> dict[str, str | int]:
        """Return values that distinguish this image from others and from later versions of itself."""
        return file_identity(locate(self.path), self.height, self.width)

    def close(self) -> None:
        """Release the pixels."""
        self._pixels, self._mask = np.empty((0, 0, 3), np.uint8), None


def reduced(pixels: Pixels, side: int, shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Average RGB (h, w, 3) of 8 or 16 bits to uint8 with a longest side of at most ``side`` pixels.

    Args:
        pixels: pixels of an image, or of an overview of it.
        side: maximum side, in pixels.
        shape: height and width of the image, if they are not those of the pixels.
    """
    full_height, full_width = shape or pixels.shape[:2]
    height, width = reduced_shape(full_height, full_width, side)
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    return np.array(Image.fromarray(eight).resize((width, height), Image.Resampling.BOX))


def metadata_found(image: Image.Image) -> Metadata:
    """Return EXIF and XMP as Pillow found them."""
    exif, xmp = (image.info.get(name) or b"" for name in ("exif", "xmp"))
    return Metadata.cleaned(exif if isinstance(exif, bytes) else b"", xmp if isinstance(xmp, bytes) else b"")


def _load(image: Image.Image, *, allow_truncated: bool) -> None:
    """Decode; missing parts of a damaged file become mid-gray if that is allowed."""
    if not allow_truncated:
        image.load()
        return
    with _ALLOWING:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            if image.mode in ("1", "L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"):
                # Pillow decodes into existing pixels, and leaves those without data unchanged.
                image.im = Image.new(image.mode, image.size, (GRAY,) * len(image.getbands())).im
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _arrays(image: Image.Image) -> tuple[Values, Values | None]:
    """Return values (h, w, bands) and alpha (h, w); alpha is None if the image is opaque."""
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        return rgba[..., :3], rgba[..., 3]
    if image.mode[0] in "IF":
        values = np.asarray(image)
        return values.astype(values.dtype.newbyteorder("="))[..., None], None
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None], None
    if image.mode in _SPACES:
        return np.asarray(image), None
    return np.asarray(image.convert("RGB")), None
