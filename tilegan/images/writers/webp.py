"""A WebP, which can only be encoded as a whole, in about 12 bytes of memory per pixel.

The format is limited to 16,383 pixels a side.
"""

import io
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from tilegan.geometry import Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.profile import profile_of
from tilegan.images.stores.store import Store

MADE = b"TGAN"  # our chunk: checksum of everything after it, in 8 hexadecimal digits, and the provenance
_EXTENDED = b"VP8X"  # first chunk of files with more than pixels
_HAS_ALPHA = 0x10
_HEAD = 12  # bytes before the first chunk
_PIECE = 2**24  # bytes of a file that are read at once
_LOSSLESS_ALPHA = 0x10  # flag in the fifth byte of lossless pixels


def write_webp(path: Path, store: Store, options: ExportOptions, made: str | None = None) -> None:
    """Write an 8-bit store, RGB or RGBA.

    Args:
        path: output file.
        store: store with a complete level 0; EXIF and XMP of its source metadata and the profile of its colors are
            kept.
        options: encoding.
        made: provenance, as ``Provenance.text``.

    Raises:
        OSError: the file cannot be written.
        ImageError: the store is damaged.
    """
    height, width = store.shape(0)
    image = Image.fromarray(store.read(0, Window(0, 0, height, width)))
    origin = store.origin or Origin()
    blocks = {"icc_profile": profile_of(origin), "exif": origin.metadata.exif, "xmp": origin.metadata.xmp.encode()}
    said: dict[str, Any] = {name: block for name, block in blocks.items() if block}
    # exact keeps the colors of transparent pixels
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", quality=options.quality, lossless=options.lossless, exact=True, **said)
    if made is None:
        path.write_bytes(encoded.getbuffer())
        return
    # The format allows unknown chunks anywhere after an extended header; readers skip them.
    content = encoded.getbuffer()
    start = 12
    header = _extended_header(height, width, bytes(content[start : start + 13]))
    if content[start : start + 4] == _EXTENDED:
        header = bytes(content[start : start + len(header)])
        start += len(header)
    # WebP decoders take most damage for pixels
    chunk = _chunk(MADE, f"{zlib.crc32(content[start:]):08x}{made}".encode("ascii"))
    with path.open("wb") as file:
        size = 4 + len(header) + len(chunk) + len(content) - start
        file.write(struct.pack("<4sI4s", b"RIFF", size, b"WEBP") + header + chunk)
        file.write(content[start:])


def _extended_header(height: int, width: int, first: bytes) -> bytes:
    """Return the extended header for a file with this first chunk: lossy, or lossless with or without alpha."""
    flags = _HAS_ALPHA if first[:4] == b"VP8L" and first[12] & _LOSSLESS_ALPHA else 0
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _chunk(_EXTENDED, struct.pack("<I", flags) + sides)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _own_chunk(file: BinaryIO) -> str | None:
    """Return the text of our provenance chunk; the file is positioned after it."""
    position = _HEAD
    while True:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        position += 8 + length + length % 2
        if name == MADE:
            text = file.read(length).decode("ascii")
            file.seek(position)
            return text


def text_of_webp(path: Path) -> str | None:
    """Return the provenance in a WebP written here; None if it has none.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read, or lacks our chunk.
    """
    with path.open("rb") as file:
        text = _own_chunk(file)
    return text[8:] if text is not None else None


def is_sound_webp(path: Path) -> bool:
    """Whether everything after our chunk matches its checksum.

    Raises:
        OSError, ValueError, struct.error: the file cannot be read, or lacks our chunk.
    """
    with path.open("rb") as file:
        text, check = _own_chunk(file), 0
        while piece := file.read(_PIECE):
            check = zlib.crc32(piece, check)
    return text is not None and text[:8] == f"{check:08x}"
