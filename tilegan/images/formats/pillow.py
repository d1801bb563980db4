"""Images that only Pillow reads, or reads correctly."""

from typing import TYPE_CHECKING

from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.pillow import PillowSource

    return PillowSource(candidate.path, reading)


_ENDINGS = (
    ".gif .webp .avif .avifs .tga .psd .qoi .ico .icns .cur .dds .pcx .ras .sgi .rgb .rgba .pbm .pgm .ppm .pnm .pfm"
)
FORMAT = Format(
    "pillow",
    order=75,
    reader=Reader(
        _open,
        recognizes=lambda candidate: candidate.header.for_pillow,
        tries=lambda candidate: candidate.header.format not in (None, "PNG", "TIFF"),  # it is less strict than GDAL
        endings=tuple(_ENDINGS.split()),
        images="GIF, AVIF, TGA, HSV, JPEG 2000 of luma and chroma (sYCC), and others that only Pillow reads",
        by="Pillow",
        decoded="the whole image, once",
    ),
)
