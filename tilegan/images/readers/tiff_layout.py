"""What GDAL does not tell of a TIFF: whether all its parts lie inside the file, whether its colours hold opacity.

GDAL reads parts that the tables of a file do not tell as zeros.

A part with neither offset nor length is a legal way to store nothing. Tables that are too short, or that tell a length
without an offset, are not; nor is a part beyond the end of the file.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_TYPES = {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_OFFSETS, _LENGTHS = (273, 324), (279, 325)
_COMPRESSION = 259
_WIDTH, _HEIGHT, _BANDS, _ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 277, 278, 284, 322, 323
_EXTRA, _PHOTOMETRIC = 338, 262
_SUBFILE, _OLD_SUBFILE, _SUB_DIRECTORIES = 254, 255, 330
_NEEDED = {
    _EXTRA,
    _PHOTOMETRIC,
    *_OFFSETS,
    *_LENGTHS,
    _COMPRESSION,
    _WIDTH,
    _HEIGHT,
    _BANDS,
    _ROWS,
    _PLANAR,
    _TILE_WIDTH,
    _TILE_HEIGHT,
    _SUBFILE,
    _OLD_SUBFILE,
    _SUB_DIRECTORIES,
}
_LARGEST = 10**7  # entries of a table that are looked at
_MOST = 64  # directories that are looked at
_MOSAIC, _LINEAR = 32803, 34892  # colour spaces of what a sensor saw: under a filter array, or not


@dataclass(frozen=True)
class Directory:
    """One image in a TIFF.

    Attributes:
        offset: its place in the file, in bytes.
        height, width: in pixels.
        is_reduced: whether it says that it is a smaller copy of another one.
        is_main: whether it says nothing of that kind: neither a copy nor a mask.
        is_raw: whether it holds what a sensor saw, not colours.
    """

    offset: int
    height: int
    width: int
    is_reduced: bool
    is_main: bool
    is_raw: bool


def directories(path: Path) -> list[Directory]:
    """The first images in a TIFF, each followed by those that it has below itself; as far as they can be read."""
    found: dict[int, Directory] = {}
    try:
        with path.open("rb") as file:
            order = {b"II": "<", b"MM": ">"}[file.read(2)]
            is_big = struct.unpack(order + "H", file.read(2))[0] == 43
            file.seek(8 if is_big else 4)
            pending = [_offset(file, order, is_big)]
            while pending and len(found) < _MOST:
                offset = pending.pop(0)
                if not offset or offset in found:
                    continue
                file.seek(0)
                tables = _tables(file, offset)
                found[offset] = _directory(offset, tables)
                (count,) = struct.unpack(order + ("Q" if is_big else "H"), _at(file, offset, 8 if is_big else 2))
                file.seek(offset + (8 + 20 * count if is_big else 2 + 12 * count))
                pending = [*map(int, tables.get(_SUB_DIRECTORIES, ())), _offset(file, order, is_big), *pending]
    except (OSError, struct.error, KeyError, ValueError, IndexError):
        pass  # what was found counts
    return list(found.values())


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _offset(file: BinaryIO, order: str, is_big: bool) -> int:
    return int(struct.unpack(order + ("Q" if is_big else "I"), file.read(8 if is_big else 4))[0])


def _directory(offset: int, tables: dict[int, NDArray[np.uint64]]) -> Directory:
    def one(tag: int) -> int:
        return int(tables[tag][0]) if tag in tables and len(tables[tag]) else 0

    kind = one(_SUBFILE)
    is_reduced = bool(kind & 1) or one(_OLD_SUBFILE) == 2
    return Directory(
        offset=offset,
        height=one(_HEIGHT),
        width=one(_WIDTH),
        is_reduced=is_reduced,
        is_main=not is_reduced and not kind & 4,
        is_raw=one(_PHOTOMETRIC) in (_MOSAIC, _LINEAR),
    )


def missing_parts(path: Path, directory: int) -> str | None:
    """What is wrong with the tables of a directory of a TIFF; None if nothing is.

    Args:
        path: a local file.
        directory: its place in the file, in bytes.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            tables = _tables(file, directory)
        parts = _parts(tables)
    except (OSError, struct.error, KeyError, ValueError, IndexError, ZeroDivisionError):
        return None  # GDAL will tell
    offsets = next((tables[tag] for tag in _OFFSETS if tag in tables), None)
    lengths = next((tables[tag] for tag in _LENGTHS if tag in tables), None)
    if offsets is None or parts > _LARGEST:
        return None
    if len(offsets) < parts:
        return f"{parts - len(offsets)} of its {parts} strips or tiles are not told where they lie"
    if len(offsets) > parts:
        return f"its size tells of {parts} strips or tiles, its tables of {len(offsets)}"
    compressed = _COMPRESSION in tables and int(tables[_COMPRESSION][0]) != 1
    offsets = offsets[:parts]
    ends = offsets
    if compressed and lengths is not None:
        if len(lengths) < parts:
            return f"{parts - len(lengths)} of its {parts} strips or tiles have no length"
        lengths = lengths[:parts]
        torn = int(((offsets == 0) != (lengths == 0)).sum())
        if torn:
            return f"{torn} of its {parts} strips or tiles are half written"
        ends = offsets + lengths
    outside = int((ends > size).sum())
    return f"{outside} of its {parts} strips or tiles lie beyond its end" if outside else None


