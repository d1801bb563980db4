"""Recognition of images in folders by names and first bytes, without decoding."""

from functools import cache
from pathlib import Path

from tilegan.images.formats.register import formats
from tilegan.images.metadata.sidecar import COMPANIONS
from tilegan.images.readers.camera_raw import ENDINGS as RAWS

_UNFINISHED = (".crdownload", ".download", ".filepart", ".part", ".partial", ".tmp")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF87a", b"GIF89a")
_LENGTH = 12


def is_recognized(path: Path) -> bool:
    """Return whether a file is to be read as an image, intact or damaged.

    These are files with the ending of a supported input format, and files of other names that begin like JPEG, PNG,
    TIFF, GIF or WebP. Camera raws are excluded, since they have to be developed first. So are files that belong to an
    image, such as ``.aux.xml`` and ``.ovr``, and unfinished files of other programs.

    Args:
        path: a local file.

    These are files with the ending of a format that is read, and files of other names that begin as JPEG, PNG, TIFF,
    GIF or WebP. Camera raws are not: they are to be developed first. Nor are files that belong to an image, such as
    ``.aux.xml`` and ``.ovr``, or that another program has not finished.

    Args:
        path: of a local file.
    """
    name, ending = path.name.lower(), path.suffix.lower()
    if name.endswith((*map(str.lower, COMPANIONS), *_UNFINISHED)) or ending in RAWS:
        return False
    if ending in _endings():
        return True
    try:
        with path.open("rb") as file:
            start = file.read(_LENGTH)
    except OSError:
        return False
    return start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


@cache
def _endings() -> frozenset[str]:
    return frozenset(ending for each in formats() if each.reader is not None for ending in each.reader.endings)
