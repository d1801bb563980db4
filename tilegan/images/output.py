"""Results under their final names: whether one may be written there, and how it gets there in one step."""

import errno
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError
from tilegan.images.export import kind_of


def check_output(output: Path, overwrite: bool, source: Path | None = None) -> str:
    """Find out before any work whether a result can go to a path.

    Args:
        output: file or folder to be.
        overwrite: whether one that is there may be replaced.
        source: what it is made from.

    Returns:
        Its kind (see ``kind_of``).

    Raises:
        OutputError: its ending is unknown, its folder is missing, it is the source itself, or what is there is of
            another kind and better not replaced.
        OutputExistsError: there is something, and it may not be replaced.
    """
    kind = kind_of(output)
    if not output.parent.is_dir():
        raise OutputError(f"no folder {output.parent} to write {output.name} to: make it first")
    if not output.exists() and not output.is_symlink():
        return kind
    if source is not None and source.exists() and output.exists() and output.samefile(source):
        raise OutputError(f"{output} is the source itself: give the output another name")
    if not overwrite:
        raise OutputExistsError(f"{output} exists: give another name, or overwrite to replace it")
    is_store = output.is_dir() and any((output / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))
    if is_store != (kind == "zarr") or (output.is_dir() and not is_store):
        raise OutputError(f"{output} is no {kind} to replace: give another name, or remove it first")
    return kind


def put_in_place(finished: Path, output: Path, spare: Path) -> None:
    """Give a finished result its final name; what had it before goes only now.

    Args:
        finished: file or folder on the same disk.
        output: the final name.
        spare: free name on the same disk, where a folder that is replaced goes.

    Raises:
        OSError: it cannot be renamed.
    """
    if output.is_dir():
        output.rename(spare)
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
    return OutputError(f"cannot write to {folder}: {cause.strerror or cause}")
