"""Find EXIF, XMP and IPTC in image files of each format, without decoding pixels."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tilegan.files import is_remote, os_errors
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.metadata.tiff_directory import Entry, read_directory, read_head

XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
EXIF_MARK = b"Exif\0\0"
PHOTOSHOP_MARK = b"Photoshop 3.0\0"
PNG_XMP, PNG_IPTC = b"XML:com.adobe.xmp", b"Raw profile type iptc"
TIFF_XMP, TIFF_IPTC, TIFF_PHOTOSHOP = 700, 33723, 34377
IPTC_RESOURCE = 0x0404  # number of the resource in Photoshop's blocks
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
_PNG_OLD_XMP = b"Raw profile type xmp"
_UUIDS = {
    bytes.fromhex("4a706754696666457869662d3e4a5032"): "exif",
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
}
_LARGEST = 2**24  # bytes of a block; larger ones are skipped
_MOST = 2**20  # limit of the parts of a file that are visited


def read_metadata(path: Path, directory: int | None = None) -> Metadata:
    """Read EXIF, XMP and IPTC of a JPEG, PNG, WebP, TIFF or JPEG 2000; empty for other or broken files.

    Args:
        path: local file, or one on object storage, where a PNG is read only up to its pixels.
        directory: offset of the image's directory in a TIFF; None for the first one.
    """
    try:
        with os_errors(), path.open("rb", buffering=2**16) as file:
            start = file.read(16)
            file.seek(0)
            if start.startswith(b"\xff\xd8"):
                return _of_jpeg(file)
            if start.startswith(b"\x89PNG"):
                return _of_png(file, to_the_end=not is_remote(path))
            if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
                return _of_webp(file)
            if start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
                return _of_tiff(file, directory)
            if start[4:8] == b"jP  ":
                return _of_jpeg_2000(file)
    except (OSError, ValueError, struct.error, zlib.error):
        pass
    return Metadata()


def _of_jpeg(file: BinaryIO) -> Metadata:
    exif = xmp = photoshop = b""
    lost: tuple[str, ...] = ()
    file.seek(2)
    for _ in range(_MOST):
        marker = file.read(2)
        while len(marker) == 2 and marker[1] == 0xFF:  # fill bytes
            marker = marker[1:] + file.read(1)
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xDA, 0xD9):
            break
        (length,) = struct.unpack(">H", file.read(2))
        if marker[1] not in (0xE1, 0xED):
            file.seek(length - 2, 1)
            continue
        content = file.read(length - 2)
        if content.startswith(EXIF_MARK):
            exif = exif or content
        elif content.startswith(XMP_MARK):
            xmp = xmp or content.removeprefix(XMP_MARK)
        elif content.startswith(_EXTENDED):
            lost = ("the extended XMP",)
        elif content.startswith(PHOTOSHOP_MARK):
            photoshop += content.removeprefix(PHOTOSHOP_MARK)
    return Metadata.cleaned(exif, xmp, iptc_of_photoshop(photoshop), lost=lost)


def _of_png(file: BinaryIO, *, to_the_end: bool) -> Metadata:
    exif = xmp = iptc = b""
    file.seek(8)
    for _ in range(_MOST):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND" or (head[4:] == b"IDAT" and not to_the_end):
            break
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind not in (b"eXIf", b"iTXt", b"zTXt", b"tEXt") or length > _LARGEST:
            file.seek(length + 4, 1)
            continue
        content = file.read(length)
        file.seek(4, 1)
        if kind == b"eXIf":
            exif = content
            continue
        name, text = _png_text(kind, content)
        if name == PNG_XMP:
            xmp = text
        elif name in (PNG_IPTC, _PNG_OLD_XMP, *_PNG_EXIF):
            raw = _unhexed(text)
            if raw.startswith(XMP_MARK) or name == _PNG_OLD_XMP:
                xmp = xmp or raw.removeprefix(XMP_MARK)
            elif name == PNG_IPTC:
                iptc = iptc_of_photoshop(raw) if raw.startswith(b"8BIM") else raw
            else:
                exif = exif or raw
    return Metadata.cleaned(exif, xmp, iptc)


def _png_text(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return name and text of a chunk."""
    name, _, rest = content.partition(b"\0")
    if kind == b"tEXt":
        return name, rest
    if kind == b"zTXt":
        return name, _inflated(rest[1:])
    is_packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return name, _inflated(text) if is_packed else text


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _LARGEST)


def _unhexed(text: bytes) -> bytes:
    """Decode an ImageMagick text profile: its name, its length, and its bytes in hexadecimal."""
    parts = text.split(None, 2)
    return bytes.fromhex(b"".join(parts[2].split()).decode("ascii", "replace")) if len(parts) == 3 else b""


def _of_webp(file: BinaryIO) -> Metadata:
    found = {b"EXIF": b"", b"XMP ": b""}
    file.seek(12)
    for _ in range(_MOST):
        head = file.read(8)
        if len(head) < 8:
            break
        length = int.from_bytes(head[4:], "little")
        if head[:4] in found and length <= _LARGEST:
            found[head[:4]] = file.read(length)
            file.seek(length % 2, 1)
        else:
            file.seek(length + length % 2, 1)
    return Metadata.cleaned(found[b"EXIF"], found[b"XMP "])


def _of_tiff(file: BinaryIO, directory: int | None) -> Metadata:
    head = read_head(file)
    offset = head.first if directory is None else directory
    # as bytes, whatever their declared type: IPTC is often wrongly declared as 4-byte integers
    found, _ = read_directory(file, head, offset, None, {TIFF_XMP, TIFF_IPTC, TIFF_PHOTOSHOP}, as_bytes=True)
    blocks = {tag: entry.data for tag, entry in found.items() if isinstance(entry, Entry)}
    iptc = blocks.get(TIFF_IPTC) or iptc_of_photoshop(blocks.get(TIFF_PHOTOSHOP, b""))
    return Metadata.cleaned(file, blocks.get(TIFF_XMP, b""), iptc, directory=directory)


def _of_jpeg_2000(file: BinaryIO) -> Metadata:
    found = {"exif": b"", "xmp": b"", "iptc": b""}
    file.seek(0)
    for kind, length in _boxes(file):
        if kind == b"uuid" and 16 <= length <= _LARGEST:
            name = _UUIDS.get(file.read(16))
            if name is not None:
                found[name] = file.read(length - 16)
    return Metadata.cleaned(found["exif"], found["xmp"], found["iptc"])


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the kind of each box and the length of its content, with the file positioned at the content."""
    position = 0
    for _ in range(_MOST):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < 8:  # 0: extends to the end of the file
            return
        yield kind, length - (file.tell() - position)
        position += length


def iptc_of_photoshop(resources: bytes) -> bytes:
    """Return the IPTC among Photoshop's resources; empty if there is none."""
    position = 0
    while resources[position : position + 4] == b"8BIM":
        try:
            number, name = struct.unpack_from(">HB", resources, position + 4)
            start = position + 6 + name + 1 + (name + 1) % 2
            (length,) = struct.unpack_from(">I", resources, start)
        except struct.error:
            break
        if number == IPTC_RESOURCE:
            return resources[start + 4 : start + 4 + length]
        position = start + 4 + length + length % 2
    return b""


def photoshop_of_iptc(iptc: bytes) -> bytes:
    """Wrap IPTC as a Photoshop resource."""
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
