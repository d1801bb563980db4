"""Whole-slide images in vendor formats that GDAL does not read: through the extra ``slides``."""

from typing import TYPE_CHECKING

from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source

# formats that GDAL takes for something else (a thumbnail, one huge strip) or does not read
_ENDINGS = {".bif", ".czi", ".dcm", ".mrxs", ".ndpi", ".scn", ".svslide", ".vms", ".vmu", ".zvi"}


def _tries(candidate: Candidate) -> bool:
    from tilegan.images.readers.slide import is_slide

    return is_slide(candidate.path)


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.slide import SlideSource

    return SlideSource(candidate.path, reading)


FORMAT = Format(
    "slide",
    order=73,
    reader=Reader(
        _open,
        recognizes=lambda candidate: candidate.path.suffix.lower() in _ENDINGS,
        tries=_tries,
        endings=(".bif", ".czi", ".mrxs", ".ndpi", ".scn", ".svslide", ".vms", ".vmu", ".zvi"),  # few .dcm are slides
        images="NDPI, MRXS and other slides (extra `slides`)",
        by="openslide",
        decoded="blocks",
    ),
)
