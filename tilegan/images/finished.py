"""Finished results: what made them, as they tell it themselves, and whether all of them is there."""

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.errors import ImageError, ResumeError
from tilegan.files import is_remote
from tilegan.images.metadata.provenance import KEY, Provenance
from tilegan.images.readers.raster import RasterSource
from tilegan.images.source import open_source
from tilegan.images.stores.copied import CopiedStore, open_result
from tilegan.images.stores.store import Store
from tilegan.images.writers.dzi import has_all_tiles
from tilegan.images.writers.webp import MADE

_CURE = "give another name, or --overwrite without --resume"
_PIECE = 2**24  # bytes of a file that are looked at at once
_PNG_HEAD, _RIFF_HEAD = 8, 12
_COMMENT, _SCAN = 0xFE, 0xDA  # of JPEG's markers
_RESTART_OR_END = re.compile(rb"\xff[\xd0-\xd7\xd9]")


def check_finished(
    output: Path, kind: str, height: int, width: int, asked: Provenance, free: frozenset[str] = frozenset()
) -> bool:
    """Find out whether an output that is there is what a resumed command asks for.

    Args:
        output: the file or folder.
        kind: of it (see ``tilegan.images.formats.kind_of``).
        height: that it should have, in pixels.
        width: likewise.
        asked: what should have made it.
        free: names of settings that nobody asked for, so that any will do.

    Returns:
        Whether all of it is there; if not, it is what an accident has left of it.

    Raises:
        ResumeError: something else made it, or it does not tell.
        ImageError: it cannot be read.
    """
    made = provenance_of(output, kind)
    if made is not None:
        kept = {name: value for name, value in made.settings.items() if name in free}
        difference = made.difference(asked.encoded(**kept))
        if difference is None:
            return is_whole(output, kind)
    found = None if kind == "dzi" else _size(output, kind)
    if found is not None and found != (height, width):
        raise ResumeError(
            f"cannot resume: {output} is finished and has {found[0]} x {found[1]} pixels, not {height} x {width}: "
            f"it was made from another image: {_CURE}"
        )
    if made is None:
        raise ResumeError(f"cannot resume: {output} is there, and does not tell what made it: {_CURE}")
    raise ResumeError(f"cannot resume: {output} is finished, and was made {difference}: {_CURE}")


def _size(output: Path, kind: str) -> tuple[int, int]:
    # Pillow would decode a WebP, and refuses a large one; GDAL tells its size without.
    with closing(RasterSource(output) if kind == "webp" else open_source(output)) as image:
        return image.height, image.width


def provenance_of(output: Path, kind: str) -> Provenance | None:
    """What made a result of a kind; None if it does not tell, or is none."""
    text: str | None = None
    with suppress(OSError, RasterioError, CPLE_BaseError, ImageError, ValueError, struct.error):
        if kind == "zarr":
            return open_result(output).made
        if kind == "tif":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(output) as dataset:
                    text = dataset.tags().get(KEY)
        elif kind == "dzi":
            found = re.search(rf"<!-- {KEY} (.*) -->", output.read_text())
            text = found[1] if found else None
        else:
            told = {"png": _png_text, "jpg": _jpeg_comment, "webp": _webp_text}[kind]
            with output.open("rb") as file:
                text = told(file)
    return Provenance.from_text(text) if text is not None else None


def is_whole(output: Path, kind: str) -> bool:
    """Whether nothing of a result that tells what made it is missing, as far as can be told without decoding it.

    Of a PNG and a WebP every byte is checked. Shards and tiles are counted, and not looked into; on object storage,
    where a store gets its root last, not even that.
    """
    with suppress(OSError, ImageError, ValueError, struct.error):
        if kind == "zarr":
            return _has_all_shards(open_result(output))
        if kind == "dzi":
            return has_all_tiles(output)
        if kind == "tif":
            with closing(RasterSource(output)):  # which refuses one that ends too early
                return True
        check = {"png": _png_is_sound, "jpg": _jpeg_is_complete, "webp": _webp_is_sound}[kind]
        with output.open("rb") as file:
            return check(file)
    return False


def _has_all_shards(store: Store) -> bool:
    if is_remote(store.path):
        return True
    if isinstance(store, CopiedStore):
        return store.is_complete()
    for level in range(store.levels):
        rows, columns = store.grid(level)
        for row in range(rows):
            if not all(store.shard_file(level, (row, column)).stat().st_size for column in range(columns)):
                return False
    return True


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk; the file stands at its content, and may be read on."""
    position = _PNG_HEAD
    while True:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        yield name, length
        position += 12 + length


def _png_text(file: BinaryIO) -> str | None:
    for name, length in _png_chunks(file):
        if name == b"IDAT":
            return None
        if name == b"tEXt":
            key, _, text = file.read(length).partition(b"\0")
            if key == KEY.encode():
                return text.decode("ascii")
    return None


def _png_is_sound(file: BinaryIO) -> bool:
    """Whether the checksum of each chunk up to the last one is right."""
    for name, length in _png_chunks(file):
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


def _jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Marker and length of each segment up to the first scan; the file stands at its content, and may be read on."""
    position = 2
    while True:
        file.seek(position)
        _, marker, length = struct.unpack(">BBH", file.read(4))
        yield marker, length - 2
        if marker == _SCAN:
            return
        position += 2 + length


def _jpeg_comment(file: BinaryIO) -> str | None:
    for marker, length in _jpeg_segments(file):
        if marker == _COMMENT:
            key, _, text = file.read(length).partition(b" ")
            if key == KEY.encode():
                return text.decode("ascii")
    return None


def _jpeg_is_complete(file: BinaryIO) -> bool:
    """Whether all rows of blocks are there: our JPEGs have a restart marker, of a number from 0 to 7, after each."""
    height = 0
    for marker, length in _jpeg_segments(file):
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


def _webp_chunk(file: BinaryIO) -> str | None:
    """The text of the chunk that tells what made it; the file stands after it."""
    position = _RIFF_HEAD
    while True:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        position += 8 + length + length % 2
        if name == MADE:
            text = file.read(length).decode("ascii")
            file.seek(position)
            return text


def _webp_text(file: BinaryIO) -> str | None:
    text = _webp_chunk(file)
    return text[8:] if text is not None else None


def _webp_is_sound(file: BinaryIO) -> bool:
    """Whether all that follows what it tells of itself has the checksum that it tells."""
    text, check = _webp_chunk(file), 0
    while piece := file.read(_PIECE):
        check = zlib.crc32(piece, check)
    return text is not None and text[:8] == f"{check:08x}"
