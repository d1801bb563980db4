"""Results under their final names: whether one may be written there, and how it gets there in one step."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError, TileganError
from tilegan.files import first_line, is_remote, is_there, locate, remove_tree
from tilegan.images.formats import FORMATS, kind_of
from tilegan.images.metadata.sidecar import companions, sidecar_of
from tilegan.images.stores.store import UNFINISHED, Store
from tilegan.images.writers.dzi import tiles_of


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
    ending = next((name.suffix for name in (source, whole) if name.suffix.lower() in FORMATS), ".tif")
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
    if is_remote(output):
        _check_url(output, kind, overwrite, source)
        return kind
    if not output.parent.is_dir():
        raise OutputError(f"no folder {output.parent} to write {output.name} to: make it first")
    places = [output, tiles_of(output)] if kind == "dzi" else [output]
    if source is not None and any(overlaps(place, source) for place in places):
        raise OutputError(f"{output} is the source itself, or one lies in the other: give the output another name")
    for tiles in places[1:]:
        _check_tiles(tiles, overwrite)
    if not output.exists() and not output.is_symlink():
        # of a run that was killed while it placed its output, there may be one of its own
        if not overwrite and not output.with_name(f"{output.name}.partial").exists():
            _check_companions(output)
        return kind
    if not overwrite:
        raise OutputExistsError(f"{output} exists: give another name, or --overwrite to replace it")
    store_there = output.is_dir() and is_store(output)
    if store_there != (kind == "zarr") or (output.is_dir() and not store_there):
        raise OutputError(f"{output} is no {kind} to replace: give another name, or remove it first")
    return kind


def _check_companions(output: Path) -> None:
    """Refuse a place where a file lies that would be taken for a part of the output."""
    if stale := companions(output):
        raise OutputExistsError(
            f"{stale[0]} exists, without its image, and would be read with {output.name}: remove it, or --overwrite"
        )


def _check_tiles(tiles: Path, overwrite: bool) -> None:
    if not tiles.exists() and not tiles.is_symlink():
        return
    if not overwrite:
        raise OutputExistsError(f"{tiles} exists: give another name, or --overwrite to replace it")
    if not tiles.is_dir() or not all(entry.name.isdecimal() for entry in tiles.iterdir()):
        raise OutputError(f"{tiles} is no folder of tiles to replace: give another name, or remove it first")


def _check_url(output: Path, kind: str, overwrite: bool, source: Path | None) -> None:
    if str(output).startswith("http"):
        raise OutputError(f"cannot write to the web: {output}: give an s3:// or gs:// URL, or a local file")
    if kind != "zarr":
        raise OutputError(f"cannot write a {kind} to object storage: {output}: write a .zarr there, or a local file")
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


def put_in_place(finished: Path, output: Path, spare: Path, overwrite: bool) -> None:
    """Finish a store, and give a result its final name; what had it before goes only now.

    Args:
        finished: file or folder on the same disk; on object storage, which renames nothing, the output itself.
        output: the final name.
        spare: name on the same disk, where a folder that is replaced goes.
        overwrite: whether what is there may be replaced.

    Raises:
        OutputExistsError: there is something, and it may not be replaced.
        OutputError, OSError: it cannot be written or renamed.
    """
    if is_there(finished / UNFINISHED):
        Store.open(finished).finish()
    if finished == output:
        return
    if spare.is_dir():  # a kill left it
        remove_tree(spare)
    move_to(output, finished, spare, overwrite)


def move_to(output: Path, finished: Path, spare: Path, overwrite: bool) -> None:
    """Give a finished file or folder of this disk its final name, and what belongs to it (tiles, sidecar) theirs.

    Args:
        output: the final name.
        finished: on the same disk.
        spare: free name on the same disk, where a folder that is replaced goes.
        overwrite: whether what is there may be replaced; it may have come after ``check_output``. What GDAL would
            read with it goes too.

    Raises:
        OutputExistsError: there is something, and it may not be replaced.
        OSError: it cannot be renamed.
    """
    tiled = tiles_of(finished).is_dir()
    for place in (output, tiles_of(output)) if tiled else (output,):
        if not overwrite and os.path.lexists(place):
            raise OutputExistsError(f"{place} has appeared meanwhile: move it away, or --overwrite to replace it")
    if tiled:
        output.unlink(missing_ok=True)  # or it would for a moment name other tiles
        if tiles_of(output).is_dir():
            tiles_of(output).rename(spare)
        tiles_of(finished).rename(tiles_of(output))
    elif output.is_dir():
        output.rename(spare)
    finish_moving(output, finished)


def finish_moving(output: Path, finished: Path) -> None:
    """What ``move_to`` does last: to rename the finished file or folder itself, and its sidecar.

    Raises:
        OSError: it cannot be renamed.
    """
    for stale in companions(output):
        stale.unlink(missing_ok=True)
    if sidecar_of(finished).is_file():
        sidecar_of(finished).replace(sidecar_of(output))
    finished.replace(output)


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
