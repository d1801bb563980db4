"""Execution on the workers of a Dask cluster: local processes, or machines that share a disk."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from tempfile import TemporaryDirectory

import dask.config
import torch
from distributed import Client, Future, KilledWorker, Nanny, Scheduler, SpecCluster, Worker, WorkerPlugin, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import NoWorkerError

from tilegan.devices import keep_freed_memory
from tilegan.errors import SettingError, WorkerError
from tilegan.inference.engine import ShardCounter
from tilegan.inference.schedule import Shard, needs, schedule
from tilegan.inference.task import Names, Work, make_shard, stop_work
from tilegan.progress import Progress

AHEAD = 3  # tasks submitted per thread of the cluster: enough that no worker is idle
TIMEOUT = "5s"  # timeout for the answer of a scheduler
DESERTED = "60s"  # time without workers after which a local cluster fails; others may get new ones at any time
RETRIES = 2  # retries of a failed task if there is a worker for it


@contextmanager
def local_cluster(workers: int, threads: int) -> Iterator[Client]:
    """Start processes on this machine that share its cores, or have one GPU each if there are several.

    Args:
        workers: number of processes.
        threads: shards in flight in each process.
    """
    gpus = torch.cuda.device_count()
    environment = {"OMP_NUM_THREADS": str(max(1, _cores() // workers))}
    specification = {}
    for number in range(workers):
        own = {"CUDA_VISIBLE_DEVICES": str(number % gpus)} if gpus > 1 else {}
        # no memory limit of Dask: it would kill workers, whose memory is planned
        options = {
            "nthreads": threads,
            "memory_limit": 0,
            "env": environment | own,
            "preload": [__name__],
            "silence_logs": "CRITICAL",
        }
        specification[number] = {"cls": Nanny, "options": options}
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": 0, "dashboard_address": "127.0.0.1:0"}}
    with (
        TemporaryDirectory(prefix="tilegan-", ignore_cleanup_errors=True) as scratch,  # Dask would not remove its own
        dask.config.set({"distributed.scheduler.no-workers-timeout": DESERTED, "temporary-directory": scratch}),
        SpecCluster(specification, scheduler=scheduler, silence_logs="CRITICAL") as cluster,
        Client(cluster) as client,
    ):
        yield client


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def dask_setup(worker: object) -> None:  # noqa: ARG001 - Dask calls it so
    """Called by Dask in each local worker: ignore Ctrl-C, which the main process handles for all."""
    with suppress(ValueError):  # only the main thread may set handlers
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))  # torch may have been imported before it was set
    keep_freed_memory()


class UseThreads(WorkerPlugin):
    """Lets a worker of an existing cluster use as many cores as it has Dask threads, at most all.

    The default of Dask is one.
    """

    name = "tilegan-threads"

    def setup(self, worker: Worker) -> None:
        """Called by Dask when a worker starts, or has started already."""
        torch.set_num_threads(min(worker.state.nthreads, _cores()))


@contextmanager
def existing_cluster(address: str) -> Iterator[Client]:
    """Connect to a running cluster.

    Args:
        address: address of its scheduler, such as tcp://host:8786.

    Raises:
        SettingError: there is no answer.
    """
    try:
        client = Client(address, timeout=TIMEOUT)
    except (OSError, ValueError, TimeoutError) as error:
        raise SettingError(f"no Dask scheduler answers at {address}: start one with 'dask scheduler'") from error
    with client:
        client.register_plugin(UseThreads())
        yield client


def run_on_cluster(client: Client, names: Names, work: Work, progress: Progress) -> int:
    """Compute all missing shards; if a worker dies, only the shards that it was computing are lost.

    Args:
        client: client of the cluster; its workers see the source and the work folder under the same names.
        names: names of the work, for the tasks.
        work: the work, open in this process, which computes no shards itself.
        progress: called after each shard, in pixels of the store: 'stylize' for level 0, 'pyramid' for the others.

    Returns:
        Pixels of level 0 that were computed; the others existed.

    Raises:
        ImageError: the source is damaged.
        OutputError, OSError: the store or the journal cannot be written.
        TooLittleMemoryError: not even the least window fits.
        WorkerError: there is no worker, or the workers of a shard died repeatedly.
    """
    threads = sum(client.nthreads().values())
    if not threads:
        raise WorkerError("the cluster has no workers: start some with 'dask worker'")
    tally = ShardCounter(work.store, work.levels, progress)
    order = enumerate(schedule(work.store, work.levels))
    running: dict[Shard, Future[bool]] = {}

    def submit(number: int, shard: Shard) -> Future[bool]:
        after = [running[below] for below in needs(work.store, shard) if below in running]
        key = (f"shard-{names[-1]}", *shard)
        future = client.submit(make_shard, names, *shard, after, key=key, priority=-number, retries=RETRIES, pure=False)
        running[shard] = future
        return future

    done = as_completed([submit(*task) for task in islice(order, AHEAD * threads)])
    try:
        for batch in done.batches():  # all that are ready, in one round trip
            for future, was_made in zip(batch, client.gather(batch), strict=True):
                shard = future.key[1:]
                tally.add(shard, was_made)
                del running[shard]
            for task in islice(order, len(batch)):
                done.add(submit(*task))
    except KilledWorker as error:
        raise WorkerError(
            f"the workers died that were to make shard {error.task}: they may have too little memory: what is "
            "finished is kept for --resume"
        ) from error
    except NoWorkerError as error:
        raise WorkerError(
            "all workers have died, and none comes back: what is finished is kept for --resume"
        ) from error
    except (CommClosedError, FutureCancelledError) as error:
        raise WorkerError("the scheduler has gone: what is finished is kept for --resume") from error
    finally:
        with suppress(Exception):  # the scheduler may be gone; this must not hide the first error
            client.cancel(list(running.values()), force=True)
            client.run(stop_work, names)
    work.folder.clear_torn()  # by a worker that died
    return tally.computed
