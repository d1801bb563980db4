"""A batch on the workers of a Dask cluster: each takes some images at a time, and works on them side by side."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import Client, Future, KilledWorker, wait
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import NoWorkerError

from tilegan.errors import WorkerError
from tilegan.inference.cluster import RETRIES
from tilegan.pipelines.batching.images import Task
from tilegan.pipelines.batching.maker import Maker
from tilegan.pipelines.batching.results import FAILED, BatchImage
from tilegan.pipelines.batching.side_by_side import SideBySide
from tilegan.pipelines.stylize_settings import StylizeSettings

IMAGES, BYTES = 16, 2**26  # of source files that a worker takes at a time: small ones are many, large ones few
AHEAD = 2  # chunks given to each worker: enough that none is idle
PATIENCE = "60s"  # that images may take to end after an interrupt

Chunk = tuple[Task, ...]
Made = tuple[list[BatchImage], Exception | None]  # what became of images, and an error that concerns all others too
_SECONDS = 0.2  # while the next image is yet to come


@dataclass(frozen=True)
class Order:
    """What all images of a batch are made by.

    Attributes:
        key: what tells it from other batches.
        model: name or file of the model.
        settings: of all images.
    """

    key: str
    model: str | Path
    settings: StylizeSettings


def run_on_cluster(
    client: Client,
    order: Order,
    tasks: Iterable[Task | None],
    made: Callable[[str], BatchImage | None],
    done: Callable[[BatchImage], None],
) -> None:
    """Make images on a cluster; if a worker dies, its images are given to another one.

    Args:
        client: of the cluster; its workers see images and outputs under the same names.
        order: what is asked for.
        tasks: the images; None where the next one is yet to come.
        made: the last result that made an output.
        done: told what became of each image.

    Raises:
        WorkerError: there is no worker, or the scheduler has gone.
        OutputError: there is no room left.
    """
    workers = len(client.nthreads())
    if not workers:
        raise WorkerError("the cluster has no workers: start some with 'dask worker'")
    running: dict[Future[Made], Chunk] = {}
    try:
        for chunk in _chunks(tasks):
            if chunk is None:
                time.sleep(_SECONDS)
                _collect(running, done)
                continue
            while len(running) >= AHEAD * workers:
                wait(list(running), return_when="FIRST_COMPLETED")
                _collect(running, done)
            known = {task.name: image for task in chunk if (image := made(task.name)) is not None}
            running[client.submit(make_chunk, order, chunk, known, retries=RETRIES, pure=False)] = chunk
        while running:
            wait(list(running), return_when="FIRST_COMPLETED")
            _collect(running, done)
    except NoWorkerError as error:
        raise WorkerError("all workers have died, and none comes back: the same command goes on") from error
    except (CommClosedError, FutureCancelledError) as error:
        raise WorkerError("the scheduler has gone: the same command goes on") from error
    finally:
        with suppress(Exception):  # the scheduler may be gone; this must not hide the first error
            if running:
                client.run(stop_chunks, order.key)
                wait(list(running), PATIENCE)
                _collect(running, done)
                client.cancel(list(running), force=True)
            client.run(forget, order.key)


def _collect(running: dict[Future[Made], Chunk], done: Callable[[BatchImage], None]) -> None:
    """Tell what became of the images of chunks that have ended."""
    for future in [future for future in running if future.done()]:
        chunk = running.pop(future)
        try:
            images, fatal = future.result()
        except KilledWorker:
            error = "the workers died that were to make it, or images beside it: they may have too little memory"
            images, fatal = [BatchImage(str(task.source), task.name, FAILED, error=error) for task in chunk], None
        for image in images:
            done(image)
        if fatal is not None:
            raise fatal


def _chunks(tasks: Iterable[Task | None]) -> Iterator[Chunk | None]:
    """The images in groups; None where the next one is yet to come."""
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        if task is not None:
            with suppress(OSError):
                size += task.source.stat().st_size
            chunk.append(task)
        if chunk and (task is None or len(chunk) >= IMAGES or size >= BYTES):
            yield tuple(chunk)
            chunk, size = [], 0
        if task is None:
            yield None
    if chunk:
        yield tuple(chunk)


_makers: dict[str, Maker] = {}  # in a worker, by the key of the order
_stopped: set[str] = set()
_current: list[SideBySide] = []
_one_chunk = threading.Lock()  # a worker may have several threads, and computes in others


def make_chunk(order: Order, chunk: Chunk, known: Mapping[str, BatchImage]) -> Made:
    """Make some images in this process, one chunk after the other."""
    images: list[BatchImage] = []
    with _one_chunk:
        if order.key in _stopped:
            return images, None
        if order.key not in _makers:
            _makers[order.key] = Maker(order.model, order.settings, known.get)
        maker = _makers[order.key]
        maker.made = known.get
        side_by_side = SideBySide(maker, images.append)
        _current[:] = [side_by_side]
        try:
            side_by_side.run(chunk)
        except OSError as error:
            return images, error
        finally:
            _current.clear()
    return images, None


def stop_chunks(key: str) -> None:
    """Stop the images of an order in this process: those that are not begun yet."""
    _stopped.add(key)
    for side_by_side in list(_current):
        side_by_side.stop()


def forget(key: str) -> None:
    """Close what is kept open for an order in this process."""
    _makers.pop(key, None)
    _stopped.discard(key)


def share_of(settings: StylizeSettings, workers: int) -> StylizeSettings:
    """Return the settings with the memory that each of several processes may take; the waiting one takes a share too.

    Args:
        settings: of the batch.
        workers: processes on this machine; 0 for those of a scheduler, whose limit is that of each.
    """
    limit = settings.run.memory
    if limit is None or not workers:
        return settings
    return replace(settings, run=replace(settings.run, memory=limit // (workers + 1)))
