"""OME-Zarr: the form in which all results are built."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.images.encoding import ZARR_FORMATS, ExportOptions
from tilegan.images.formats.format import Candidate, Format, Reader, Writer, Writing
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.metadata.provenance import Provenance
    from tilegan.images.source import Source


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.images.readers.zarr_source import ZarrSource

    return ZarrSource(candidate.path, reading)


def _is_store(options: ExportOptions) -> bool:
    return options.zarr_format == ZARR_FORMATS[0]


def _encoding(options: ExportOptions) -> dict[str, Any]:
    return {} if _is_store(options) else {"zarr format": options.zarr_format}


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.writers.zarr2 import write_zarr2

    made = writing.made.to_json() if writing.made is not None else None
    write_zarr2(writing.path, writing.store, writing.progress, made)
    return ()


def _provenance(path: Path) -> "Provenance | None":
    from tilegan.images.stores.copied import open_result

    return open_result(path).made


def _is_whole(path: Path) -> bool:
    from tilegan.images.stores.copied import has_all_shards, open_result

    return has_all_shards(open_result(path))


def _size(path: Path) -> tuple[int, int]:
    from tilegan.images.readers.zarr_source import ZarrSource

    with closing(ZarrSource(path)) as image:
        return image.height, image.width


FORMAT = Format(
    "zarr",
    order=10,
    endings=(".zarr",),
    reader=Reader(
        _open,
        recognizes=lambda candidate: candidate.is_folder,
        images="Zarr v2 and v3, OME-Zarr 0.1 to 0.5, axes `yx`, `cyx`, `tczyx` with `--plane t=0,z=3`",
        by="zarr",
        decoded="chunks",
    ),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        _size,
        holds_levels=True,
        is_deep=True,
        is_store=_is_store,
        encoding=_encoding,
        is_folder=True,
        holds_measures=True,
        geo_driver="",
        what="OME-Zarr 0.5, sharded, all levels, checksums; or 0.4, `--zarr-format ome-0.4`",
        holds="any size, 8 or 16 bits, and all that is listed under `.tif`, for `convert`",
        opacity="fourth channel",
    ),
)
