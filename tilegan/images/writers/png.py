"""A PNG written band by band, in memory that does not grow with the image."""

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

_COLOR_TYPE = {3: 2, 4: 6}  # PNG color types of RGB and RGBA
_UP = 2  # filter type: difference from the row above
_METER, _INCH = 1, 0.0254
_MOST = 2**31 - 1  # byte order of PNG
_HEAD = 8  # bytes before the first chunk
_PIECE = 2**24  # bytes of a file that are read at once


def write_png(
    file: BinaryIO, height: int, width: int, bands: Iterable[Pixels], origin: Origin, made: str | None = None
) -> None:
    """Write a PNG of 8 or 16 bits, RGB or RGBA.

    Deflate searches for runs only and codes the rest by Huffman: on filtered photographs and paintings the result is as
    small as by the slowest search, at many times the speed.

    Args:
        file: file to write to.
        height: height of the image, in pixels.
        width: its width.
        bands: uint8 or uint16 (rows, width, 3 or 4) from top to bottom, ``height`` rows in all.
        origin: source metadata: its resolution, EXIF, XMP and IPTC are kept, and colors are tagged with its profile
            (see ``profile_of``).
        made: provenance, as ``Provenance.text``.

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
        # big-endian values
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
    """Write all chunks before the pixels."""
    file.write(b"\x89PNG\r\n\x1a\n")
    color_type = _COLOR_TYPE[band.shape[2]]
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * band.itemsize, color_type, 0, 0, 0))
    if (profile := profile_of(origin)) is not None:
        name = b"sRGB" if origin.profile is None else b"ICC profile"
        _chunk(file, b"iCCP", name + b"\0\0" + zlib.compress(profile))
    if origin.dpi is not None:
        across, down = (round(value / _INCH) for value in origin.dpi)
        if min(across, down) > 0 and max(across, down) <= _MOST:
            _chunk(file, b"pHYs", struct.pack(">IIB", across, down, _METER))
    if origin.metadata.exif:
        _chunk(file, b"eXIf", origin.metadata.exif)
    if origin.metadata.xmp:
        _chunk(file, b"iTXt", PNG_XMP + b"\0\0\0\0\0" + origin.metadata.xmp.encode())
    if iptc := origin.metadata.iptc:  # PNG has no chunk for IPTC: written as by ImageMagick and ExifTool
        text = b"\niptc\n%8d\n%s\n" % (len(iptc), iptc.hex().encode())
        _chunk(file, b"zTXt", PNG_IPTC + b"\0\0" + zlib.compress(text))


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind)
    file.write(content)
    file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))


def _chunks_of(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield name and length of each chunk; the file is at its content, and may be read on."""
    position = _HEAD
    while True:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        yield name, length
        position += 12 + length


def text_of_png(path: Path) -> str | None:
    """Return the provenance in a PNG written here; None if it has none.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read.
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
    """Whether the checksums of all chunks up to the last one are right.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read, or ends too early.
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
