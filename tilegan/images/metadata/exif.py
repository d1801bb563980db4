"""Parse EXIF, drop what is not true of a result, and adjust the rest to it.

Entries are copied byte for byte, so that texts and types are preserved; Pillow would replace non-ASCII characters with
question marks.
"""

import io
import math
from fractions import Fraction
from typing import BinaryIO

from tilegan import __version__
from tilegan.images.metadata.tiff_directory import (
    LONG,
    RATIONAL,
    SHORT,
    Below,
    Directory,
    Entry,
    Kept,
    lay_out,
    numbers,
    read_directory,
    read_head,
    text,
)

PHOTO, PLACE, INTEROP = 34665, 34853, 40965  # subdirectories: Exif and GPS in the first one, Interop in Exif
_BELOW: Below = {PHOTO: {INTEROP: {}}, PLACE: {}}
# Kept tags of the first directory: name, description, make, model, page name, software, date, artist, computer,
# ratings, copyright, Windows' titles, and TIFF/EP's tags of the shot.
_FIRST = {269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, 33432, 33434, 33437, *range(40091, 40096)}
_FIRST |= {34850, 34852, 34855, 36867, 37377, 37378, 37380, 37381, 37383, 37384, 37385, 37386, 37500, 37510}
_DESCRIPTION, _SOFTWARE = 270, 305
_ORIENTATION, _ACROSS, _DOWN, _UNIT, _INCH = 274, 282, 283, 296, 2
ORIENTATION_AND_RESOLUTION = {_ORIENTATION, _ACROSS, _DOWN, _UNIT}
_SPACE, _WIDTH, _HEIGHT = 40961, 40962, 40963
_MAKER = 37500
# dropped Exif tags: maker's note, compressed bits per pixel, subject position in stored pixels, related sound
_UNTRUE = {_MAKER, 37122, 37396, 41492, 40964, _WIDTH, _HEIGHT}
_COMMENTS = {(PHOTO, 37510), (PLACE, 27), (PLACE, 28)}  # texts whose first eight bytes name their encoding
_UTF16 = b"UNICODE\0"
_SRGB, _UNCALIBRATED = 1, 0xFFFF
_MARK = b"Exif\0\0"
_HEAD = b"II*\0\x08\0\0\0"


def parse(data: bytes | BinaryIO, directory: int | None = None) -> tuple[Directory, tuple[str, ...], int]:
    """Return the EXIF entries that hold for a result, names of those left out, and the orientation, 1 to 8.

    Args:
        data: a TIFF, or EXIF, which has the same layout, with or without the "Exif" marker.
        directory: offset of the directory in a TIFF; None for the first one.
    """
    exif = io.BytesIO(data.removeprefix(_MARK)) if isinstance(data, bytes) else data
    try:
        head = read_head(exif)
        wanted = {*_FIRST, *_BELOW, _ORIENTATION}
        found, following = read_directory(exif, head, head.first if directory is None else directory, _BELOW, wanted)
    except ValueError:
        return {}, (), 1
    entry = found.pop(_ORIENTATION, None)
    orientation = entry.data[0] if isinstance(entry, Entry) and entry.data[:1] else 1
    lost = []
    photo = found.get(PHOTO)
    if _MAKER in found or (isinstance(photo, dict) and _MAKER in photo):
        lost.append("the maker's note")
    if following and isinstance(data, bytes):  # in a TIFF this is the next page
        lost.append("the thumbnail")
    for tags in (found, photo):
        if isinstance(tags, dict):
            for tag in _UNTRUE:
                tags.pop(tag, None)
    if head.order == ">":
        for tag, below in _COMMENTS:
            _turn_utf16(found.get(tag), below)
    description = found.get(_DESCRIPTION)
    if isinstance(description, Entry) and tells_of_layout(description.data.decode("latin-1")):
        del found[_DESCRIPTION]
    return _without_empty(found), tuple(lost), orientation if 1 <= orientation <= 8 else 1


def entries_of(exif: bytes) -> Directory:
    """Return the entries of EXIF written by ``to_bytes``."""
    if not exif:
        return {}
    file = io.BytesIO(exif)
    head = read_head(file)
    return read_directory(file, head, head.first, _BELOW)[0]


def tells_of_layout(description: str) -> bool:
    """Whether a TIFF's description is a program's own, of pages, bands and dtype, which differ in a result."""
    return description.startswith(("ImageJ=", "Aperio")) or "<OME" in description


def for_result(
    exif: Directory, height: int, width: int, dpi: tuple[float, float] | None, *, is_srgb: bool | None
) -> Directory:
    """Adjust EXIF to a result: upright, with its size and resolution, written by this program.

    Args:
        exif: output of ``parse``; to an empty one only the resolution is added.
        height: height of the result, in pixels.
        width: its width.
        dpi: its pixels per inch, horizontally and vertically, if known.
        is_srgb: whether its colors were converted to sRGB (True), or are those of another profile (False); None if they
            are those of the source.
    """
    result = dict(exif)
    if exif:
        result[_SOFTWARE] = text(f"tilegan {__version__}")
        result[_ORIENTATION] = numbers(SHORT, 1)
    if dpi is not None:
        result[_ACROSS], result[_DOWN] = map(_rational, dpi)
        result[_UNIT] = numbers(SHORT, _INCH)
    photo = exif.get(PHOTO)
    if isinstance(photo, dict):
        photo = photo | {_WIDTH: numbers(LONG, width), _HEIGHT: numbers(LONG, height)}
        if is_srgb is not None:
            photo[_SPACE] = numbers(SHORT, _SRGB if is_srgb else _UNCALIBRATED)
            photo.pop(INTEROP, None)  # it declares the color space a second time
        result[PHOTO] = photo
    return result


def to_bytes(exif: Directory) -> bytes:
    """Serialize EXIF without its marker; no entries give no bytes."""
    return _HEAD + lay_out(exif, len(_HEAD)) if exif else b""


def _turn_utf16(tags: Directory | Entry | Kept | None, tag: int) -> None:
    """Convert a UTF-16 comment to little-endian, as everything else is."""
    entry = tags.get(tag) if isinstance(tags, dict) else None
    if isinstance(tags, dict) and isinstance(entry, Entry) and entry.data.startswith(_UTF16):
        words = bytearray(entry.data[len(_UTF16) :])
        words = words[: len(words) // 2 * 2]
        words[::2], words[1::2] = words[1::2], words[::2]
        tags[tag] = entry._replace(items=len(_UTF16) + len(words), data=_UTF16 + bytes(words))


def _rational(value: float) -> Entry:
    """Return the nearest fraction of 32-bit integers."""
    most = 2**32 - 1
    fraction = Fraction(value).limit_denominator(max(1, math.floor(min(most / value, 10**6))))
    numerator, denominator = fraction.numerator, fraction.denominator
    if numerator > most or not numerator:  # out of range
        numerator, denominator = (most, 1) if numerator else (1, most)
    pair = numbers(LONG, numerator, denominator)
    return Entry(RATIONAL, 1, pair.data)


def _without_empty(exif: Directory) -> Directory:
    return {
        tag: _without_empty(value) if isinstance(value, dict) else value
        for tag, value in exif.items()
        if not isinstance(value, dict) or _without_empty(value)
    }
