"""A JPEG written band by band, so that memory does not grow with the image.

Each band is encoded by Pillow as an image of its own, with a restart marker after every row of blocks. At such a marker
a decoder forgets what came before, so that the bands' data, joined by one more marker, are the data of the whole image,
and only the height in the first header has to be put right.
"""

import io
import struct
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.embedded import EXIF_MARK, PHOTOSHOP_MARK, XMP_MARK, photoshop_of_iptc
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.profile import profile_of
from tilegan.images.metadata.provenance import KEY
from tilegan.images.writers.written import dpi_fits_jpeg

BAND_MULTIPLE = 64  # rows: 8 rows of blocks, for the 8 restart markers take turns
_LAST_RESTART, _END = b"\xff\xd7", b"\xff\xd9"
_APP1, _APP13 = b"\xff\xe1", b"\xff\xed"  # where EXIF and XMP are told, and IPTC
_START_OF_FRAME, _START_OF_SCAN = 0xC0, 0xDA


def write_jpeg(
    file: BinaryIO,
    height: int,
    bands: Iterable[NDArray[np.uint8]],
    origin: Origin,
    quality: int,
    made: str | None = None,
) -> None:
    """Write a baseline JPEG of full colour resolution (4:4:4).

    Args:
        file: to write to.
        height: of the image, in pixels.
        bands: uint8 (rows, width, 3) from the top down, ``height`` rows in all; each but the last has a multiple of
            ``BAND_MULTIPLE`` rows.
        origin: whose resolution is kept, unless it is above 65,535 dpi, with its EXIF, XMP and IPTC, of at most 64 KiB
            each, and with whose profile colours are tagged (see ``profile_of``).
        quality: 1 to 100.
        made: what made it, as ``Provenance.text``.

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
        # The usual Huffman tables, the same for every band: tables made to measure would differ.
        Image.fromarray(band).save(
            encoded, "JPEG", quality=quality, subsampling=0, optimize=False, restart_marker_rows=1, **said
        )
        content = bytearray(encoded.getbuffer())
        frame, scan = _frame_and_scan(content)
        if number == 0:
            struct.pack_into(">H", content, frame + 5, height)  # after marker, length and precision
            start = 4 + int.from_bytes(content[4:6], "big")  # JFIF's own part comes first
            file.write(content[:start] + _parts(origin.metadata) + content[start:scan])
        else:
            file.write(_LAST_RESTART)
        file.write(content[scan : -len(_END)])
    file.write(_END)


def _parts(metadata: Metadata) -> bytes:
    """The parts of a header that hold EXIF, XMP and IPTC."""
    told = (
        (_APP1, EXIF_MARK, metadata.exif),
        (_APP1, XMP_MARK, metadata.xmp.encode()),
        (_APP13, PHOTOSHOP_MARK, photoshop_of_iptc(metadata.iptc) if metadata.iptc else b""),
    )
    return b"".join(
        marker + struct.pack(">H", 2 + len(mark) + len(block)) + mark + block for marker, mark, block in told if block
    )


def _frame_and_scan(content: bytearray) -> tuple[int, int]:
    """Where the frame header begins, and where the coded data begin."""
    position = frame = 2
    while content[position + 1] != _START_OF_SCAN:
        if content[position + 1] == _START_OF_FRAME:
            frame = position
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return frame, position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
