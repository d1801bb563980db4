"""One Dask task per output shard: read, translate, write once; then the pyramid, level by level, in the same way.

A task is strings and integers only. All else is in the work folder, so that any process can do any task:
``store.zarr``, ``journal`` and ``translator.safetensors``; a process opens each folder once and keeps it open.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Lock

import dask.threaded
import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import grid_cell
from tilegan.images.pyramid import reduced_shard
from tilegan.images.source import Source, open_source
from tilegan.images.store import Store
from tilegan.inference.blocks import block_window, read_block, translate_block
from tilegan.inference.journal import Journal, read_record
from tilegan.inference.plan import Plan, cut_of
from tilegan.progress import Progress
from tilegan.translator import Translator, load

STORE, JOURNAL, TRANSLATOR = "store.zarr", "journal", "translator.safetensors"
# One shard is read and one is written while one is computed; more would only hold more pixels.
THREADS = 3


class Stopped(Exception):  # noqa: N818 - not an error: how a thread leaves its work when the run is stopped
    """The run was stopped; never leaves this module."""


@dataclass
class Work:
    """What the tasks of one work folder need, open in this process.

    Attributes:
        forward: the one thread that computes; one forward pass at a time keeps all cores or the device busy.
        stop: set when the run ends early; tasks leave at the next window.
    """

    source: Source
    store: Store
    journal: Journal
    translator: Translator
    plan: Plan
    forward: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="forward"))
    stop: Event = field(default_factory=Event)

    def area(self, level: int) -> int:
        """Pixels of a level of the store."""
        height, width = self.store.shape(level)
        return height * width


_open_work: dict[tuple[str, str], Work] = {}
_lock = Lock()


def open_work(source: str, folder: str) -> Work:
    """The open work of a folder in this process; opened at the first call.

    Raises:
        ImageError, ModelError: a part of it cannot be opened.
    """
    with _lock:
        if (source, folder) not in _open_work:
            record = read_record(Path(folder) / JOURNAL)
            assert record is not None, f"no work was begun in {folder}"
            plan = Plan(**record["settings"])
            translator = load(Path(folder) / TRANSLATOR, plan.device, plan.precision)
            _open_work[source, folder] = assemble(open_source(source), Path(folder), translator, plan)
        return _open_work[source, folder]


def assemble(source: Source, folder: Path, translator: Translator, plan: Plan) -> Work:
    """Work from parts that are open already, on the store that is in the folder.

    Raises:
        ImageError: there is no store.
    """
    store = Store.open(folder / STORE)
    return Work(source, store, Journal(folder / JOURNAL, store), translator, plan)


def make_shard(source: str, folder: str, level: int, row: int, column: int, after: bool | None = None) -> bool:  # noqa: ARG001
    """The task: bring one shard of one level to the store, unless it is there.

    Args:
        source: path of the image.
        folder: the work folder.
        level: pyramid level.
        row: of the shard.
        column: of the shard.
        after: what an earlier task returned that this one waits for; not looked at.

    Returns:
        Whether it had to be made.
    """
    work = open_work(source, folder)
    if work.stop.is_set():
        raise Stopped
    index = (row, column)
    if work.journal.holds(level, index):
        return False
    pixels = _stylized_shard(work, index) if level == 0 else reduced_shard(work.store, level, index)
    work.journal.write(level, index, pixels)
    return True


def _stylized_shard(work: Work, index: tuple[int, int]) -> NDArray[np.uint8]:
    translator, source = work.translator, work.source
    cut = cut_of(work.plan, translator)
    cell = grid_cell(index, work.plan.shard, source.height, source.width)
    block = read_block(source, block_window(cell, cut.unit, cut.halo))
    arguments = (partial(_forward, work), block, cut.side, cut.batch, cut.halo, translator.scale)
    pixels = work.forward.submit(translate_block, *arguments).result()
    return pixels[: cell.height * translator.scale, : cell.width * translator.scale]


def _forward(work: Work, windows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if work.stop.is_set():
        raise Stopped
    return work.translator.run(windows)


def run_work(source: Path, folder: Path, work: Work, progress: Progress, *, pyramid: bool = True) -> int:
    """Make every shard of every level that is not there yet.

    Interrupted or failed, it stops at the next window; what is finished stays so.

    Args:
        source: path of the image.
        folder: the work folder.
        work: both, open; tasks in this process use it. It cannot be used again.
        progress: told after each shard, in pixels of the store: 'stylize' for level 0, then 'pyramid'.
        pyramid: whether to make the levels above 0.

    Returns:
        Pixels of level 0 that had to be computed; the others were there.

    Raises:
        ImageError: the source is damaged.
        OutputError, OSError: the store or the journal cannot be written.
    """
    names = str(source), str(folder)
    with _lock:
        _open_work[names] = work
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="shard")
    try:
        total = work.area(0)
        computed = _make_level(names, work, 0, pool, partial(_tell, progress, "stylize", 0, total))
        levels = range(1, work.store.levels) if pyramid else range(0)
        before, total = 0, sum(map(work.area, levels))
        for level in levels:
            _make_level(names, work, level, pool, partial(_tell, progress, "pyramid", before, total))
            before += work.area(level)
        return computed
    finally:
        work.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        work.forward.shutdown(wait=True)
        with _lock:
            del _open_work[names]


def _tell(progress: Progress, phase: str, before: int, total: int, done: int) -> None:
    progress(phase, before + done, total)


def _make_level(
    names: tuple[str, str], work: Work, level: int, pool: ThreadPoolExecutor, tell: Callable[[int], None]
) -> int:
    """Make the shards of one level; tells of the pixels done, and returns those that had to be made."""
    rows, columns = work.store.grid(level)
    indices = [(level, row, column) for row in range(rows) for column in range(columns)]
    done = made = 0

    def finished(key: tuple[int, int, int], was_made: bool, *_: object) -> None:
        nonlocal done, made
        cell = grid_cell(key[1:], work.store.shard, *work.store.shape(level))
        done += cell.height * cell.width
        made += cell.height * cell.width * was_made
        tell(done)

    tell(0)
    # given directly, and not as dask.callbacks does for all threads at once; Dask calls it in this thread
    callbacks = [(None, None, None, finished, None)]
    # each task waits for the one THREADS before it: Dask would start at the bottom, and some files decode from the top
    waits = [None] * THREADS + indices
    graph = {index: (make_shard, *names, *index, after) for index, after in zip(indices, waits, strict=False)}
    dask.threaded.get(graph, indices, pool=pool, callbacks=callbacks)
    return made
