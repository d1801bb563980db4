"""Endings of messages about unreadable images: the cause, as far as it is known, and the cure."""

import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any, cast

from tilegan.files import first_line, is_remote, os_errors

ALLOW = "--allow-truncated reads what is left"
UNKNOWN = "not recognized as being"  # GDAL's message for unknown formats
_CONVERT = "convert it to JPEG, PNG or TIFF"
_COMMON = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_MISNAMED = f"its contents are something else than its name says: {_CONVERT}, or get it again"
_ZARR = ("zarr.json", ".zgroup", ".zarray")
_DICOM = (128, b"DICM")
_SEVEN = b"7z\xbc\xaf\x27\x1c"
_SILENT = "check the address, and that its server can be reached"
_BY_STATUS = {
    "401": "log in, or set the credentials that it asks for",
    "403": "access is denied: check the address, and the credentials or permissions",
    "404": "not found: check the address",
    "410": "it was removed: check the address",
}


def cure(reason: str, path: Path | None, *, decoding: bool) -> str:
    """Return what helps if GDAL or another library cannot read an image.

    Args:
        reason: its message.
        path: path of the file on this disk; None if there is none.
        decoding: whether the file was opened already, so that a part of it may be readable.
    """
    if UNKNOWN in reason:
        if path is None:
            return _CONVERT
        return known_otherwise(path) or (_MISNAMED if path.suffix.lower() in _COMMON else _CONVERT)
    if "would require libjpeg to allocate" in reason:
        return "convert it to TIFF first"
    if re.search(
        r"missing codec|plugin .* is not available|unsupported compression|Cannot find .* codec", reason, re.I
    ):
        return "the installed GDAL cannot decode it: convert it with a program that can, or save it uncompressed"
    if "does not exist in the file system" in reason or "No such file" in reason:
        return "check the name"
    if answer := by_status(reason):
        return answer
    return f"the file may be damaged: get it again{f', or {ALLOW}' if decoding else ''}"


def by_status(reason: str) -> str | None:
    """Return what helps against a server's status, or its silence; None if the message names neither."""
    if "Cannot connect" in reason or "Could not resolve" in reason:
        return _SILENT
    if (found := re.search(r"\bHTTP\b.*?(?<![\w/.])([45]\d\d)\b(?![\w/.])|\b([45]\d\d), message=", reason)) is None:
        return None
    return _BY_STATUS.get(found[1] or found[2], "the server does not deliver it: try again later, or check the address")


def known_otherwise(path: Path) -> str | None:
    """Return what helps with a recognized file that no reader accepts as an image; None if it is not recognized."""
    try:
        with path.open("rb") as file:
            start = file.read(_DICOM[0] + len(_DICOM[1]))
        if start[_DICOM[0] :] == _DICOM[1]:
            return "it is a DICOM, but no slide: save it as PNG or TIFF first, by DCMTK's dcm2img or pydicom"
        if start.startswith(_SEVEN):
            return "it is a 7z archive: unpack it, and give an image in it"
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _inside("zip", path, archive.namelist())
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                return _inside("tar", path, archive.getnames())
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, tarfile.TarError):
        pass
    return None


def _inside(kind: str, path: Path, names: list[str]) -> str:
    if any(name.rpartition("/")[2] in _ZARR for name in names):
        return f"it is a {kind} archive of a Zarr: unpack it, and give the folder"
    first = next((name for name in names if not name.endswith("/")), "NAME")
    return f"it is a {kind} archive: unpack it, or give an image in it: /vsi{kind}/{path.absolute()}/{first}"


def unreachable(path: Path) -> str | None:
    """Return why a file on the web that a library calls missing cannot be read; None if it is really missing."""
    if not (is_remote(path) and str(path).startswith("http")):
        return None
    try:
        with os_errors():
            cast(Any, path).fs.cat_file(str(path), start=0, end=1)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = first_line(error).partition(", url=")[0].replace(", message=", " ")
        return f"{reason}: {by_status(f'HTTP {reason}') or _SILENT}"
    return None
