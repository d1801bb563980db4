"""A finished store under its final name: as it is, or as an ordinary file; in bounded memory, and in one step."""

import os
import shutil
from pathlib import Path

from tilegan.errors import OutputError, OutputExistsError, TileganError
from tilegan.files import first_line, is_there, remove_tree
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.checks import check_export
from tilegan.images.formats.format import Writing
from tilegan.images.formats.register import endings, kind_of, kind_of_ending, writer_of
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.sidecar import companions, sidecar_of, write_place
from tilegan.images.stores.store import UNFINISHED, Store
from tilegan.images.written import WrittenStore, origin_written
from tilegan.progress import Progress, silent


def publish(
    store: Store,
    output: Path,
    staging: Path,
    options: ExportOptions | None = None,
    *,
    overwrite: bool,
    progress: Progress = silent,
) -> tuple[str, ...]:
    """Give a finished store its final name, or write it as the file that the name asks for.

    Args:
        store: with all levels where the format has levels; it is moved if a store is asked for.
        output: the final name, which ``check_output`` and ``check_export`` allowed.
        staging: a folder on the same disk, for what is not finished.
        options: how it is encoded, where its format leaves a choice.
        overwrite: whether what is there may be replaced.
        progress: told the output pixels done, phase 'export'.

    Returns:
        What is written otherwise than it was in the image that the store was made from, a line each.

    Raises:
        OutputExistsError: something has appeared under the name, and may not be replaced.
        OSError: the disk is full, or something else is wrong with it.
        ImageError: the store is damaged.
    """
    finished, notes = as_asked(store, output, staging, options, progress)
    put_in_place(finished, output, staging / "replaced", overwrite)
    return notes


def as_asked(
    store: Store, output: Path, staging: Path, options: ExportOptions | None = None, progress: Progress = silent
) -> tuple[Path, tuple[str, ...]]:
    """What an output asks for, under a name in a folder of unfinished work, and notes; see ``publish``."""
    options, kind = options or ExportOptions(), kind_of(output)
    writer = writer_of(kind)
    if writer.is_store(options):
        return store.path, ()
    path = staging / f"image{output.suffix}"
    made = store.made.encoded(**writer.deciding(options)) if store.made is not None else None
    origin, notes = origin_written(store, kind, options)
    notes += writer.write(Writing(path, WrittenStore(store, origin), options, made, progress))
    if not writer.holds_measures and any(band.is_measure for band in origin.bands):
        others = endings(lambda other: other.holds_measures, "and")
        notes += (f"scale, offset and unit of its bands are left out: {kind} holds none: {others} do",)
    if path.is_dir():
        os.sync()  # there may be too many files to be waited for one by one
        return path, notes
    height, width = store.shape(0)
    if writer.place != "":
        geo = origin.geo.scaled(height, width) if origin.geo is not None else None
        notes += write_place(path, kind, writer.place, geo)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return path, notes


def export(
    store: Store, path: str | Path, options: ExportOptions | None = None, progress: Progress = silent
) -> tuple[str, ...]:
    """Write level 0 of a finished store to a file; nothing appears under its name before it is whole.

    Each file tells what made it, if the store does. What a format holds is told by its ``Writer``; the place that it
    cannot hold goes to a file beside it (see ``sidecar_of``).

    Args:
        store: with level 0 complete, and all levels for a format that holds levels.
        path: the file; one that is there is replaced.
        options: how it is encoded, where its format leaves a choice.
        progress: told the output pixels done, phase 'export'.

    Returns:
        What is written otherwise than it was in the image that the store was made from, a line each.

    Raises:
        OutputError: the ending is unknown, the format cannot hold the image, or the disk is full.
        ImageError: the store is damaged.
    """
    path, options = Path(path), options or ExportOptions()
    opacity = (store.origin or Origin()).opacity
    check_export(path, *store.shape(0), store.dtype, store.channels, opacity, options)
    if writer_of(kind_of(path)).is_store(options):
        raise OutputError(f"cannot export to {path}: a store is one already: rename {store.path}")
    folder = path.with_name(f"{path.name}.export")
    try:
        if folder.is_dir():  # a kill left it
            shutil.rmtree(folder)
        folder.mkdir()
        return publish(store, path, folder, options, overwrite=True, progress=progress)
    except TileganError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or first_line(error)}") from error
    finally:
        try:
            folder.rmdir()  # where all went well, it is empty
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)


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
    built, folder = companion_of(finished, output), companion_of(output, output)
    has_folder = built is not None and built.is_dir()
    for place in filter(None, (output, folder if has_folder else None)):
        if not overwrite and os.path.lexists(place):
            raise OutputExistsError(f"{place} has appeared meanwhile: move it away, or --overwrite to replace it")
    if built is not None and folder is not None and has_folder:
        output.unlink(missing_ok=True)  # or it would for a moment name other tiles
        if folder.is_dir():
            folder.rename(spare)
        built.rename(folder)
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


def companion_of(path: Path, output: Path) -> Path | None:
    """The folder that belongs to a file, if the format that the name of an output asks for has such folders."""
    kind = kind_of_ending(output.suffix)
    companion = writer_of(kind).companion if kind is not None else None
    return companion.of(path) if companion is not None else None
