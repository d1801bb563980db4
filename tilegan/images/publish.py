"""Move a finished store to its final name, or export it to a file, in bounded memory and in one step."""

import os
from pathlib import Path

from tilegan.errors import OutputExistsError
from tilegan.files import is_there, remove_tree
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.format import Writing
from tilegan.images.formats.register import endings, kind_of, kind_of_ending, writer_of
from tilegan.images.metadata.sidecar import companions, sidecar_of, write_georeference
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
        store: store with all levels if the format has levels; it is moved if a store is asked for.
        output: final name, accepted by ``check_output`` and ``check_export``.
        staging: folder on the same disk, for unfinished files.
        options: encoding, where the format offers a choice.
        overwrite: whether an existing output may be replaced.
        progress: called with the output pixels done, phase 'export'.

    Returns:
        Differences from the source of the store, one line each.

    Raises:
        OutputExistsError: something has appeared under the name, and may not be replaced.
        OSError: the disk is full or fails otherwise.
        ImageError: the store is damaged.
    """
    finished, notes = as_asked(store, output, staging, options, progress)
    put_in_place(finished, output, staging / "replaced", overwrite)
    return notes


def as_asked(
    store: Store, output: Path, staging: Path, options: ExportOptions | None = None, progress: Progress = silent
) -> tuple[Path, tuple[str, ...]]:
    """Write an output to a folder of unfinished work; return its path there, and notes; see ``publish``."""
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
        os.sync()  # there may be too many files to sync one by one
        return path, notes
    height, width = store.shape(0)
    if writer.geo_driver != "":
        geo = origin.geo.scaled(height, width) if origin.geo is not None else None
        notes += write_georeference(path, kind, writer.geo_driver, geo)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return path, notes


def put_in_place(finished: Path, output: Path, spare: Path, overwrite: bool) -> None:
    """Finish a store and give a result its final name; an existing output is removed only now.

    Args:
        finished: file or folder on the same disk; on object storage, which cannot rename, the output itself.
        output: final name.
        spare: free name on the same disk, for a folder that is replaced.
        overwrite: whether an existing output may be replaced.

    Raises:
        OutputExistsError: the output exists, and may not be replaced.
        OutputError, OSError: it cannot be written or renamed.
    """
    if is_there(finished / UNFINISHED):
        Store.open(finished).finish()
    if finished == output:
        return
    if spare.is_dir():  # left by a killed process
        remove_tree(spare)
    move_to(output, finished, spare, overwrite)


def move_to(output: Path, finished: Path, spare: Path, overwrite: bool) -> None:
    """Give a finished local file or folder its final name, and its companions (tiles, sidecar) theirs.

    Args:
        output: final name.
        finished: file or folder on the same disk.
        spare: free name on the same disk, for a folder that is replaced.
        overwrite: whether an existing output may be replaced; it may have appeared after ``check_output``. Files that
            GDAL would read with it are removed, too.

    Raises:
        OutputExistsError: the output exists, and may not be replaced.
        OSError: it cannot be renamed.
    """
    built, folder = companion_of(finished, output), companion_of(output, output)
    has_folder = built is not None and built.is_dir()
    for existing in filter(None, (output, folder if has_folder else None)):
        if not overwrite and os.path.lexists(existing):
            raise OutputExistsError(f"{existing} has appeared meanwhile: move it away, or --overwrite to replace it")
    if built is not None and folder is not None and has_folder:
        output.unlink(missing_ok=True)  # otherwise it would refer to other tiles for a moment
        if folder.is_dir():
            folder.rename(spare)
        built.rename(folder)
    elif output.is_dir():
        output.rename(spare)
    finish_moving(output, finished)


def finish_moving(output: Path, finished: Path) -> None:
    """Do the last step of ``move_to``: rename the finished file or folder itself, and its sidecar.

    Raises:
        OSError: it cannot be renamed.
    """
    for stale in companions(output):
        stale.unlink(missing_ok=True)
    if sidecar_of(finished).is_file():
        sidecar_of(finished).replace(sidecar_of(output))
    finished.replace(output)


def companion_of(path: Path, output: Path) -> Path | None:
    """Return the folder that belongs to a file, if the format of an output's name has such folders."""
    kind = kind_of_ending(output.suffix)
    companion = writer_of(kind).companion if kind is not None else None
    return companion.of(path) if companion is not None else None
