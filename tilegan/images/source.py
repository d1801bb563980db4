"""One image to read: the protocol of all readers, and the door that chooses a reader for a file."""

from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError
from tilegan.files import is_remote, is_there, locate, os_errors
from tilegan.geometry import Pixels, Window
from tilegan.images.origin import Origin
from tilegan.images.vsi import url_name


class Source(Protocol):
    """One image to read.

    Attributes:
        path: the file or folder it is read from.
        height, width: in pixels, as the image is looked at (orientation applied).
        bands: bands in the file, alpha included.
        dtype: numpy type in the file.
        levels: numpy type of the pixels that ``read`` gives: uint8, or uint16 where that was asked for.
        origin: what a result takes over beside pixels.
        block: height and width of the smallest part that is decoded at once; of the whole image where all of it is
            held in memory.
        sequential: whether a part can only be decoded after all that stands before it in the file; going back then
            means to begin at the top again, unless the reader's cache holds it.
        held: whether all of it was decoded when it was opened, and is held in memory.
    """

    path: str
    height: int
    width: int
    bands: int
    dtype: np.dtype[Any]
    levels: np.dtype[Any]
    origin: Origin
    block: tuple[int, int]
    sequential: bool
    held: bool

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

        Raises:
            ImageError: the file is damaged.
        """
        ...

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_source(path: str | Path) -> Source:
    """Open an image for reading: a Zarr folder, or any file that GDAL or Pillow reads.

    Args:
        path: a local file or folder, a URL (see ``locate``), or one of GDAL's own names (``/vsizip/...``). What a URL
            names is Zarr if it ends in .zarr, or a folder on the way to it does.

    Raises:
        ImageError: it is missing, or not an image, or damaged.
        SettingError: the packages for URLs are missing.
    """
    # Imported here because the readers import this module.
    from tilegan.images.pillow import PillowSource, needs_pillow
    from tilegan.images.raster import RasterSource
    from tilegan.images.zarr_source import ZarrSource

    name = url_name(str(path))
    if name.startswith("/vsi"):
        return RasterSource(name)
    path = locate(path if isinstance(path, Path) else name)
    if is_remote(path) and any(part.lower().endswith(".zarr") for part in path.parts):
        return ZarrSource(path)
    try:
        there = is_there(path)
    except OSError as error:
        raise ImageError(f"cannot read image: {path}: {error.strerror or first_line(error)}") from error
    if not there:
        raise ImageError(f"no such image: {path}: check the name")
    if not is_remote(path) and path.is_dir():
        return ZarrSource(path)
    if needs_pillow(path):
        return PillowSource(path)
    try:
        return RasterSource(path)
    except ImageError:
        try:
            return PillowSource(path)
        except ImageError:
            pass
        raise


def file_identity(path: Path, height: int, width: int) -> dict[str, str | int]:
    """The identity of an image that is one file: its name, bytes, time of last change and size in pixels.

    Raises:
        ImageError: it is gone.
    """
    try:
        with os_errors():
            status = path.stat()
    except OSError as error:
        raise ImageError(f"cannot read image: {path}: {error.strerror or first_line(error)}") from error
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


def first_line(error: BaseException) -> str:
    """What an exception says, cut to one line; its class where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
