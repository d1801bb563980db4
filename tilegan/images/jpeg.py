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

from tilegan.images.exif import exif_of_dpi
from tilegan.images.origin import Origin
from tilegan.images.profile import srgb_profile
from tilegan.images.provenance import KEY

BAND_MULTIPLE = 64  # rows: 8 rows of blocks, for the 8 restart markers take turns
_LAST_RESTART, _END = b"\xff\xd7", b"\xff\xd9"
_MOST_DPI = 65_535  # that a JPEG's header has room for
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
        origin: whose resolution is kept, above 65,535 dpi in EXIF, and whose colours are tagged as sRGB where they were
            converted.
        quality: 1 to 100.
        made: what made it, as ``Provenance.text``.

    Raises:
        OSError: the file cannot be written.
    """
    said: dict[str, Any] = {"icc_profile": srgb_profile()} if origin.color_managed else {}
    dpi = tuple(round(value) for value in origin.dpi or ())
    if dpi and min(dpi) > 0 and max(dpi) <= _MOST_DPI:
        said["dpi"] = dpi
    elif origin.dpi is not None:
        said["exif"] = exif_of_dpi(origin.dpi)
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
            file.write(content[:scan])
        else:
            file.write(_LAST_RESTART)
        file.write(content[scan : -len(_END)])
    file.write(_END)


def _frame_and_scan(content: bytearray) -> tuple[int, int]:
    """Where the frame header begins, and where the coded data begin."""
    position = frame = 2
    while content[position + 1] != _START_OF_SCAN:
        if content[position + 1] == _START_OF_FRAME:
            frame = position
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return frame, position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
