"""The forms in which a result can be written: what their names end in, and what they hold."""

from pathlib import Path
from typing import Any

import numpy as np

from tilegan.errors import OutputError
from tilegan.files import is_remote, locate
from tilegan.images.encoding import LOSSY
from tilegan.images.encoding import ExportOptions as ExportOptions  # where it is imported from, as well

FORMATS = {
    ".zarr": "zarr",
    ".tif": "tif",
    ".tiff": "tif",
    ".png": "png",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".webp": "webp",
    ".dzi": "dzi",
}
LONGEST = {"png": 1_000_000, "jpg": 65_500, "webp": 16_383}  # pixels a side that the usual libraries read
DEEP = {"zarr", "tif", "png"}  # hold 16 bits a value
WITH_LEVELS = {"zarr", "dzi"}  # are made from all levels of a store
WEBP_BYTES = 13  # a pixel, measured: 1.56 GB for 120 megapixels


def kind_of(path: str | Path) -> str:
    """The kind of output a file name asks for: "zarr", "tif", "png", "jpg", "webp" or "dzi".

    Raises:
        OutputError: its ending is none that can be written.
    """
    path = locate(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"cannot write {path}: unknown ending '{path.suffix}': use {', '.join(FORMATS)}")
    return kind


def check_export(
    path: str | Path,
    height: int,
    width: int,
    levels: np.dtype[Any] | type[np.unsignedinteger[Any]] = np.uint8,
    channels: int = 3,
    opacity: str | None = None,
    options: ExportOptions | None = None,
) -> None:
    """Refuse what a format cannot hold, before any work is done.

    Args:
        path: the output.
        height: in pixels.
        width: in pixels.
        levels: numpy type of the pixels: uint8 or uint16.
        channels: 3, or 4 where the last one is opacity.
        opacity: where it comes from (see ``Origin``).
        options: how it is encoded.

    Raises:
        OutputError: the ending is unknown, or its format does not hold so many pixels, bits or opacity; the line says
            which does.
    """
    kind, options = kind_of(path), options or ExportOptions()
    limit = LONGEST.get(kind)
    if limit is not None and max(height, width) > limit:
        raise OutputError(
            f"cannot write {path}: {height} x {width} pixels, but {kind} holds {limit} a side: use .tif, .dzi or .zarr"
        )
    if np.dtype(levels) != np.uint8 and kind not in DEEP:
        raise OutputError(f"cannot write {path}: {kind} holds 8 bits, not 16: use .tif or .png, or a depth of 8")
    if kind == "zarr" and is_remote(locate(path)) and not options.is_store(kind):
        raise OutputError(f"cannot write {options.zarr_format} to object storage: {path}: write it here and copy it")
    if kind == "tif":
        _check_compression(path, np.dtype(levels), options)
    if channels == 4 and not holds_opacity(path, opacity, options):
        others = "use .png, .webp or .tif" if kind == "jpg" else "use webp, deflate or zstd"
        raise OutputError(f"cannot write {path}: {'jpg' if kind == 'jpg' else 'jpeg'} holds no transparency: {others}")


def holds_opacity(path: str | Path, opacity: str | None, options: ExportOptions) -> bool:
    """Whether a format has room for opacity of such a kind (see ``Origin``).

    Raises:
        OutputError: the ending is unknown.
    """
    kind = kind_of(path)
    by_channel = opacity not in ("mask", "nodata")
    return kind != "jpg" and not (kind == "tif" and options.compress == "jpeg" and by_channel)


def check_memory(path: str | Path, height: int, width: int, spare: int) -> None:
    """Refuse what can only be encoded as a whole and takes more memory for that than there may be.

    Args:
        path: the output.
        height: in pixels.
        width: in pixels.
        spare: bytes that encoding may take.

    Raises:
        OutputError: it takes more.
    """
    needed = WEBP_BYTES * height * width
    if kind_of(path) == "webp" and needed > spare:
        raise OutputError(
            f"cannot write {path}: webp is encoded as a whole, which takes {needed / 2**20:.0f} MiB beside what the "
            f"process takes already, and {max(0, spare) / 2**20:.0f} MiB are allowed: use .png or .tif, or more memory"
        )


def _check_compression(path: str | Path, levels: np.dtype[Any], options: ExportOptions) -> None:
    compress = options.compress
    if compress in LOSSY and levels != np.uint8:
        raise OutputError(f"cannot write {path}: {compress} holds 8 bits, not 16: use deflate or zstd, or a depth of 8")
    if options.lossless and compress == "jpeg":
        raise OutputError(f"cannot write {path}: jpeg always loses something: use deflate, zstd or webp")
