"""BMP that GDAL reads wrongly: with bit fields, compressed, or of a rare kind. GDAL reads the others."""

from typing import TYPE_CHECKING

from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source


def _recognizes(candidate: Candidate) -> bool:
    if not candidate.start.startswith(b"BM"):
        return False
    from tilegan.images.readers.bmp import is_special

    return is_special(candidate.start)


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.bmp import BmpSource

    return BmpSource(candidate.path, reading)


FORMAT = Format(
    "bmp",
    order=70,
    reader=Reader(
        _open,
        _recognizes,
        images="BMP with bit fields, compressed, or of a rare kind; others by rasterio",
        by="own, Pillow",
        decoded="the whole image, once",
    ),
)
