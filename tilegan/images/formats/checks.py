"""Refuse images that a format cannot hold before any work, and name formats that can."""

from pathlib import Path
from typing import Any

import numpy as np

from tilegan.errors import OutputError
from tilegan.files import is_remote, locate
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.register import endings, kind_of, writer_of


def check_export(
    path: str | Path,
    height: int,
    width: int,
    levels: np.dtype[Any] | type[np.unsignedinteger[Any]] = np.uint8,
    channels: int = 3,
    opacity: str | None = None,
    options: ExportOptions | None = None,
) -> None:
    """Refuse an image that the output's format cannot hold.

    Args:
        path: path of the output.
        height: height in pixels.
        width: width in pixels.
        levels: dtype of the pixels: uint8 or uint16.
        channels: 3, or 4 if the last one is opacity.
        opacity: source of opacity (see ``Origin``).
        options: encoding.

    Raises:
        OutputError: the ending is unknown, or its format cannot hold so many pixels, such a depth or opacity; the
            message names formats that can.
    """
    kind, options, dtype = kind_of(path), options or ExportOptions(), np.dtype(levels)
    writer = writer_of(kind)
    if writer.longest is not None and max(height, width) > writer.longest:
        others = endings(lambda other: other.longest is None)
        raise OutputError(
            f"cannot write {path}: {height} x {width} pixels, but {kind} holds {writer.longest} a side: use {others}"
        )
    if dtype != np.uint8 and not writer.is_deep:
        others = endings(lambda other: other.is_deep)
        raise OutputError(f"cannot write {path}: {kind} holds 8 bits, not 16: use {others}, or a depth of 8")
    if is_remote(locate(path)) and not writer.is_store(options):
        raise OutputError(f"cannot write {options.zarr_format} to object storage: {path}: write it here and copy it")
    if channels == 4 and writer.is_opaque:
        others = endings(lambda other: not other.is_opaque)
        raise OutputError(f"cannot write {path}: {kind} holds no transparency: use {others}")
    if reason := writer.refuses(dtype, (opacity or "alpha") if channels == 4 else None, options):
        raise OutputError(f"cannot write {path}: {reason}")


def holds_opacity(path: str | Path, opacity: str | None, options: ExportOptions) -> bool:
    """Whether a format can hold opacity of a kind (see ``Origin``).

    Raises:
        OutputError: the ending is unknown.
    """
    writer = writer_of(kind_of(path))
    return not writer.is_opaque and writer.refuses(np.dtype(np.uint8), opacity or "alpha", options) is None


def check_memory(path: str | Path, height: int, width: int, spare: int) -> None:
    """Refuse an image that can only be encoded as a whole in more memory than is available.

    Args:
        path: path of the output.
        height: height in pixels.
        width: width in pixels.
        spare: bytes that encoding may take.

    Raises:
        OutputError: encoding takes more.
    """
    kind = kind_of(path)
    needed = writer_of(kind).bytes_held * height * width
    if needed > max(0, spare):
        others = endings(lambda other: not other.bytes_held)
        raise OutputError(
            f"cannot write {path}: {kind} is encoded as a whole, which takes {needed / 2**20:.0f} MiB beside what the "
            f"process takes already, and {max(0, spare) / 2**20:.0f} MiB are allowed: use {others}, or more memory"
        )
