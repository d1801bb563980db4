"""Insert EXIF, XMP and IPTC into a Cloud-Optimized GeoTIFF, since GDAL writes only XMP.

GDAL is made to leave room behind the first directory: a value of the XMP tag. There the directory is laid out again
with the added entries and all its values; nothing else in the file moves, so that it stays cloud-optimized.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import TIFF_IPTC, TIFF_XMP
from tilegan.images.metadata.exif import ORIENTATION_AND_RESOLUTION, entries_of
from tilegan.images.metadata.tiff_directory import (
    LONG,
    SIZES,
    Directory,
    Entry,
    Header,
    Kept,
    lay_out,
    read_head,
)

_BYTE = 1
_MARGIN = 4096  # bytes for entries of the directory, and padding to even offsets
_TILES = {324, 325}  # offsets and byte counts of blocks, which GDAL stores elsewhere


def room_for(metadata: Metadata) -> int:
    """Return the bytes to reserve behind the first directory; 0 if nothing is inserted."""
    return _MARGIN + sum(size for _, size in metadata.sizes) if metadata.sizes else 0


def put_in(path: Path, metadata: Metadata) -> bool:
    """Insert EXIF, XMP and IPTC into a file whose XMP tag holds ``room_for`` arbitrary bytes.

    Returns:
        Whether the file was laid out as expected; otherwise it is unchanged.

    Raises:
        OSError: the file cannot be read or written.
    """
    with path.open("rb+") as file:
        head = read_head(file)
        entries, following = _entries(file, head)
        end = _end_of_values(entries, head)
        if head.order != "<" or end is None:
            return False
        entries.pop(TIFF_XMP)
        directory: Directory = {}
        for tag, (kind, count, field, offset) in entries.items():
            if offset is None or tag in _TILES:
                directory[tag] = Kept(kind, count, field)
            else:
                file.seek(offset)
                directory[tag] = Entry(kind, count, file.read(count * SIZES[kind]))
        laid_out = lay_out(directory | _added(metadata), head.first, is_big=head.is_big, following=following)
        if len(laid_out) > end - head.first:
            return False
        file.seek(head.first)
        file.write(laid_out.ljust(end - head.first, b"\0"))
    return True


def _added(metadata: Metadata) -> Directory:
    """Return the entries to add to the first directory."""
    exif = entries_of(metadata.exif)
    added: Directory = {tag: value for tag, value in exif.items() if tag not in ORIENTATION_AND_RESOLUTION}
    if metadata.xmp:
        xmp = metadata.xmp.encode()
        added[TIFF_XMP] = Entry(_BYTE, len(xmp), xmp)
    if metadata.iptc:
        iptc = metadata.iptc + b"\0" * (-len(metadata.iptc) % 4)
        added[TIFF_IPTC] = Entry(LONG, len(iptc) // 4, iptc)  # libtiff and old programs read no other type
    return added


_Raw = dict[int, tuple[int, int, bytes, int | None]]  # type, count, field, and offset of a value outside of the field


def _entries(file: BinaryIO, head: Header) -> tuple[_Raw, int]:
    """Return the entries of the first directory, and the offset of the next."""
    width, counter, number = (20, "<Q", "<Q") if head.is_big else (12, "<H", "<I")
    file.seek(head.first)
    (count,) = struct.unpack(counter, file.read(struct.calcsize(counter)))
    entries: _Raw = {}
    for _ in range(count):
        entry = file.read(width)
        tag, kind = struct.unpack_from("<HH", entry)
        (items,) = struct.unpack_from(number, entry, 4)
        field = entry[4 + struct.calcsize(number) :]
        is_inside = items * SIZES[kind] <= len(field)
        entries[tag] = kind, items, field, None if is_inside else struct.unpack(number, field)[0]
    (following,) = struct.unpack(number, file.read(struct.calcsize(number)))
    return entries, following


def _end_of_values(entries: _Raw, head: Header) -> int | None:
    """Return where the values that follow the directory end; None if something else lies among them."""
    end = head.first + (16 + 20 * len(entries) if head.is_big else 6 + 12 * len(entries))
    extents = [
        (offset, count * SIZES[kind])
        for tag, (kind, count, _, offset) in entries.items()
        if offset is not None and tag not in _TILES
    ]
    for offset, length in sorted(extents):
        if not end <= offset <= end + 16:  # padding to the next even offset
            return None
        end = offset + length
    return end if TIFF_XMP in entries else None
