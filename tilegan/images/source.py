"""One image to read: the protocol of all readers, and their shared functions."""

from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError, shown
from tilegan.files import first_line, is_remote, os_errors
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.reading import Reading

LARGEST_HELD = 2**30  # limit of the bytes of an image that is held in memory as a whole


class Source(Protocol):
    """One image to read.

    Attributes:
        path: file or folder it is read from.
        height, width: size in pixels, upright (orientation applied).
        bands: number of bands in the file, alpha included.
        dtype: dtype in the file.
        levels: dtype of the pixels that ``read`` returns: uint8, or uint16 if requested.
        block: height and width of the smallest part that is decoded at once; of the whole image if it is held in
            memory.
        sequential: whether a part can be decoded only after everything before it in the file; going back then means
            starting again at the top, unless the reader has it cached.
        held: whether the whole image is decoded when it is opened or first read, and held in memory.
        remarks: notes for the user on how it is read, one line each: other planes, a broken color profile.
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
        """Source metadata that results take over; an overview may be read to measure the stretch.

        Raises:
            ImageError: the file is damaged.
        """
        ...

    def read(self, window: Window) -> Pixels:
        """Read a window inside the image as sRGB (h, w, 3) of dtype ``levels``, from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        ...

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window, (h, w) of dtype ``levels``; None if the whole image is opaque.

        The highest level is opaque, 0 is invalid or fully transparent, and levels between are partially transparent.

        Raises:
            ImageError: the file is damaged there.
        """
        ...

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole image to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Invalid pixels keep their stored colors (see ``images.readers.masked`` for filled ones).

        Raises:
            ImageError: the file is damaged.
        """
        ...

    def identity(self) -> dict[str, str | int]:
        """Return values that distinguish this image from others and from later versions of itself."""
        ...

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        ...


def chosen_plane(reading: Reading, planes: dict[str, int], path: str) -> dict[str, int]:
    """Return the index along each further axis; 0 where the user chose none.

    Args:
        reading: read options.
        planes: axes of the image beside bands, rows and columns, and their lengths.
        path: path of the image, for messages.

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
    """Return one line about planes that are not read, if there are any."""
    others = [f"{axis} {chosen[axis]} of 0 to {size - 1}" for axis, size in planes.items() if size > 1]
    return (f"one of several planes is read: {', '.join(others)}",) if others else ()


def file_identity(path: Path, height: int, width: int) -> dict[str, str | int]:
    """Return the identity of an image in one file: its name, size in bytes, time of last change and size in pixels.

    Raises:
        ImageError: the file is gone.
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
        identity["etag"] = str(cast(Any, status).as_info().get("ETag"))  # web servers need not report a time
    return identity


def reduced_shape(height: int, width: int, side: int) -> tuple[int, int]:
    """Return height and width of a thumbnail with a longest side of at most ``side`` pixels; never enlarged."""
    longest = max(height, width)
    if longest <= side:
        return height, width
    return max(1, round(height * side / longest)), max(1, round(width * side / longest))
