"""Output paths: default names, checks before any work, and a folder to build results in."""

import errno
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError, TileganError
from tilegan.files import first_line, is_remote, is_there, locate
from tilegan.images.formats.format import Companion
from tilegan.images.formats.register import endings, kind_of, kind_of_ending, writer_of
from tilegan.images.metadata.sidecar import companions
from tilegan.images.stores.store import UNFINISHED


def name_beside(source: Path, word: str) -> Path:
    """Return the default name of an output: in the source's folder, of its kind if that can be written, else a TIFF.

    For an array inside a Zarr store it is beside the store, and of its kind.

    Args:
        source: path of the image.
        word: suffix that distinguishes the output from the source; characters unsuited for file names become hyphens.

    Returns:
        ``<stem>.<word>.<ending>``.
    """
    word = re.sub(r"[^\w.-]+", "-", word)
    whole = next((folder for folder in reversed(source.parents) if folder.suffix.lower() == ".zarr"), source)
    ending = next((name.suffix for name in (source, whole) if kind_of_ending(name.suffix)), ".tif")
    return whole.with_name(".".join((whole.stem, *source.relative_to(whole).parts, word)) + ending)


def check_output(output: Path, overwrite: bool, source: Path | None = None) -> str:
    """Check before any work whether a result can be written to a path.

    Args:
        output: file or folder, local or found by ``locate``.
        overwrite: whether an existing one may be replaced.
        source: path that it is made from.

    Returns:
        Its kind (see ``kind_of``).

    Raises:
        OutputError: its ending is unknown, its folder is missing, it is the source itself, or something of another kind
            exists, which is safer not replaced.
        OutputExistsError: it exists, or files of an earlier image of that name do, and may not be replaced.
    """
    kind = kind_of(output)
    writer = writer_of(kind)
    if is_remote(output):
        _check_url(output, overwrite, source)
        return kind
    if not output.parent.is_dir():
        raise OutputError(f"no folder {output.parent} to write {output.name} to: make it first")
    places = [output, *([writer.companion.of(output)] if writer.companion else [])]
    if source is not None and any(overlaps(place, source) for place in places):
        raise OutputError(f"{output} is the source itself, or one lies in the other: give the output another name")
    if writer.companion is not None:
        _check_companion(writer.companion, output, overwrite)
    if not output.exists() and not output.is_symlink():
        # a run that was killed while it moved its output may have left its own
        if not overwrite and not output.with_name(f"{output.name}.partial").exists():
            _check_companions(output)
        return kind
    if not overwrite:
        raise OutputExistsError(f"{output} exists: give another name, or --overwrite to replace it")
    store_there = output.is_dir() and is_store(output)
    if store_there != writer.is_folder or (output.is_dir() and not store_there):
        raise OutputError(f"{output} is no {kind} to replace: give another name, or remove it first")
    return kind


def _check_companions(output: Path) -> None:
    """Refuse an output beside which a stale file exists that would be read as a part of it."""
    if stale := companions(output):
        raise OutputExistsError(
            f"{stale[0]} exists, without its image, and would be read with {output.name}: remove it, or --overwrite"
        )


def _check_companion(companion: Companion, output: Path, overwrite: bool) -> None:
    folder = companion.of(output)
    if not folder.exists() and not folder.is_symlink():
        return
    if not overwrite:
        raise OutputExistsError(f"{folder} exists: give another name, or --overwrite to replace it")
    if not companion.is_ours(folder):
        raise OutputError(f"{folder} is no {companion.what} to replace: give another name, or remove it first")


def _check_url(output: Path, overwrite: bool, source: Path | None) -> None:
    if str(output).startswith("http"):
        raise OutputError(f"cannot write to the web: {output}: give an s3:// or gs:// URL, or a local file")
    kind = kind_of(output)
    if not writer_of(kind).is_folder:
        stores = endings(lambda other: other.is_folder)
        raise OutputError(f"cannot write a {kind} to object storage: {output}: write a {stores} there, or a local file")
    if source is not None and overlaps(output, source):
        raise OutputError(f"{output} is the source itself, or one lies in the other: give the output another name")
    try:
        if is_store(output):
            if not overwrite:
                raise OutputExistsError(f"{output} exists: give another name, or --overwrite to replace it")
        elif not is_there(output / UNFINISHED) and is_there(output):
            raise OutputError(f"{output} is no zarr to replace: give another name, or remove it first")
    except OutputError:
        raise
    except OSError as error:
        raise explained(error, output.parent, "free some") from error


def overlaps(output: Path, source: Path) -> bool:
    """Whether an output is the source itself, or one lies inside the other, so that writing would damage it."""
    if is_remote(output) != is_remote(source):
        return False
    if not is_remote(output):
        if output.exists() and source.exists() and output.samefile(source):
            return True
        output, source = output.resolve(), source.resolve()
    return output == source or output in source.parents or source in output.parents


def is_store(path: Path) -> bool:
    """Whether a folder is any Zarr store; one that ``Store`` has not finished is not.

    Raises:
        OSError: it cannot be queried.
    """
    return any(is_there(path / name) for name in ("zarr.json", ".zgroup", ".zarray"))


def is_folder_of_images(path: str | Path) -> bool:
    """Whether a path is a folder on this disk, and no image, finished or not."""
    path = locate(path)
    if is_remote(path) or not path.is_dir():
        return False
    return path.suffix.lower() != ".zarr" and not is_store(path) and not is_there(path / UNFINISHED)


@contextmanager
def beside(output: Path) -> Iterator[Path]:
    """Create a temporary folder on the disk of an output, and remove it at the end.

    Raises:
        OutputError: an OS error of writing, as one line.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", suffix=".partial", dir=output.parent) as name:
            yield Path(name)
    except OSError as error:
        if isinstance(error, TileganError) and (error.__cause__ is None or not isinstance(error, OutputError)):
            raise
        raise explained(error, output.parent, "free some, then start again") from error


def explained(error: OSError, folder: Path, cure: str) -> OutputError:
    """Return an error of writing to a folder as one line.

    Args:
        error: an OS error, or an ``OutputError`` caused by one.
        folder: folder that was written to.
        cure: what to do if the disk is full.
    """
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"no room left on the disk of {folder}: {cure}")
    if isinstance(error, OutputError):
        return error
    return OutputError(f"cannot write to {folder}: {cause.strerror or first_line(cause)}")
