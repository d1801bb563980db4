"""Camera raws, which are refused: readers of TIFF would take the thumbnail beside them for the picture."""

from typing import TYPE_CHECKING

from tilegan.errors import ImageError, shown
from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source


def _recognizes(candidate: Candidate) -> bool:
    from tilegan.images.readers.camera_raw import is_camera_raw

    return is_camera_raw(candidate.path)


def _refuse(candidate: Candidate, _: Reading) -> "Source":
    raise ImageError(f"a camera raw, not a picture: {shown(candidate.path)}: develop it first, to TIFF or JPEG")


FORMAT = Format("camera raw", order=74, reader=Reader(_refuse, _recognizes))
