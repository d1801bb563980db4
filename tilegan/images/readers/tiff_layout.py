"""Check what GDAL does not report of a TIFF: whether all parts lie inside the file, whether colors are premultiplied.

GDAL reads parts that are missing from the tables of a file as zeros. A part with neither offset nor length is a valid
way to store nothing. Tables that are too short, a length without an offset, and a part beyond the end of the file are
errors.
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
_LARGEST = 10**7  # limit of the entries of a table
_MOST = 64  # limit of the directories visited
_MOSAIC, _LINEAR = 32803, 34892  # color spaces of sensor values: with a color filter array, and without


@dataclass(frozen=True)
class Directory:
    """One image in a TIFF.

    Attributes:
        offset: its offset in the file, in bytes.
        height, width: size in pixels.
        is_reduced: whether it is declared a smaller copy of another image.
        is_main: whether it is declared neither a copy nor a mask.
        is_raw: whether it holds sensor values, not colors.
    """

    offset: int
    height: int
    width: int
    is_reduced: bool
    is_main: bool
    is_raw: bool


def directories(path: Path) -> list[Directory]:
    """Return the first images in a TIFF, each followed by its subimages, as far as they can be read."""
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
        pass  # keep what was found
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
    """Describe an error in the tables of a TIFF directory; None if there is none.

    Args:
        path: local file.
        directory: offset of the directory, in bytes.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            tables = _tables(file, directory)
        parts = _parts(tables)
    except (OSError, struct.error, KeyError, ValueError, IndexError, ZeroDivisionError):
        return None  # GDAL will report it
    offsets = next((tables[tag] for tag in _OFFSETS if tag in tables), None)
    lengths = next((tables[tag] for tag in _LENGTHS if tag in tables), None)
    if offsets is None or parts > _LARGEST:
        return None
    if len(offsets) < parts:
        return f"{parts - len(offsets)} of its {parts} strips or tiles have no offset"
    if len(offsets) > parts:
        return f"its size requires {parts} strips or tiles, its tables have {len(offsets)}"
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
    """Whether the first extra band of a TIFF directory is opacity by which the colors are premultiplied."""
    return _number(path, directory, _EXTRA) == 1


def is_lab(path: Path, directory: int) -> str:
    """Return 'lab' or 'icclab' if a TIFF directory declares Lab bands, signed or unsigned; else ''."""
    return {8: "lab", 9: "icclab"}.get(_number(path, directory, _PHOTOMETRIC), "")


def _number(path: Path, directory: int, tag: int) -> int:
    """Return the first value of a tag; -1 if there is none."""
    try:
        with path.open("rb") as file:
            tables = _tables(file, directory)
    except (OSError, struct.error, KeyError, ValueError):
        return -1
    return int(tables[tag][0]) if tag in tables and len(tables[tag]) else -1


def _parts(tables: dict[int, NDArray[np.uint64]]) -> int:
    """Return the number of strips or tiles of an image, over all bands if they are stored separately."""

    def one(tag: int, default: int) -> int:
        return int(tables[tag][0]) if tag in tables else default

    width, height = one(_WIDTH, 0), one(_HEIGHT, 0)
    across = -(-width // one(_TILE_WIDTH, width))
    down = -(-height // one(_TILE_HEIGHT, min(one(_ROWS, height), height)))
    return across * down * (one(_BANDS, 1) if one(_PLANAR, 1) == 2 else 1)


def _tables(file: BinaryIO, directory: int) -> dict[int, NDArray[np.uint64]]:
    """Return the values of the tags that are used."""
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
