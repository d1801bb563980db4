"""How much faster two worker processes are than one, each on a core of its own.

    python benchmarks/workers.py [--height 4096 --width 8192]

Two Dask clusters run on this machine, one of a single worker on core 0 and one of two on cores 0 and 1, each worker
with OMP_NUM_THREADS=1 and as many threads as the engine plans for. `tilegan.pipelines.stylize(scheduler=...)` stylizes
the same image on each, in turn; start-up of the workers is shown apart: until they have joined, and the warm-up, in
which they load libraries and models. The planning process, which waits, is bound to no core.

Prediction: shards are independent, so 2.0, less what the planning process, the disk and the last shards take. Aim: at
least 1.8.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from common import in_turn, make_image, median, parser, report, seconds_of
from distributed import Client, LocalCluster

from tilegan.pipelines import plan_stylize, stylize


@contextmanager
def pinned_workers(cores: list[int], threads: int) -> Iterator[tuple[str, float]]:
    """A cluster of a worker process for each core; its address, and the seconds until all have joined."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    started = time.perf_counter()
    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster, Client(cluster) as client:
        address = cluster.scheduler_address
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard"]
        command += ["--nthreads", str(threads), "--memory-limit", "0", "--no-nanny"]
        # affinity is set on this thread, and inherited
        before, workers = os.sched_getaffinity(0), []
        for core in cores:
            os.sched_setaffinity(0, {core})
            workers.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        os.sched_setaffinity(0, before)
        try:
            client.wait_for_workers(len(cores), timeout=120)
            yield address, time.perf_counter() - started
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--height", type=int, default=4096)
    options.add_argument("--width", type=int, default=8192)
    options.add_argument("--shard", type=int, default=1024, help="small: neither waits long for the other [1024]")
    options.add_argument("--cores", default="0,1", help="to bind workers to")
    options.add_argument("--model", default="vangogh")
    given = options.parse_args()
    cores = list(map(int, given.cores.split(",")))
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        image, output = make_image(Path(name) / "source.tif", given.height, given.width), Path(name) / "out.zarr"
        first: dict[str, float] = {}

        def wall(address: str, key: str) -> float:
            seconds = seconds_of(
                lambda: stylize(image, output, given.model, stroke=1, shard=given.shard, scheduler=address)
            )
            shutil.rmtree(output)
            first.setdefault(key, seconds)
            return seconds

        threads = plan_stylize(image, output, given.model, stroke=1, shard=given.shard).threads
        with ExitStack() as clusters:
            joined, tasks = {}, {}
            for count in (1, len(cores)):
                address, joined[str(count)] = clusters.enter_context(pinned_workers(cores[:count], threads))
                tasks[str(count)] = partial(wall, address, str(count))
            found = in_turn(tasks, given.rounds)
    rows = [
        {
            "workers": key,
            "s": median(seconds),
            "MP/s": given.height * given.width / 1e6 / median(seconds),
            "times": median(found["1"]) / median(seconds),
            "joining s": joined[key],
            "warm-up s": first[key],
        }
        for key, seconds in found.items()
    ]
    report(rows, given.json, shard=given.shard, cores=given.cores)


if __name__ == "__main__":
    main()
