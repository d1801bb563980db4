"""Which files of a folder are taken for images, by their names and first bytes; nothing is decoded."""

from pathlib import Path

from tilegan.images.metadata.sidecar import COMPANIONS
from tilegan.images.readers.camera_raw import ENDINGS as RAWS

_COMMON = "apng avif avifs bmp dib gif heic heif hif jfif jpe jpeg jpg jxl mpo png tif tiff webp"
_OTHERS = "btf cur dds icns ico j2c j2k jp2 jpc jpf jpx pbm pcx pfm pgm pnm ppm psd qoi ras rgb rgba sgi tf8 tga"
_SLIDES = "bif czi mrxs ndpi scn svs svslide vms vmu"
_MAPS = "bil bip bsq dem hgt img nitf ntf vrt"
_IMAGES = frozenset(f".{ending}" for ending in f"{_COMMON} {_OTHERS} {_SLIDES} {_MAPS}".split())
_UNFINISHED = (".crdownload", ".download", ".filepart", ".part", ".partial", ".tmp")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF87a", b"GIF89a")
_LENGTH = 12


def is_recognized(path: Path) -> bool:
    """Return whether a file is to be read as an image, be it damaged or not.

    These are files with the ending of a format that is read, and files of other names that begin as JPEG, PNG, TIFF,
    GIF or WebP. Camera raws are not: they are to be developed first. Nor are files that belong to an image, such as
    ``.aux.xml`` and ``.ovr``, or that another program has not finished.

    Args:
        path: of a local file.
    """
    name = path.name.lower()
    ending = path.suffix.lower()
    if name.endswith((*map(str.lower, COMPANIONS), *_UNFINISHED)) or ending in RAWS:
        return False
    if ending in _IMAGES:
        return True
    try:
        with path.open("rb") as file:
            start = file.read(_LENGTH)
    except OSError:
        return False
    return start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