def is_premultiplied(path: Path, directory: int) -> bool:
    """Whether the first extra band of a directory of a TIFF is opacity that was multiplied into the colours."""
    return _number(path, directory, _EXTRA) == 1


def is_lab(path: Path, directory: int) -> str:
    """'lab' or 'icclab' if a directory of a TIFF says that its bands are Lab, with signs or without; else ''."""
    return {8: "lab", 9: "icclab"}.get(_number(path, directory, _PHOTOMETRIC), "")


def _number(path: Path, directory: int, tag: int) -> int:
    """The first value of a tag; -1 if there is none."""
    try:
        with path.open("rb") as file:
            tables = _tables(file, directory)
    except (OSError, struct.error, KeyError, ValueError):
        return -1
    return int(tables[tag][0]) if tag in tables and len(tables[tag]) else -1


def _parts(tables: dict[int, NDArray[np.uint64]]) -> int:
    """How many strips or tiles an image has, of all bands if each has its own."""

    def one(tag: int, default: int) -> int:
        return int(tables[tag][0]) if tag in tables else default

    width, height = one(_WIDTH, 0), one(_HEIGHT, 0)
    across = -(-width // one(_TILE_WIDTH, width))
    down = -(-height // one(_TILE_HEIGHT, min(one(_ROWS, height), height)))
    return across * down * (one(_BANDS, 1) if one(_PLANAR, 1) == 2 else 1)


def _tables(file: BinaryIO, directory: int) -> dict[int, NDArray[np.uint64]]:
    """The values of the tags that are looked at."""
    order = {b"II": "<", b"MM": ">"}[file.read(2)]
    (version,) = struct.unpack(order + "H", file.read(2))
    is_big = version == 43
    entry, counter = (20, "Q") if is_big else (12, "H")
    file.seek(directory)
    (count,) = struct.unpack(order + counter, file.read(8 if is_big else 2))
    content = file.read(entry * min(count, 4096))
    tables = {}
    for start in range(0, len(content) - entry + 1, entry):
        tag, kind, number = struct.unpack_from(order + ("HHQ" if is_big else "HHI"), content, start)
        if tag not in _NEEDED or kind not in _TYPES or number > _LARGEST:
            continue
        dtype = np.dtype(order + _TYPES[kind])
        inline = 8 if is_big else 4
        value = content[start + entry - inline : start + entry]
        if dtype.itemsize * number > inline:
            file.seek(struct.unpack(order + ("Q" if is_big else "I"), value)[0])
            value = file.read(dtype.itemsize * number)
        tables[tag] = np.frombuffer(value[: len(value) // dtype.itemsize * dtype.itemsize], dtype)[:number].astype(
            np.uint64
        )
    return tables
