"""Recognize camera raws: sensor values beside a thumbnail, which readers of TIFF take for the picture."""

from pathlib import Path

from tilegan.images.readers.tiff_layout import directories

ENDINGS = {
    ".3fr",
    ".arw",
    ".cr2",
    ".dcr",
    ".dng",
    ".erf",
    ".iiq",
    ".kdc",
    ".mef",
    ".mos",
    ".nef",
    ".nrw",
    ".pef",
    ".rwl",
    ".sr2",
    ".srf",
    ".srw",
}
_STARTS = (b"FUJIFILMCCD-RAW", b"FOVb", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"\0MRM")
_TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_camera_raw(path: Path) -> bool:
    """Whether a file is a camera raw, by its content; its name counts only if the first image is a thumbnail.

    Args:
        path: a file, local or on object storage.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    if start.startswith(_STARTS) or start[4:12] == b"ftypcrx ":
        return True
    if not start.startswith(_TIFFS):
        return False
    if start[8:10] == b"CR" or start[8:12] == b"IIII":  # Canon, Phase One
        return True
    images = directories(path)
    is_thumbnail = bool(images) and images[0].is_reduced and path.suffix.lower() in ENDINGS
    return is_thumbnail or any(image.is_raw for image in images)
