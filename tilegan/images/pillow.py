"""Images that need Pillow, decoded once and held in memory.

GDAL falls short of EXIF orientation, CMYK and Lab colours, GIF, WebP, AVIF and the formats it does not know.
"""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps

from tilegan.errors import ImageError
from tilegan.files import locate
from tilegan.geometry import Window
from tilegan.images.origin import Geo
from tilegan.images.source import file_identity, first_line, reduced_shape
from tilegan.images.stretch import Stretch, to_rgb

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its remarks on damaged files go to stderr
_FORMATS = {"GIF", "WEBP", "AVIF"}
_MODES = {"CMYK", "LAB", "HSV"}
_HEADER = 2**16  # bytes that are fetched at once to look at a header; object storage's own choice is 50 MB


class PillowSource:
    """A file that Pillow reads, its first frame; see ``tilegan.images.source.Source``."""

    sequential = False
    held = True

    def __init__(self, path: Path) -> None:
        """Open and decode a file, here or what ``locate`` gave for a URL.

        Raises:
            ImageError: Pillow cannot read it, or it is so large that it may be a decompression bomb.
        """
        self.path = str(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of large images, doubtful metadata
                with path.open("rb") as file, Image.open(file) as image:
                    image.load()
                    upright = ImageOps.exif_transpose(image)
                self._pixels, self._mask, self.dtype = _decode(upright)
        except Image.DecompressionBombError as error:
            raise ImageError(
                f"too large to be read whole: {path}: {first_line(error)}: if you trust it, convert it to TIFF first"
            ) from error
        except Exception as error:  # each format's decoder raises its own
            raise ImageError(f"cannot read image: {path}: {first_line(error)}: the file may be damaged") from error
        self.height, self.width = self.block = self._pixels.shape[:2]
        self.bands = len(upright.getbands())
        self.geo: Geo | None = None

    def read(self, window: Window) -> NDArray[np.uint8]:
        """The pixels of a window inside the image, as uint8 RGB (h, w, 3); from any thread."""
        return self._pixels[window.top : window.bottom, window.left : window.right].copy()

    def read_mask(self, window: Window) -> NDArray[np.uint8] | None:
        """Which pixels of a window mean something: uint8 (h, w), 255 where they do and 0 where not; None if all do."""
        if self._mask is None:
            return None
        return self._mask[window.top : window.bottom, window.left : window.right].copy()

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3)."""
        height, width = reduced_shape(self.height, self.width, side)
        return np.array(Image.fromarray(self._pixels).resize((width, height), Image.Resampling.BOX))

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself."""
        return file_identity(locate(self.path), self.height, self.width)

    def close(self) -> None:
        """Let go of the pixels."""
        self._pixels, self._mask = np.empty((0, 0, 3), np.uint8), None


def needs_pillow(path: Path) -> bool:
    """Whether a file is one that Pillow reads and GDAL reads wrongly; only its header is looked at."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb", buffering=_HEADER) as file, Image.open(file) as image:
                # PNG's own getexif would decode the whole image.
                orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
                return image.format in _FORMATS or image.mode in _MODES or orientation not in (0, 1)
    except Exception:  # Pillow does not know it, or fears its size: GDAL's turn
        return False


def _decode(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None, np.dtype[Any]]:
    """RGB pixels, mask and the type of the values in the file."""
    if image.mode[0] in "IF":
        values = np.asarray(image)
        return to_rgb(Stretch.measure(values[..., None]).apply(values[..., None])), None, values.dtype
    mask = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        mask = np.where(np.asarray(image.getchannel("A")) > 0, np.uint8(255), np.uint8(0))
    elif image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        image = converted if converted is not None else image
    return np.array(image.convert("RGB")), mask, np.dtype(np.uint8)
