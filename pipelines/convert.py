"""Export a finished store or a region of it, without computing it again."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilegan.errors import ImageError, OutputError
from tilegan.files import first_line, is_remote, is_there, locate
from tilegan.geometry import Window, grid_cell
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.checks import check_export, holds_opacity
from tilegan.images.formats.register import writer_of
from tilegan.images.metadata.origin import Origin
from tilegan.images.output import beside, check_output, is_store
from tilegan.images.publish import publish
from tilegan.images.stores.copied import CopiedStore, open_result
from tilegan.images.stores.opaque import OpaqueStore, is_opaque
from tilegan.images.stores.pyramid import build_levels
from tilegan.images.stores.store import ROOT, UNFINISHED, Store
from tilegan.images.written import remarks_on_store
from tilegan.inference.options import RunOptions
from tilegan.options import changed, takes
from tilegan.pipelines.region import window_of
from tilegan.progress import Progress, silent

# how to convert images of other programs
_OTHERS = "give a .zarr that `tilegan stylize` wrote; of others, `tilegan stylize ... --strength 0` writes copies"


@dataclass(frozen=True)
class ConvertResult:
    """The written output.

    Attributes:
        output: the file or folder.
        height: height in pixels.
        width: width in pixels.
        seconds: duration.
        notes: differences from the source of the store, one line each.
    """

    output: Path
    height: int
    width: int
    seconds: float
    notes: tuple[str, ...] = ()


OPTIONS = (RunOptions, "region", "overwrite")


@takes(OPTIONS)
def convert(
    store: str | Path,
    output: str | Path,
    *,
    options: ExportOptions | None = None,
    progress: Progress | None = None,
    **values: Any,
) -> ConvertResult:
    """Export a finished store to a file, or to another store; it appears under its name when it is complete.

    A region is one of the store.

    Args:
        store: folder of the store, or its URL; a copy with OME's metadata only is accepted as well.
        output: local path with the ending of a format that can be written.
        options: encoding, where the format offers a choice, and the version of OME-Zarr.
        progress: called with the output pixels done, phases 'copy' and 'pyramid' for a region or a store, and 'export'.
        **values: options by name.

    Raises:
        ImageError: the store is missing, unfinished, damaged or of another program.
        SettingError: the region is not inside.
        OutputExistsError: the output exists.
        OutputError: the output cannot be written, or cannot hold the store.
    """
    started = time.perf_counter()
    (run,) = changed(values, OPTIONS)
    path, output, tell = locate(store), locate(output), progress or silent
    if is_remote(output):
        raise OutputError(f"cannot convert to object storage: {output}: give a local file or folder")
    options = options or ExportOptions()
    source = _open(path)
    kind = check_output(output, run.overwrite, path)
    writer = writer_of(kind)
    window = window_of(run.region, *source.shape(0))
    opacity = source.origin.opacity if source.origin is not None else None
    if source.channels == 4 and not holds_opacity(output, opacity, options):
        source = _opaque(source, window)
    check_export(output, window.height, window.width, source.dtype, source.channels, opacity, options)
    with beside(output) as folder:
        # a copy need not have the levels of a store
        is_part = run.region is not None or (isinstance(source, CopiedStore) and writer.holds_levels)
        if writer.is_store(options) or is_part:
            source = _part(source, window, folder / "store.zarr", tell, strip=options.strip)
            if writer.holds_levels:
                build_levels(source, tell)
        notes = publish(source, output, folder, options, overwrite=run.overwrite, progress=tell)
        notes += remarks_on_store(source.origin or Origin(), kind, options)
    return ConvertResult(output, window.height, window.width, time.perf_counter() - started, notes)


def _open(path: Path) -> Store:
    try:
        if not is_there(path):
            raise ImageError(f"no such store: {path}: check the name")
        if not is_store(path):
            if is_there(path / UNFINISHED):
                raise ImageError(f"unfinished: {path}: finish it first: the command that began it, with --resume")
            raise ImageError(f"not a store of tilegan: {path}: it has no {ROOT}: {_OTHERS}")
    except ImageError:
        raise
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror or first_line(error)}") from error
    try:
        return open_result(path)
    except ImageError as error:
        if isinstance(error.__cause__, (KeyError, FileNotFoundError)):
            raise ImageError(f"not a store of tilegan: {path}: another program wrote it: {_OTHERS}") from error
        raise


def _opaque(store: Store, window: Window) -> Store:
    """Return the store without its opacity if a whole window is opaque."""
    return OpaqueStore(store) if is_opaque(lambda part: store.read(0, part)[..., 3], window, store.shard) else store


def _part(store: Store, window: Window, path: Path, tell: Progress, *, strip: bool) -> Store:
    """Create a store with level 0 of a window of another one, without personal metadata if requested."""
    origin = store.origin.stripped() if store.origin is not None and strip else store.origin
    if origin is not None and origin.geo is not None and (window.height, window.width) != store.shape(0):
        origin = replace(origin, geo=origin.geo.scaled(*store.shape(0))).part(window)
    part = Store.create(
        path,
        window.height,
        window.width,
        shard=store.shard,
        chunk=store.chunk,
        levels=store.dtype,
        channels=store.channels,
        origin=origin,
        name=store.name,
        made=store.made if (window.height, window.width) == store.shape(0) else None,
    )
    rows, columns = part.grid(0)
    done, total = 0, window.height * window.width
    for index in ((row, column) for row in range(rows) for column in range(columns)):
        cell = grid_cell(index, part.shard, window.height, window.width)
        place = Window(window.top + cell.top, window.left + cell.left, cell.height, cell.width)
        part.write_shard(0, index, store.read(0, place))
        done += cell.height * cell.width
        tell("copy", done, total)
    return part
