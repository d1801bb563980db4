"""JPEG: written in bands of rows; read by GDAL."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.format import Format, Writer, Writing

if TYPE_CHECKING:
    from tilegan.images.metadata.provenance import Provenance

_SEGMENT = 65_533  # bytes of a header segment, less the identifier of each kind


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.metadata.origin import Origin
    from tilegan.images.writers.jpeg import write_jpeg
    from tilegan.images.writers.rows import bands_of_rows

    store, made = writing.store, writing.made
    with writing.path.open("wb") as file:
        bands, text = bands_of_rows(store, writing.progress), made.text() if made is not None else None
        write_jpeg(file, store.shape(0)[0], bands, store.origin or Origin(), writing.options.quality, text)
    return ()


def _provenance(path: Path) -> "Provenance | None":
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.writers.jpeg import comment_of_jpeg

    return Provenance.from_text(comment_of_jpeg(path))


def _is_whole(path: Path) -> bool:
    from tilegan.images.writers.jpeg import is_complete_jpeg

    return is_complete_jpeg(path)


def _encoding(options: ExportOptions) -> dict[str, Any]:
    return {"quality": options.quality}


def _holds_dpi(dpi: tuple[float, float] | None) -> bool:
    from tilegan.images.writers.jpeg import dpi_fits_jpeg

    return dpi_fits_jpeg(dpi)


FORMAT = Format(
    "jpg",
    order=40,
    endings=(".jpg", ".jpeg"),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        longest=65_500,  # limit of common libraries
        is_opaque=True,
        encoding=_encoding,
        holds_dpi=_holds_dpi,
        room={"EXIF": _SEGMENT - 6, "XMP": _SEGMENT - 29, "IPTC": _SEGMENT - 27},
        what="quality 95 unless `--quality` says otherwise",
        holds="65,500 pixels a side, 8 bits; resolution (up to 65,535 dpi), profile; EXIF, XMP and IPTC of at most 64 "
        "KiB each",
        opacity="none: refused, unless every pixel is opaque",
    ),
)
