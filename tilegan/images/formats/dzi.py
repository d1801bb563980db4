"""Deep Zoom: tiles of all levels in a folder beside a small file, fetched one by one by viewers."""

from pathlib import Path
from typing import TYPE_CHECKING

from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.format import Companion, Format, Writer, Writing

if TYPE_CHECKING:
    from tilegan.images.metadata.provenance import Provenance


def _tiles(path: Path) -> Path:
    return path.with_name(f"{path.stem}_files")


def _are_tiles(folder: Path) -> bool:
    return folder.is_dir() and all(entry.name.isdecimal() for entry in folder.iterdir())


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.writers.dzi import write_dzi

    made = writing.made.text() if writing.made is not None else None
    write_dzi(writing.path, _tiles(writing.path), writing.store, writing.options, writing.progress, made)
    return ()


def _provenance(path: Path) -> "Provenance | None":
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.writers.dzi import comment_of_dzi

    return Provenance.from_text(comment_of_dzi(path))


def _is_whole(path: Path) -> bool:
    from tilegan.images.writers.dzi import has_all_tiles

    return has_all_tiles(path, _tiles(path))


FORMAT = Format(
    "dzi",
    order=60,
    endings=(".dzi",),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        size=lambda _: None,
        holds_levels=True,
        encoding=ExportOptions.fidelity,
        holds_profile=False,
        room={"EXIF": 0, "XMP": 0, "IPTC": 0},
        geo_driver=None,
        companion=Companion(_tiles, _are_tiles, "folder of tiles"),
        what="Deep Zoom: a folder of tiles beside it",
        holds="any size, 8 bits",
        opacity="alpha: the tiles are then PNG, as with `--lossless`",
    ),
)
