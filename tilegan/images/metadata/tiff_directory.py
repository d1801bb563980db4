"""Directories of TIFF and EXIF: read from a file, and serialized.

In memory all numbers are little-endian, whatever the file's byte order.
"""

import struct
from collections.abc import Collection, Mapping
from typing import BinaryIO, NamedTuple, Union

import numpy as np

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_UNITS = {5: 4, 10: 4}  # rationals are two 4-byte integers
_LARGEST = 2**24  # bytes of all values of a directory; values beyond are skipped
_MOST = 4096  # limit of the entries of a directory
ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5


class Entry(NamedTuple):
    """An entry with its value.

    Attributes:
        type: TIFF type number.
        items: number of values of this type.
        data: bytes of the values, little-endian.
    """

    type: int
    items: int
    data: bytes


class Kept(NamedTuple):
    """An entry whose value stays elsewhere in a file.

    Attributes:
        type: TIFF type number.
        items: number of values of this type.
        field: the bytes of the entry that hold the value or its offset.
    """

    type: int
    items: int
    field: bytes


Directory = dict[int, Union[Entry, Kept, "Directory"]]
Below = Mapping[int, "Below"]  # tags whose values are directories, and their subdirectories


class Header(NamedTuple):
    """Header of a TIFF or of EXIF.

    Attributes:
        order: byte order, '<' or '>'.
        is_big: whether it is a BigTIFF.
        first: offset of the first directory, in bytes.
    """

    order: str
    is_big: bool
    first: int


def read_head(file: BinaryIO) -> Header:
    """Read the header of a TIFF file or of EXIF.

    Raises:
        ValueError: the file is neither.
    """
    file.seek(0)
    start = file.read(16)
    try:
        order = {b"II": "<", b"MM": ">"}[start[:2]]
        is_big = {42: False, 43: True}[struct.unpack(order + "H", start[2:4])[0]]
        (first,) = struct.unpack_from(order + ("Q" if is_big else "I"), start, 8 if is_big else 4)
    except (KeyError, struct.error) as error:
        raise ValueError("no TIFF") from error
    return Header(order, is_big, int(first))


def read_directory(
    file: BinaryIO,
    head: Header,
    offset: int,
    below: Below | None = None,
    wanted: Collection[int] | None = None,
    *,
    as_bytes: bool = False,
) -> tuple[Directory, int]:
    """Read a directory; return it and the offset of the next one, 0 if there is none.

    Damaged entries, unknown types and excessive values are left out.

    Args:
        file: file that contains the directory.
        head: header of the file.
        offset: offset of the directory, in bytes.
        below: tags whose values are directories.
        wanted: tags to read; None for all.
        as_bytes: leave values in the file's byte order.

    Raises:
        ValueError: there is no directory.
    """
    order, is_big, _ = head
    width, count_format, number = (20, "Q", "Q") if is_big else (12, "H", "I")
    file.seek(offset)
    try:
        (count,) = struct.unpack(order + count_format, file.read(8 if is_big else 2))
        table = file.read(width * count) if count <= _MOST else b""
        following = struct.unpack(order + number, file.read(8 if is_big else 4))[0] if len(table) else 0
    except struct.error:
        count, table, following = 0, b"", 0
    if not table or len(table) < width * count:
        raise ValueError("no directory")
    found: Directory = {}
    left = _LARGEST
    for start in range(0, len(table), width):
        tag, kind, items = struct.unpack_from(order + "HH" + number, table, start)
        field = table[start + (12 if is_big else 8) : start + width]
        if (wanted is not None and tag not in wanted) or kind not in SIZES:
            continue
        position = struct.unpack(order + number, field)[0]
        if below is not None and tag in below:
            try:
                # a 4-byte offset in a BigTIFF fills the first half of its field
                position = struct.unpack(order + "I", field[:4])[0] if kind in (LONG, 13) else position
                found[tag], _ = read_directory(file, head, position, below[tag])
            except ValueError:
                continue
            continue
        length = items * SIZES[kind]
        if length > left:
            continue
        left -= length
        data = field[:length]
        if length > len(field):
            file.seek(position)
            data = file.read(length)
        if len(data) == length:
            found[tag] = Entry(kind, items, data if as_bytes else _little(data, kind, order))
    return found, int(following)


def _little(data: bytes, kind: int, order: str) -> bytes:
    unit = _UNITS.get(kind, SIZES[kind])
    if order == "<" or unit == 1:
        return data
    return np.frombuffer(data, f">u{unit}").astype(f"<u{unit}").tobytes()


def lay_out(directory: Directory, at: int, *, is_big: bool = False, following: int = 0) -> bytes:
    """Serialize a directory, its values and its subdirectories, little-endian.

    Args:
        directory: the entries.
        at: offset in the file, an even number of bytes.
        is_big: whether the file is a BigTIFF.
        following: offset of the next directory.
    """
    room, number = (8, "Q") if is_big else (4, "I")
    head = (8 if is_big else 2) + (12 + room if is_big else 8 + room) * len(directory) + room
    table, body = bytearray(struct.pack("<Q" if is_big else "<H", len(directory))), bytearray()
    for tag, value in sorted(directory.items()):
        if isinstance(value, Kept):
            kind, count, field = value
        else:
            if isinstance(value, dict):
                kind, count = LONG, 1
                field = struct.pack("<I", at + head + len(body))
                body += lay_out(value, at + head + len(body), is_big=is_big)
            else:
                kind, count, field = value
            if len(field) > room:
                field, data = struct.pack(f"<{number}", at + head + len(body)), field
                body += data
            body += b"\0" * (len(body) % 2)
        table += struct.pack(f"<HH{number}", tag, kind, count) + field.ljust(room, b"\0")
    return bytes(table) + struct.pack(f"<{number}", following) + bytes(body)


def text(value: str) -> Entry:
    """Return a text entry in UTF-8, which readers assume for text that is not ASCII."""
    data = value.encode() + b"\0"
    return Entry(ASCII, len(data), data)


def numbers(kind: int, *values: int) -> Entry:
    """Return an entry of integers of a type: ``SHORT`` or ``LONG``."""
    return Entry(kind, len(values), struct.pack(f"<{len(values)}{'H' if kind == SHORT else 'I'}", *values))
