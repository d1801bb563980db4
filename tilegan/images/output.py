"""Where results go: their default names, whether one may be written there, and a folder to build it in."""

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
    """The default name of an output: in the source's folder, of its kind where that can be written, else a TIFF.

    For an array inside a Zarr store it is beside the store, and of its kind.

    Args:
        source: the image.
        word: what tells the output from the source; letters that suit no file name become hyphens.

    Returns:
        ``<stem>.<word>.<ending>``.
    """
    word = re.sub(r"[^\w.-]+", "-", word)
    whole = next((folder for folder in reversed(source.parents) if folder.suffix.lower() == ".zarr"), source)
    ending = next((name.suffix for name in (source, whole) if kind_of_ending(name.suffix)), ".tif")
    return whole.with_name(".".join((whole.stem, *source.relative_to(whole).parts, word)) + ending)


def check_output(output: Path, overwrite: bool, source: Path | None = None) -> str:
    """Find out before any work whether a result can go to a path.

    Args:
        output: file or folder to be; here, or what ``locate`` gave for a URL.
        overwrite: whether one that is there may be replaced.
        source: what it is made from.

    Returns:
        Its kind (see ``kind_of``).

    Raises:
        OutputError: its ending is unknown, its folder is missing, it is the source itself, or what is there is of
            another kind and better not replaced.
        OutputExistsError: there is something, or what belonged to an image that was there, and it may not be replaced.
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
        # of a run that was killed while it placed its output, there may be one of its own
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
    """Refuse a place where a file lies that would be taken for a part of the output."""
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
    """Whether an output is the source itself, or one lies inside the other, so that writing would spoil it."""
    if is_remote(output) != is_remote(source):
        return False
    if not is_remote(output):
        if output.exists() and source.exists() and output.samefile(source):
            return True
        output, source = output.resolve(), source.resolve()
    return output == source or output in source.parents or source in output.parents


def is_store(path: Path) -> bool:
    """Whether a folder is a Zarr store, of anyone; one that ``Store`` has not finished is none yet.

    Raises:
        OSError: it cannot be found out.
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
    """A folder on the disk of an output, to build it in; it goes away afterwards, whatever comes.

    Raises:
        OutputError: in place of the system's errors of writing, as one line.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", suffix=".partial", dir=output.parent) as name:
            yield Path(name)
    except OSError as error:
        if isinstance(error, TileganError) and (error.__cause__ is None or not isinstance(error, OutputError)):
            raise
        raise explained(error, output.parent, "free some, then begin again") from error


def explained(error: OSError, folder: Path, cure: str) -> OutputError:
    """An error while writing to a folder, as one line.

    Args:
        error: of the system, or an ``OutputError`` caused by one.
        folder: where was written to.
        cure: what to do when there is no room left.
    """
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"no room left on the disk of {folder}: {cure}")
    if isinstance(error, OutputError):
        return error
    return OutputError(f"cannot write to {folder}: {cause.strerror or first_line(cause)}")
