"""One image to read: the protocol of all readers, and what they have in common."""

from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError
from tilegan.files import first_line, is_remote, os_errors
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
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
