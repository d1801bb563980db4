"""WebP: written and read as a whole, by Pillow."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.format import Candidate, Format, Reader, Writer, Writing
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.source import Source


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.pillow import PillowSource

    return PillowSource(candidate.path, reading)


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.writers.webp import write_webp

    height, width = writing.store.shape(0)
    made = writing.made.text() if writing.made is not None else None
    write_webp(writing.path, writing.store, writing.options, made)
    writing.progress("export", height * width, height * width)
    return ()


def _provenance(path: Path) -> "Provenance | None":
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.writers.webp import text_of_webp

    return Provenance.from_text(text_of_webp(path))


def _is_whole(path: Path) -> bool:
    from tilegan.images.writers.webp import is_sound_webp

    return is_sound_webp(path)


def _size(path: Path) -> tuple[int, int]:
    from tilegan.images.readers.raster import RasterSource

    with closing(RasterSource(path)) as image:  # Pillow would decode it, and refuses large ones
        return image.height, image.width


FORMAT = Format(
    "webp",
    order=50,
    endings=(".webp",),
    reader=Reader(
        _open,
        recognizes=lambda candidate: candidate.header.format == "WEBP",
        images="WebP",
        by="Pillow",
        decoded="the whole image, once",
    ),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        _size,
        longest=16_383,  # limit of the format
        bytes_held=13,  # measured: 1.56 GB for 120 megapixels
        encoding=ExportOptions.fidelity,
        holds_dpi=lambda _: False,
        room={"IPTC": 0},
        what="`--quality`, `--lossless`",
        holds="16,383 pixels a side, 8 bits; resolution, profile, EXIF, XMP",
        opacity="alpha",
    ),
)
