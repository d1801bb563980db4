"""Write a procedural landscape of any size, to try things out on."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tilegan.errors import SettingError, TileganError
from tilegan.geometry import grid_cell
from tilegan.images.export import check_size, export
from tilegan.images.landscape import Landscape
from tilegan.images.output import check_output, explained, put_in_place
from tilegan.images.pyramid import reduced_shard
from tilegan.images.store import Store
from tilegan.progress import Progress, silent

SHARD = 1024  # pixels; a few megabytes, so that many can be in flight


@dataclass(frozen=True)
class SampleResult:
    """What was written.

    Attributes:
        output: the file or folder.
        height: in pixels.
        width: in pixels.
        seed: that the landscape was made from.
        seconds: that it took.
    """

    output: Path
    height: int
    width: int
    seed: int
    seconds: float


def sample(
    output: str | Path,
    height: int,
    width: int,
    *,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SampleResult:
    """Write a landscape, in bounded memory; it appears under its name when it is whole.

    Args:
        output: .zarr, .tif, .png or .jpg.
        height: in pixels, at least 1.
        width: in pixels, at least 1.
        seed: chooses the landscape; at least 0.
        overwrite: replace an output that is there.
        progress: told the pixels done, phases 'sample', 'pyramid' and 'export'.

    Raises:
        SettingError: height, width or seed is impossible.
        OutputExistsError: the output is there.
        OutputError: the output cannot be written, or cannot hold so many pixels.
    """
    started = time.perf_counter()
    if height < 1 or width < 1:
        raise SettingError(f"no image of {height} x {width} pixels: give a height and a width of at least 1")
    if seed < 0:
        raise SettingError(f"no seed {seed}: give 0 or more")
    output = Path(output)
    tell = progress or silent
    kind = check_output(output, overwrite)
    check_size(output, height, width)
    try:
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", suffix=".partial", dir=output.parent) as name:
            folder = Path(name)
            store = Store.create(folder / "store.zarr", height, width, shard=SHARD, name="landscape")
            _fill(store, Landscape(height, width, seed), tell)
            finished = store.path
            if kind == "zarr":
                _reduce(store, tell)
            else:
                finished = folder / f"image{output.suffix}"
                export(store, finished, progress=tell)
            put_in_place(finished, output, spare=folder / "replaced")
    except OSError as error:
        if isinstance(error, TileganError) and error.__cause__ is None:
            raise
        raise explained(error, output.parent, "free some, then begin again") from error
    return SampleResult(output, height, width, seed, time.perf_counter() - started)


def _fill(store: Store, landscape: Landscape, tell: Progress) -> None:
    """Write level 0."""
    rows, columns = store.grid(0)
    cells = list(product(range(rows), range(columns)))

    def paint(index: tuple[int, int]) -> int:
        cell = grid_cell(index, store.shard, landscape.height, landscape.width)
        store.write_shard(0, index, landscape.read(cell))
        return cell.height * cell.width

    done, total = 0, landscape.height * landscape.width
    tell("sample", 0, total)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for pixels in threads.map(paint, cells):
            done += pixels
            tell("sample", done, total)


def _reduce(store: Store, tell: Progress) -> None:
    """Write the smaller levels."""
    shapes = [store.shape(level) for level in range(1, store.levels)]
    done, total = 0, sum(height * width for height, width in shapes)
    for level in range(1, store.levels):
        rows, columns = store.grid(level)
        for index in product(range(rows), range(columns)):
            pixels = reduced_shard(store, level, index)
            store.write_shard(level, index, pixels)
            done += pixels.shape[0] * pixels.shape[1]
            tell("pyramid", done, total)
