"""What the scheduler costs a shard: nothing is read, computed or written.

    python benchmarks/overhead.py [--shards 10000,100000] [--engines threads,cluster] [--workers 2]

The engine's own loops (`run_in_threads`, `run_on_cluster`) over all shards of a pyramid that is only a shape; the task
`make_shard` is replaced by one that returns at once. `cluster` is the one that `--workers N` starts: processes on this
machine, whose start is left out. Milliseconds are wall time by shards, all levels counted; beside it the processor time
of this process alone, which is what is left where workers have cores of their own. Memory is the growth of this
process, which holds the graph and the scheduler, from just before to its peak, sampled every 256 shards. Each case is
measured in a process of its own, once after a warm-up of 1,000 shards.

Aims: threads below 1 ms, cluster below 5 ms, memory below 100 MB.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from threading import Event
from types import SimpleNamespace
from typing import Any

import psutil
from common import MIB, parser, report, seconds_of

SHARD = 2048
THREADS = 3


def nothing(*_: object) -> bool:
    """The stand-in for `make_shard`."""
    return True


def patch_worker() -> None:
    """In a worker: let the task do nothing."""
    import tilegan.inference.task

    tilegan.inference.task.make_shard = lambda *_: True


class ShapeOnly:
    """A store of about so many shards, all levels counted, that is nowhere."""

    shard = SHARD

    def __init__(self, shards: int) -> None:
        side = isqrt(shards * 3 // 4)
        self._shapes = [(side * SHARD, side * SHARD)]
        while self._shapes[-1][0] > 256:
            height, width = self._shapes[-1]
            self._shapes.append((-(-height // 2), -(-width // 2)))
        self.levels = len(self._shapes)

    def shape(self, level: int) -> tuple[int, int]:
        """As `Store.shape`."""
        return self._shapes[level]

    def grid(self, level: int) -> tuple[int, int]:
        """As `Store.grid`."""
        height, width = self._shapes[level]
        return -(-height // SHARD), -(-width // SHARD)


def work_on(shards: int) -> Any:
    """What the engine's loops look at of a `Work`."""
    store = ShapeOnly(shards)
    return SimpleNamespace(
        store=store,
        levels=store.levels,
        limits=SimpleNamespace(threads=THREADS),
        stop=Event(),
        forward=ThreadPoolExecutor(1),
    )


def measure(engine: str, shards: int, workers: int) -> dict[str, Any]:
    """Milliseconds a shard and growth of memory, in this process."""
    own, seen = psutil.Process(), dict[str, float](tasks=0, peak=0)

    def progress(*_: object) -> None:
        seen["tasks"] += 1
        if seen["tasks"] % 256 == 1:
            seen["peak"] = max(seen["peak"], own.memory_info().rss)

    def timed(run: Any) -> float:
        run(("", "", "warm-up"), work_on(1000), progress)
        seen.update(tasks=0, peak=0, before=own.memory_info().rss)
        before = time.process_time()
        seconds = seconds_of(lambda: run(("", "", "run"), work_on(shards), progress))
        seen["processor"] = time.process_time() - before
        seen["peak"] = max(seen["peak"], own.memory_info().rss)
        return seconds

    if engine == "threads":
        import tilegan.inference.engine as threads_engine

        threads_engine.make_shard = nothing
        seconds = timed(threads_engine.run_in_threads)
    else:
        from tilegan.inference.cluster import local_cluster, run_on_cluster

        with local_cluster(workers, THREADS) as client:
            client.run(patch_worker)
            seconds = timed(lambda names, work, tell: run_on_cluster(client, names, work, tell))
    tasks = int(seen["tasks"]) - 1  # the first call tells that nothing is done
    return {
        "engine": engine,
        "shards": tasks,
        "ms a shard": 1000 * seconds / tasks,
        "processor ms": 1000 * seen["processor"] / tasks,
        "memory before MiB": seen["before"] / MIB,
        "growth MiB": (seen["peak"] - seen["before"]) / MIB,
    }


def main() -> None:
    """Measure each case in a process of its own, and print."""
    options = parser(__doc__, rounds=1)
    options.add_argument("--shards", default="10000,100000", help="with commas")
    options.add_argument("--engines", default="threads,cluster", help="with commas")
    options.add_argument("--workers", type=int, default=2, help="of the cluster [2]")
    options.add_argument("--one", help="measure this engine alone, in this process")
    given = options.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, int(given.shards), given.workers)))
        return
    rows = []
    for engine in given.engines.split(","):
        for shards in given.shards.split(","):
            command = [sys.executable, __file__, "--one", engine, "--shards", shards, "--workers", str(given.workers)]
            printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            rows.append(json.loads(printed.splitlines()[-1]))
    report(rows, given.json, workers=given.workers)


if __name__ == "__main__":
    main()
