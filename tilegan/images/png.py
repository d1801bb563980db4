"""A PNG written band by band, so that memory does not grow with the image."""

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_RGB, _UP = 2, 2  # PNG's numbers of the colour type and of the filter: difference from the row above


def write_png(file: BinaryIO, height: int, width: int, bands: Iterable[NDArray[np.uint8]]) -> None:
    """Write an 8-bit RGB PNG.

    Deflate looks for runs and codes the rest by Huffman alone: on filtered photographs and paintings that is as small
    as its slowest search, at many times the speed.

    Args:
        file: to write to.
        height: of the image, in pixels.
        width: likewise.
        bands: uint8 (rows, width, 3) from the top down, ``height`` rows in all.

    Raises:
        OSError: the file cannot be written.
    """
    file.write(b"\x89PNG\r\n\x1a\n")
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0))
    deflate = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    above = np.zeros(3 * width, np.uint8)
    for band in bands:
        rows = band.reshape(len(band), 3 * width)
        lines = np.empty((len(rows), 1 + 3 * width), np.uint8)
        lines[:, 0] = _UP
        np.subtract(rows[0], above, out=lines[0, 1:])
        np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
        above = rows[-1].copy()
        _chunk(file, b"IDAT", deflate.compress(lines.data))
    _chunk(file, b"IDAT", deflate.flush())
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind)
    file.write(content)
    file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))
