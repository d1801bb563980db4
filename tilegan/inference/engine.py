"""Execution by Dask in threads of this process.

Dask receives a limited number of tasks at a time, each of strings and integers, so that its graph is small for any
image.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import dask.threaded

from tilegan.geometry import grid_cell
from tilegan.images.stores.store import Store
from tilegan.inference.schedule import Shard, needs, schedule
from tilegan.inference.task import Names, Work, keep_open, make_shard, stop_work
from tilegan.progress import Progress

AT_ONCE = 1024  # tasks in one graph: a few hundred kilobytes, with hardly any idle time between graphs


class ShardCounter:
    """Counts the pixels of finished shards and reports them, separately for level 0 and the pyramid."""

    def __init__(self, store: Store, levels: int, progress: Progress) -> None:
        areas = [height * width for height, width in map(store.shape, range(levels))]
        self.computed = 0
        self._store = store
        self._progress = progress
        self._done = {"stylize": 0, "pyramid": 0}
        self._totals = {"stylize": areas[0], "pyramid": sum(areas[1:])}
        progress("stylize", 0, areas[0])

    def add(self, shard: Shard, was_made: bool) -> None:
        """Add a finished shard, which was computed or existed already."""
        level, *index = shard
        cell = grid_cell((index[0], index[1]), self._store.shard, *self._store.shape(level))
        phase = "pyramid" if level else "stylize"
        self._done[phase] += cell.height * cell.width
        self.computed += cell.height * cell.width * (was_made and level == 0)
        self._progress(phase, self._done[phase], self._totals[phase])


def run_in_threads(names: Names, work: Work, progress: Progress) -> int:
    """Compute all missing shards in threads of this process.

    After an interrupt or a failure it stops at the next window; finished shards are kept.

    Args:
        names: names of the work, for the tasks.
        work: the open work; it cannot be used again.
        progress: called after each shard, in pixels of the store: 'stylize' for level 0, 'pyramid' for the others.

    Returns:
        Pixels of level 0 that were computed; the others existed.

    Raises:
        ImageError: the source is damaged.
        OutputError, OSError: the store or the journal cannot be written.
        TooLittleMemoryError: not even the least window fits.
    """
    keep_open(names, work)
    threads = work.limits.threads
    pool = ThreadPoolExecutor(threads, thread_name_prefix="shard")
    order = schedule(work.store, work.levels)
    try:
        tally = ShardCounter(work.store, work.levels, progress)
        # passed directly, since dask.callbacks applies to all threads; Dask calls it in this thread
        callbacks = [(None, None, None, lambda shard, was_made, *_: tally.add(shard, was_made), None)]
        while tasks := list(islice(order, AT_ONCE)):
            dask.threaded.get(_graph(names, work.store, tasks, threads), tasks, pool=pool, callbacks=callbacks)
    finally:
        work.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        stop_work(names)
    return tally.computed


def _graph(names: Names, store: Store, tasks: list[Shard], threads: int) -> dict[Shard, tuple[object, ...]]:
    """Return the tasks with their dependencies: the shards of the level below, and the task ``threads`` before.

    Without the latter Dask would start at the bottom, and some files decode from the top.
    """
    known = set(tasks)
    graph: dict[Shard, tuple[object, ...]] = {}
    for number, shard in enumerate(tasks):
        after = [below for below in needs(store, shard) if below in known]
        after += tasks[number - threads : number - threads + 1] if number >= threads else []
        graph[shard] = (make_shard, names, *shard, after)
    return graph
