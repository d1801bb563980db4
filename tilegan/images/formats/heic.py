"""HEIC, the format of many phones: read through the extra ``heic``."""

from typing import TYPE_CHECKING

from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source


def _recognizes(candidate: Candidate) -> bool:
    if candidate.start[4:8] != b"ftyp":
        return False
    from tilegan.images.readers.heif import is_heic

    return is_heic(candidate.start)


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.heif import HeicSource

    return HeicSource(candidate.path, reading)


FORMAT = Format(
    "heic",
    order=71,
    reader=Reader(
        _open,
        _recognizes,
        endings=(".heic", ".heif", ".hif"),
        images="HEIC of phones, of 8, 10 and 12 bits (extra `heic`)",
        by="pillow-heif",
        decoded="the whole image, once",
    ),
)
