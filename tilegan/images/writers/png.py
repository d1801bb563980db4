"""A PNG written band by band, so that memory does not grow with the image."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tilegan.geometry import Pixels
from tilegan.images.metadata.embedded import PNG_IPTC, PNG_XMP
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.profile import profile_of
from tilegan.images.metadata.provenance import KEY

_COLOUR_TYPE = {3: 2, 4: 6}  # PNG's numbers of RGB and of RGB with opacity
_UP = 2  # of the filter: difference from the row above
_METRE, _INCH = 1, 0.0254
_MOST = 2**31 - 1  # of PNG's numbers
_HEAD = 8  # bytes before the first chunk
_PIECE = 2**24  # bytes of a file that are looked at at once


def write_png(
    file: BinaryIO, height: int, width: int, bands: Iterable[Pixels], origin: Origin, made: str | None = None
) -> None:
    """Write a PNG of 8 or 16 bits, RGB or RGB and opacity.

    Deflate looks for runs and codes the rest by Huffman alone: on filtered photographs and paintings that is as small
    as its slowest search, at many times the speed.

    Args:
        file: to write to.
        height: of the image, in pixels.
        width: likewise.
        bands: uint8 or uint16 (rows, width, 3 or 4) from the top down, ``height`` rows in all.
        origin: whose resolution is kept, with its EXIF, XMP and IPTC, and with whose profile colours are tagged (see
            ``profile_of``).
        made: what made it, as ``Provenance.text``.

    Raises:
        OSError: the file cannot be written.
    """
    deflate = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    above = None
    for band in bands:
        if above is None:
            _head(file, height, width, band, origin)
            if made is not None:
                _chunk(file, b"tEXt", f"{KEY}\0{made}".encode("ascii"))
            above = np.zeros(width * band.shape[2] * band.itemsize, np.uint8)
        # the first byte of a value is the high one
        rows = band.astype(band.dtype.newbyteorder(">"), copy=False).view(np.uint8).reshape(len(band), -1)
        lines = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        lines[:, 0] = _UP
        np.subtract(rows[0], above, out=lines[0, 1:])
        np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
        above = rows[-1].copy()
        _chunk(file, b"IDAT", deflate.compress(lines.data))
    _chunk(file, b"IDAT", deflate.flush())
    _chunk(file, b"IEND", b"")


def _head(file: BinaryIO, height: int, width: int, band: Pixels, origin: Origin) -> None:
    """All that stands before the pixels."""
    file.write(b"\x89PNG\r\n\x1a\n")
    colour_type = _COLOUR_TYPE[band.shape[2]]
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * band.itemsize, colour_type, 0, 0, 0))
    if (profile := profile_of(origin)) is not None:
        name = b"sRGB" if origin.profile is None else b"ICC profile"
        _chunk(file, b"iCCP", name + b"\0\0" + zlib.compress(profile))
    if origin.dpi is not None:
        across, down = (round(value / _INCH) for value in origin.dpi)
        if min(across, down) > 0 and max(across, down) <= _MOST:
            _chunk(file, b"pHYs", struct.pack(">IIB", across, down, _METRE))
    if origin.metadata.exif:
        _chunk(file, b"eXIf", origin.metadata.exif)
    if origin.metadata.xmp:
        _chunk(file, b"iTXt", PNG_XMP + b"\0\0\0\0\0" + origin.metadata.xmp.encode())
    if iptc := origin.metadata.iptc:  # PNG has no place of its own for it: as ImageMagick and ExifTool do
        text = b"\niptc\n%8d\n%s\n" % (len(iptc), iptc.hex().encode())
        _chunk(file, b"zTXt", PNG_IPTC + b"\0\0" + zlib.compress(text))


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind)
    file.write(content)
    file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))


def _chunks_of(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk; the file stands at its content, and may be read on."""
    position = _HEAD
    while True:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        yield name, length
        position += 12 + length


def text_of_png(path: Path) -> str | None:
    """What a PNG of ours tells of what made it; None if it does not.

    Raises:
        OSError, ValueError, struct.error: it cannot be read.
    """
    with path.open("rb") as file:
        for name, length in _chunks_of(file):
            if name == b"IDAT":
                return None
            if name == b"tEXt":
                key, _, text = file.read(length).partition(b"\0")
                if key == KEY.encode():
                    return text.decode("ascii")
    return None


def is_sound_png(path: Path) -> bool:
    """Whether the checksum of each chunk up to the last one is right.

    Raises:
        OSError, ValueError, struct.error: it cannot be read, or ends too early.
    """
    with path.open("rb") as file:
        return _has_right_checksums(file)


def _has_right_checksums(file: BinaryIO) -> bool:
    for name, length in _chunks_of(file):
        check, left = zlib.crc32(name), length
        while left > 0:
            piece = file.read(min(left, _PIECE))
            if not piece:
                return False
            check, left = zlib.crc32(piece, check), left - len(piece)
        if file.read(4) != struct.pack(">I", check):
            return False
        if name == b"IEND":
            return True
    return False
