"""Images that need Pillow, decoded once and held in memory: GIF, WebP, AVIF and what else GDAL does not know."""

import threading
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from tilegan.errors import ImageError, SettingError, TileganError
from tilegan.files import first_line, locate
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import read_metadata
from tilegan.images.metadata.georeference import is_placed
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.sidecar import place_beside
from tilegan.images.pixels.color import conversion
from tilegan.images.pixels.orientation import Turn
from tilegan.images.pixels.stretch import Stretch, bits_of, is_picture, levels_of, to_opacity
from tilegan.images.readers.cures import cure
from tilegan.images.readers.gaps import GREY
from tilegan.images.readers.header import dpi_of, orientation_of
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.images.reading import Reading
from tilegan.images.source import (
    LARGEST_HELD,
    chosen_plane,
    file_identity,
    plane_remark,
    reduced_shape,
    shown,
)

_ALLOWING = threading.Lock()  # Pillow's permission to read what is cut off holds for the whole process
_SPACES = {"CMYK": "cmyk", "LAB": "lab"}
_FOUND = ("AVIF", "GIF")  # whose metadata Pillow finds

Values = NDArray[Any]


class PillowSource:
    """A file that Pillow reads; see ``tilegan.images.source.Source``.

    A format that is decoded as a whole can derive from it, and says how by ``open_image``, ``decode`` and
    ``metadata_of``.

    Attributes:
        reading: how values become pixels.
        told: what a user should know of such files, a line each.
    """

    sequential = False
    held = True
    told: tuple[str, ...] = ()

    def __init__(self, path: Path, reading: Reading | None = None) -> None:
        """Open and decode a file, here or what ``locate`` gave for a URL.

        Raises:
            ImageError: Pillow cannot read it, or it is so large that it may be a decompression bomb.
            SettingError: it has no such bands or page.
        """
        self.path = str(path)
        self.reading = reading = reading if reading is not None else Reading()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of large images, doubtful metadata
                with path.open("rb") as file, self.open_image(file) as image:
                    self._read(image, reading)
        except TileganError:
            raise
        except Image.DecompressionBombError as error:
            raise ImageError(
                f"too large to be read whole: {shown(path)}: {first_line(error)}: "
                "if you trust it, convert it to TIFF first"
            ) from error
        except Exception as error:  # each format's decoder raises its own
            reason = shown(first_line(error))
            told = cure(reason, None, decoding="truncated" in reason and not reading.allow_truncated)
            raise ImageError(f"cannot read image: {shown(path)}: {reason}: {told}") from error
        self.height, self.width = self.block = self._pixels.shape[:2]

    def open_image(self, file: BinaryIO) -> Image.Image:
        """Pillow's image of a file, with nothing decoded yet."""
        return Image.open(file)

    def decode(self, image: Image.Image) -> tuple[Values, Values | None]:
        """Values (h, w, bands) and alpha (h, w) of the image; alpha is None if all is opaque."""
        _load(image, allow_truncated=self.reading.allow_truncated)
        return _arrays(image)

    def metadata_of(self, image: Image.Image) -> Metadata:
        """What the file tells beside pixels; of formats that only Pillow knows, what Pillow found."""
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
        geo = None if is_elsewhere(self.path) else place_beside(Path(self.path))
        # a file that says where its pixels lie, says so of the pixels as they are stored
        turn = Turn(1 if is_placed(geo) else orientation_of(image), image.height, image.width)
        if reading.bands is not None:
            if max(reading.bands) > values.shape[2]:
                raise SettingError(f"no bands {reading.bands} in {shown(self.path)}: it has 1 to {values.shape[2]}")
            values = values[..., [band - 1 for band in reading.bands]]
        space = _SPACES.get(image.mode, "gray" if values.shape[2] == 1 else "rgb")
        if reading.bands is not None and space in ("cmyk", "lab"):
            space = "gray" if len(reading.bands) == 1 else "rgb"
        colour = conversion(space, profile, keep=reading.keep_profile)
        self.remarks += (*self.told, *filter(None, (colour.remark,)))
        self.dtype = values.dtype
        self.levels = levels_of(reading.depth, values.dtype, bits_of(values.dtype))
        told = is_picture(image.format, values.dtype) or (colour.managed and values.dtype.kind == "u")
        rule = "dtype" if reading.stretch is None and told else reading.stretch
        stretch = Stretch.choose(rule, values.dtype, bits_of(values.dtype), lambda: (values, None))
        self._pixels: Pixels = turn.upright(colour.apply(stretch.apply(values, self.levels)))
        self._mask: Pixels | None = None if alpha is None else turn.upright(to_opacity(alpha, self.levels))
        self.origin = Origin(
            geo=geo,
            opacity=None if alpha is None else "alpha",
            dtype=values.dtype.name,
            low=stretch.low,
            high=stretch.high,
            rule=stretch.rule,
            color_managed=colour.managed,
            dpi=dpi[::-1] if dpi and turn.lies else dpi,
            metadata=self.metadata_of(image),
            profile=colour.profile,
            draws_in=colour.draws_in,
        )

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the image, as RGB (h, w, 3) of type ``levels``, sRGB; from any thread."""
        return self._pixels[window.top : window.bottom, window.left : window.right].copy()

    def read_mask(self, window: Window) -> Pixels | None:
        """How opaque the pixels of a window are: (h, w) of type ``levels``; None if all of the image is opaque."""
        if self._mask is None:
            return None
        return self._mask[window.top : window.bottom, window.left : window.right].copy()

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3)."""
        return reduced(self._pixels, side)

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself."""
        return file_identity(locate(self.path), self.height, self.width)

    def close(self) -> None:
        """Let go of the pixels."""
        self._pixels, self._mask = np.empty((0, 0, 3), np.uint8), None


def reduced(pixels: Pixels, side: int, shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """RGB (h, w, 3) of 8 or 16 bits, averaged down to uint8 of a longest side of at most ``side`` pixels.

    Args:
        pixels: of an image, or of an overview of it.
        side: in pixels.
        shape: height and width of the image, if they are not those of the pixels.
    """
    full_height, full_width = shape or pixels.shape[:2]
    height, width = reduced_shape(full_height, full_width, side)
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    return np.array(Image.fromarray(eight).resize((width, height), Image.Resampling.BOX))


def metadata_found(image: Image.Image) -> Metadata:
    """What Pillow found of EXIF and XMP."""
    exif, xmp = (image.info.get(name) or b"" for name in ("exif", "xmp"))
    return Metadata.cleaned(exif if isinstance(exif, bytes) else b"", xmp if isinstance(xmp, bytes) else b"")


def _load(image: Image.Image, *, allow_truncated: bool) -> None:
    """Decode; what is missing of a damaged file becomes mid-grey where that is allowed."""
    if not allow_truncated:
        image.load()
        return
    with _ALLOWING:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            if image.mode in ("1", "L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"):
                # Pillow decodes into the pixels that are there, and leaves those that it has no bytes for.
                image.im = Image.new(image.mode, image.size, (GREY,) * len(image.getbands())).im
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _arrays(image: Image.Image) -> tuple[Values, Values | None]:
    """Values (h, w, bands) and alpha (h, w); alpha is None if all is opaque."""
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
