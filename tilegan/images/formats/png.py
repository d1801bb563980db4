"""PNG: written in bands of rows; read by GDAL."""

from pathlib import Path
from typing import TYPE_CHECKING

from tilegan.images.formats.format import Format, Writer, Writing

if TYPE_CHECKING:
    from tilegan.images.metadata.provenance import Provenance


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.metadata.origin import Origin
    from tilegan.images.writers.png import write_png
    from tilegan.images.writers.rows import bands_of_rows

    store, made = writing.store, writing.made
    with writing.path.open("wb") as file:
        bands, text = bands_of_rows(store, writing.progress), made.text() if made is not None else None
        write_png(file, *store.shape(0), bands, store.origin or Origin(), text)
    return ()


def _provenance(path: Path) -> "Provenance | None":
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.writers.png import text_of_png

    return Provenance.from_text(text_of_png(path))


def _is_whole(path: Path) -> bool:
    from tilegan.images.writers.png import is_sound_png

    return is_sound_png(path)


FORMAT = Format(
    "png",
    order=30,
    endings=(".png",),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        is_deep=True,
        longest=1_000_000,  # limit of common libraries
        what="8 or 16 bits",
        holds="resolution, profile, EXIF, XMP, IPTC",
        opacity="alpha",
    ),
)
