"""Read what GDAL does not report from the header of a file: the reader it needs, orientation, resolution."""

import logging
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from tilegan.images.metadata.resolution import sensible_dpi
from tilegan.images.readers.pnm import highest_value

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its warnings about damaged files go to stderr
_FORMATS = {"GIF", "WEBP", "AVIF", "TGA"}  # GDAL reads missing parts of a TGA as zeros
_PROGRAMS = {"EPS"}  # Pillow would start another program for these
_MODES = {"HSV"}
_INCHES = {2: 1.0, 3: 2.54}  # factors from per inch and per centimeter (EXIF units) to pixels per inch
# formats by their first bytes: read by GDAL in parts, or only as a whole
_LARGE: tuple[tuple[Callable[[IO[bytes]], Image.Image], tuple[bytes, ...]], ...] = (
    (JpegImagePlugin.JpegImageFile, (b"\xff\xd8",)),
    (PngImagePlugin.PngImageFile, (b"\x89PNG",)),
    (TiffImagePlugin.TiffImageFile, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)
_HELD = (b"GIF8", b"RIFF", b"\0\0\0")  # GIF, WebP, AVIF
_START = 4096  # bytes of a header that are searched
_SYCC = re.compile(rb"....jP  .*colr\x01..\x00\x00\x00\x12", re.DOTALL)  # a JPEG 2000 of luma and chroma
_BYTES = 2**16  # bytes fetched at once for a header; fsspec's default is 50 MB


@dataclass(frozen=True)
class Header:
    """Header of a file as Pillow reads it.

    Attributes:
        format: Pillow's name of the format; None if it is unknown to Pillow.
        orientation: EXIF orientation; 1 if the file has none.
        dpi: pixels per inch, as stored; None if the file has none.
        for_pillow: whether GDAL would read it wrongly, or not at all.
        white: value of white, if GDAL does not report it.
    """

    format: str | None = None
    orientation: int = 1
    dpi: tuple[float, float] | None = None
    for_pillow: bool = False
    white: int | None = None


def read_header(path: Path) -> Header:
    """Read the header of a file, local or on object storage; nothing is decoded, whatever size it declares."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb", buffering=_BYTES) as file:
                start = file.read(_START)
            with path.open("rb", buffering=_BYTES) as file, _open_any_size(file) as image:
                if image.format in _PROGRAMS:
                    return Header()
                return Header(
                    format=image.format,
                    orientation=orientation_of(image),
                    dpi=dpi_of(image),
                    for_pillow=image.format in _FORMATS or image.mode in _MODES or _SYCC.match(start) is not None,
                    white=highest_value(start),
                )
    except Image.DecompressionBombError:
        return Header(for_pillow=True)  # which reports the error
    except Exception:  # unknown to Pillow; each format raises its own error
        return Header()


def _open_any_size(file: IO[bytes]) -> Image.Image:
    """Open a file with Pillow even if it exceeds Pillow's limit of pixels, since GDAL may read it in parts."""
    try:
        return Image.open(file)
    except Image.DecompressionBombError:
        file.seek(0)
        start = file.read(8)
        file.seek(0)
        for opener, magic in _LARGE:
            if start.startswith(magic):
                return opener(file)
        if start.startswith(_HELD):
            raise
        return Image.new("1", (1, 1))


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation of an image, 1 to 8; nothing is decoded."""
    # getexif of PNG images would decode the whole image.
    value = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    """Return pixels per inch of an image if its file declares them."""
    if image.format == "TIFF" and 296 not in getattr(image, "tag_v2", {}):
        return None  # Pillow's default
    # for a JPEG without a density, Pillow returns the horizontal EXIF resolution twice
    if "dpi" in image.info and not (image.format == "JPEG" and not image.info.get("jfif_unit")):
        return sensible_dpi(image.info["dpi"])
    exif = Image.Image.getexif(image)
    inches = _INCHES.get(exif.get(ExifTags.Base.ResolutionUnit, 0))
    across, down = exif.get(ExifTags.Base.XResolution), exif.get(ExifTags.Base.YResolution)
    if inches is None or across is None or down is None:
        return None
    return sensible_dpi((inches * float(across), inches * float(down)))
