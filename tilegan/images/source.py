"""One image to read: the protocol of all readers, and the door that chooses a reader for a file."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError
from tilegan.files import first_line, is_remote, locate, os_errors
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.readers.cures import UNKNOWN, unreachable
from tilegan.images.readers.vsi import url_name
from tilegan.images.reading import Reading

LARGEST_HELD = 2**30  # bytes of pixels of an image that can only be held in memory as a whole


class Source(Protocol):
    """One image to read.

    Attributes:
        path: the file or folder it is read from.
        height, width: in pixels, as the image is looked at (orientation applied).
        bands: bands in the file, alpha included.
        dtype: numpy type in the file.
        levels: numpy type of the pixels that ``read`` gives: uint8, or uint16 where that was asked for.
        block: height and width of the smallest part that is decoded at once; of the whole image where all of it is
            held in memory.
        sequential: whether a part can only be decoded after all that stands before it in the file; going back then
            means to begin at the top again, unless the reader's cache holds it.
        held: whether all of it is decoded at once, when it is opened or first read, and held in memory.
        remarks: what a user should know of how it is read, a line each: other planes, a broken colour profile.
    """

    path: str
    height: int
    width: int
    bands: int
    dtype: np.dtype[Any]
    levels: np.dtype[Any]
    block: tuple[int, int]
    sequential: bool
    held: bool
    remarks: tuple[str, ...]

    @property
    def origin(self) -> Origin:
        """What a result takes over beside pixels; to measure the stretch, an overview may be read.

        Raises:
            ImageError: the file is damaged.
        """
        ...

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the image, as RGB (h, w, 3) of type ``levels``, sRGB; from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        ...

    def read_mask(self, window: Window) -> Pixels | None:
        """How opaque the pixels of a window are: (h, w) of type ``levels``; None if all of the image is opaque.

        Its highest level stands for pixels that mean something, 0 for those that do not, and what lies between for
        transparency.

        Raises:
            ImageError: the file is damaged there.
        """
        ...

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Pixels that mean nothing keep what they hide (see ``images.masked``).

        Raises:
            ImageError: the file is damaged.
        """
        ...

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself."""
        ...

    def close(self) -> None:
        """Let go of the file; once more does nothing."""
        ...


def open_source(path: str | Path, reading: Reading | None = None) -> Source:
    """Open an image for reading: a Zarr folder, a whole-slide image, or any file that GDAL or Pillow reads.

    Args:
        path: a local file or folder, a URL (see ``locate``), or one of GDAL's own names (``/vsizip/...``). What a URL
            names is Zarr if it ends in .zarr, or a folder on the way to it does.
        reading: how its values become pixels; what the file says if None.

    Raises:
        ImageError: it is missing, or not an image, or damaged.
        SettingError: the packages for URLs are missing, or the image has no such bands or plane, or ``reading`` makes
            no sense.
    """
    # Imported here because the readers import this module.
    from tilegan.images.readers.raster import RasterSource
    from tilegan.images.readers.zarr_source import ZarrSource

    reading = reading if reading is not None else Reading()
    _check(reading)
    name = url_name(str(path))
    if name.startswith("/vsi"):
        return RasterSource(name, reading)
    path = locate(path if isinstance(path, Path) else name)
    if is_remote(path) and any(part.lower().endswith(".zarr") for part in path.parts):
        return ZarrSource(path, reading)
    try:
        with os_errors():
            status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if told := unreachable(path):
            raise ImageError(f"cannot read image: {shown(path)}: {told}") from error
        raise ImageError(f"no such image: {shown(path)}: check the name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise ImageError(f"cannot read image: {shown(path)}: {reason}: check the name and its permissions") from error
    if not is_remote(path):
        if stat.S_ISDIR(status.st_mode):
            return ZarrSource(path, reading)
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"not an image: {shown(path)} is no file but a pipe, socket or device: save it to a file")
    if status.st_size == 0 and stat.S_ISREG(status.st_mode):
        raise ImageError(f"not an image: {shown(path)} is empty: it may never have been written: get it again")
    return _open_file(path, reading)


def _open_file(path: Path, reading: Reading) -> Source:
    """Open a file, by the first reader that fits."""
    from tilegan.images.readers.camera_raw import is_camera_raw
    from tilegan.images.readers.header import read_header
    from tilegan.images.readers.pillow import PillowSource
    from tilegan.images.readers.raster import RasterSource
    from tilegan.images.readers.slide import SlideSource, is_slide, needs_openslide

    if needs_openslide(path):
        return SlideSource(path, reading)
    if is_camera_raw(path):
        raise ImageError(f"a camera raw, not a picture: {shown(path)}: develop it first, to TIFF or JPEG")
    header = read_header(path)
    if header.for_pillow:
        return PillowSource(path, reading)
    try:
        source = RasterSource(path, reading, header)
        if path.suffix.lower() == ".svs":
            try:
                source.read(Window(0, 0, 1, 1))  # some are compressed as GDAL does not know
            except ImageError:
                source.close()
                raise
        return source
    except ImageError as error:
        others: list[Callable[[Path, Reading], Source]] = [SlideSource] if is_slide(path) else []
        others += [PillowSource] if header.format not in (None, "PNG", "TIFF") else []  # it is less strict than GDAL
        for other in others:
            try:
                return other(path, reading)
            except ImageError as also:
                if UNKNOWN in str(error):
                    raise also from error
        raise


def _check(reading: Reading) -> None:
    """Refuse what no image can be read by.

    Raises:
        SettingError: which says what is possible.
    """
    from tilegan.images.pixels.stretch import named_range

    if reading.depth not in ("8", "keep"):
        raise SettingError(f"no depth '{reading.depth}': give 8 or keep")
    if reading.bands is not None and (len(reading.bands) not in (1, 3) or min(reading.bands) < 1):
        raise SettingError(f"cannot read bands {reading.bands}: give one band, or three, counted from 1")
    if any(index < 0 for index in reading.plane.values()):
        raise SettingError(f"no plane {dict(reading.plane)}: planes are counted from 0")
    named_range(reading.stretch)


def chosen_plane(reading: Reading, planes: dict[str, int], path: str) -> dict[str, int]:
    """The index along each axis of which one plane is read; 0 where nothing was asked for.

    Args:
        reading: what was asked for.
        planes: the axes that the image has beside bands, rows and columns, and their lengths.
        path: of the image, for messages.

    Raises:
        SettingError: the image has no such axis or plane.
    """
    for axis, index in reading.plane.items():
        if axis not in planes and index > 0:
            has = ", ".join(f"{name} (0 to {size - 1})" for name, size in planes.items()) or "no axis to choose from"
            raise SettingError(f"no plane {axis}={index} in {shown(path)}: it has {has}")
        if index >= planes.get(axis, 1):
            raise SettingError(f"no plane {axis}={index} in {shown(path)}: {axis} goes from 0 to {planes[axis] - 1}")
    return {axis: reading.plane.get(axis, 0) for axis in planes}


def plane_remark(planes: dict[str, int], chosen: dict[str, int]) -> tuple[str, ...]:
    """One line that tells of planes that are not read, if there are any."""
    others = [f"{axis} {chosen[axis]} of 0 to {size - 1}" for axis, size in planes.items() if size > 1]
    return (f"one of several planes is read: {', '.join(others)}",) if others else ()


def file_identity(path: Path, height: int, width: int) -> dict[str, str | int]:
    """The identity of an image that is one file: its name, bytes, time of last change and size in pixels.

    Raises:
        ImageError: it is gone.
    """
    try:
        with os_errors():
            status = path.stat()
    except OSError as error:
        raise ImageError(f"cannot read image: {shown(path)}: {error.strerror or first_line(error)}") from error
    identity: dict[str, str | int] = {
        "name": path.name,
        "bytes": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "height": height,
        "width": width,
    }
    if is_remote(path):
        identity["etag"] = str(cast(Any, status).as_info().get("ETag"))  # the web tells no time
    return identity


def reduced_shape(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width of a thumbnail whose longest side is at most ``side`` pixels; never larger than the image."""
    longest = max(height, width)
    if longest <= side:
        return height, width
    return max(1, round(height * side / longest)), max(1, round(width * side / longest))


def shown(path: str | Path) -> str:
    """A name as it can be shown in one line: what cannot be printed is escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(path))
