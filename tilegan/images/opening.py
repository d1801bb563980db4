"""Open images: the format that reads a file is chosen here, and unusable files are refused first."""

import stat
from pathlib import Path

from tilegan.errors import ImageError, SettingError, shown
from tilegan.files import first_line, is_remote, locate, os_errors
from tilegan.images.formats.format import Candidate
from tilegan.images.formats.register import formats
from tilegan.images.pixels.stretch import named_range
from tilegan.images.readers.cures import UNKNOWN, unreachable
from tilegan.images.readers.raster import RasterSource
from tilegan.images.readers.vsi import url_name
from tilegan.images.reading import Reading
from tilegan.images.source import Source
from tilegan.names import is_video


def open_source(path: str | Path, reading: Reading | None = None) -> Source:
    """Open an image of any registered format for reading (see ``tilegan.images.formats``).

    Args:
        path: a local file or folder, a URL (see ``locate``), or a special GDAL name (``/vsizip/...``). A URL is Zarr if
            it, or a folder on the way to it, ends in .zarr.
        reading: read options; defaults if None.

    Raises:
        ImageError: it is missing, not an image, or damaged.
        SettingError: the packages for URLs are missing, the image has no such bands or plane, or ``reading`` is
            invalid.
    """
    reading = reading if reading is not None else Reading()
    _check(reading)
    name = url_name(str(path))
    if name.startswith("/vsi"):
        return RasterSource(name, reading)
    path = locate(path if isinstance(path, Path) else name)
    if is_remote(path) and any(part.lower().endswith(".zarr") for part in path.parts):
        return _open_candidate(Candidate(path, is_folder=True), reading)
    try:
        with os_errors():
            status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if reason := unreachable(path):
            raise ImageError(f"cannot read image: {shown(path)}: {reason}") from error
        raise ImageError(f"no such image: {shown(path)}: check the name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise ImageError(f"cannot read image: {shown(path)}: {reason}: check the name and its permissions") from error
    if not is_remote(path):
        if stat.S_ISDIR(status.st_mode):
            return _open_candidate(Candidate(path, is_folder=True), reading)
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"not an image: {shown(path)} is a pipe, socket or device, not a file: save it to a file")
    if status.st_size == 0 and stat.S_ISREG(status.st_mode):
        raise ImageError(f"not an image: {shown(path)} is empty: it may never have been written: get it again")
    if is_video(path.name):
        raise ImageError(f"not an image: {shown(path)} is a video: tilegan stylize paints videos, one at a time")
    return _open_candidate(Candidate(path), reading)


def _open_candidate(candidate: Candidate, reading: Reading) -> Source:
    """Open with the format that recognizes the candidate, or else with the first that can."""
    readers = [each.reader for each in formats() if each.reader is not None]
    for reader in readers:
        if reader.recognizes(candidate):
            return reader.open(candidate, reading)
    first: ImageError | None = None
    for reader in readers:
        if reader.tries(candidate):
            try:
                return reader.open(candidate, reading)
            except ImageError as error:
                if first is not None and UNKNOWN in str(first):
                    raise error from first
                first = first or error
    if first is None:
        raise ImageError(f"not an image that can be opened: {shown(candidate.path)}: no format knows it")
    raise first


def _check(reading: Reading) -> None:
    """Refuse read options that are invalid for any image.

    Raises:
        SettingError: the message says what is possible.
    """
    if reading.depth not in ("8", "keep"):
        raise SettingError(f"no depth '{reading.depth}': give 8 or keep")
    if reading.bands is not None and (len(reading.bands) not in (1, 3) or min(reading.bands) < 1):
        raise SettingError(f"cannot read bands {reading.bands}: give one band, or three, counted from 1")
    if any(index < 0 for index in reading.plane.values()):
        raise SettingError(f"no plane {dict(reading.plane)}: planes are counted from 0")
    named_range(reading.stretch)
