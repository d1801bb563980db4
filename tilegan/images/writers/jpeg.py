"""A JPEG written band by band, in memory that does not grow with the image.

Pillow encodes each band as an image of its own, with a restart marker after every row of blocks. A decoder resets its
state at a marker, so that the data of all bands, joined by one more marker each, are the data of the whole image; only
the height in the first header has to be corrected.
"""

import io
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import EXIF_MARK, PHOTOSHOP_MARK, XMP_MARK, photoshop_of_iptc
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.profile import profile_of
from tilegan.images.metadata.provenance import KEY

MOST_DPI = 65_535  # limit of the header
_LAST_RESTART, _END = b"\xff\xd7", b"\xff\xd9"
_APP1, _APP13 = b"\xff\xe1", b"\xff\xed"  # segments of EXIF and XMP, and of IPTC
_START_OF_FRAME, _START_OF_SCAN = 0xC0, 0xDA
_COMMENT, _SCAN = 0xFE, 0xDA
_RESTART_OR_END = re.compile(rb"\xff[\xd0-\xd7\xd9]")
_PIECE = 2**24  # bytes of a file that are read at once


def write_jpeg(
    file: BinaryIO,
    height: int,
    bands: Iterable[NDArray[np.uint8]],
    origin: Origin,
    quality: int,
    made: str | None = None,
) -> None:
    """Write a baseline JPEG of full color resolution (4:4:4).

    Args:
        file: file to write to.
        height: height of the image, in pixels.
        bands: uint8 (rows, width, 3) from top to bottom, ``height`` rows in all; each but the last has a multiple of
            ``BAND_MULTIPLE`` of ``tilegan.images.writers.rows`` rows.
        origin: source metadata: its resolution is kept, unless it is above 65,535 dpi, and so are EXIF, XMP and IPTC of
            at most 64 KiB each; colors are tagged with its profile (see ``profile_of``).
        quality: 1 to 100.
        made: provenance, as ``Provenance.text``.

    Raises:
        OSError: the file cannot be written.
    """
    said: dict[str, Any] = {}
    if (profile := profile_of(origin)) is not None:
        said["icc_profile"] = profile
    if origin.dpi is not None and dpi_fits_jpeg(origin.dpi):
        said["dpi"] = tuple(round(value) for value in origin.dpi)
    if made is not None:
        said["comment"] = f"{KEY} {made}"
    for number, band in enumerate(bands):
        encoded = io.BytesIO()
        # Standard Huffman tables for all bands: optimized tables would differ between bands.
        Image.fromarray(band).save(
            encoded, "JPEG", quality=quality, subsampling=0, optimize=False, restart_marker_rows=1, **said
        )
        content = bytearray(encoded.getbuffer())
        frame, scan = _frame_and_scan(content)
        if number == 0:
            struct.pack_into(">H", content, frame + 5, height)  # after marker, length and precision
            start = 4 + int.from_bytes(content[4:6], "big")  # JFIF's own segment comes first
            file.write(content[:start] + _parts(origin.metadata) + content[start:scan])
        else:
            file.write(_LAST_RESTART)
        file.write(content[scan : -len(_END)])
    file.write(_END)


def _parts(metadata: Metadata) -> bytes:
    """Return the header segments of EXIF, XMP and IPTC."""
    segments = (
        (_APP1, EXIF_MARK, metadata.exif),
        (_APP1, XMP_MARK, metadata.xmp.encode()),
        (_APP13, PHOTOSHOP_MARK, photoshop_of_iptc(metadata.iptc) if metadata.iptc else b""),
    )
    return b"".join(
        marker + struct.pack(">H", 2 + len(mark) + len(block)) + mark + block
        for marker, mark, block in segments
        if block
    )


def _frame_and_scan(content: bytearray) -> tuple[int, int]:
    """Return the offsets of the frame header and of the coded data."""
    position = frame = 2
    while content[position + 1] != _START_OF_SCAN:
        if content[position + 1] == _START_OF_FRAME:
            frame = position
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return frame, position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")


def dpi_fits_jpeg(dpi: tuple[float, float] | None) -> bool:
    """Whether a JPEG header can hold these pixels per inch, or there are none to hold."""
    return dpi is None or all(0 < round(value) <= MOST_DPI for value in dpi)


def _segments(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield marker and length of each segment up to the first scan; the file is at its content, and may be read on."""
    position = 2
    while True:
        file.seek(position)
        _, marker, length = struct.unpack(">BBH", file.read(4))
        yield marker, length - 2
        if marker == _SCAN:
            return
        position += 2 + length


def comment_of_jpeg(path: Path) -> str | None:
    """Return the provenance in a JPEG written here; None if it has none.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read.
    """
    with path.open("rb") as file:
        for marker, length in _segments(file):
            if marker == _COMMENT:
                key, _, text = file.read(length).partition(b" ")
                if key == KEY.encode():
                    return text.decode("ascii")
    return None


def is_complete_jpeg(path: Path) -> bool:
    """Whether all rows of blocks are there: JPEGs written here have a restart marker, numbered 0 to 7, after each.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read, or ends too early.
    """
    with path.open("rb") as file:
        return _has_all_rows(file)


def _has_all_rows(file: BinaryIO) -> bool:
    height = 0
    for marker, length in _segments(file):
        content = file.read(length)
        if 0xC0 <= marker <= 0xC2:
            height = int.from_bytes(content[1:3], "big")
    rows, before = 0, b""
    while piece := file.read(_PIECE):
        for found in _RESTART_OR_END.findall(before + piece):
            if found[1] == 0xD9:
                return rows == -(-height // 8) - 1
            if found[1] != 0xD0 + rows % 8:
                return False
            rows += 1
        before = piece[-1:]
    return False
