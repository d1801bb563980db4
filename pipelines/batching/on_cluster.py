"""A batch on the workers of a Dask cluster: each receives some images at a time, and processes them side by side."""

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

IMAGES, BYTES = 16, 2**26  # bytes of source files per chunk: many small ones, or few large ones
AHEAD = 2  # chunks submitted per worker: enough that none is idle
PATIENCE = "60s"  # seconds for images to end after an interrupt

Chunk = tuple[Task, ...]
Made = tuple[list[BatchImage], Exception | None]  # results of images, and an error that prevents all further ones
_SECONDS = 0.2  # while there is no next image yet


@dataclass(frozen=True)
class Order:
    """The model and settings of all images of a batch.

    Attributes:
        key: identifier of the batch.
        model: name or file of the model.
        settings: settings of all images.
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
    """Process images on a cluster; if a worker dies, its images are given to another one.

    Args:
        client: client of the cluster; its workers see images and outputs under the same names.
        order: model and settings.
        tasks: the images; None while there is no next image yet.
        made: the last successful result of an output.
        done: called with the result of each image.

    Raises:
        WorkerError: there is no worker, or the scheduler has gone.
        OutputError: the disk is full.
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
        raise WorkerError("all workers have died, and none comes back: repeat the command to continue") from error
    except (CommClosedError, FutureCancelledError) as error:
        raise WorkerError("the scheduler has gone: repeat the command to continue") from error
    finally:
        with suppress(Exception):  # the scheduler may be gone; this must not hide the first error
            if running:
                client.run(stop_chunks, order.key)
                wait(list(running), PATIENCE)
                _collect(running, done)
                client.cancel(list(running), force=True)
            client.run(forget, order.key)


def _collect(running: dict[Future[Made], Chunk], done: Callable[[BatchImage], None]) -> None:
    """Report the results of finished chunks."""
    for future in [future for future in running if future.done()]:
        chunk = running.pop(future)
        try:
            images, fatal = future.result()
        except KilledWorker:
            error = "its workers died with it, or with other images: they may have too little memory"
            images, fatal = [BatchImage(str(task.source), task.name, FAILED, error=error) for task in chunk], None
        for image in images:
            done(image)
        if fatal is not None:
            raise fatal


def _chunks(tasks: Iterable[Task | None]) -> Iterator[Chunk | None]:
    """Yield groups of images; None while there is no next image yet."""
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
    """Process some images in this process, one chunk after another."""
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
    """Stop an order in this process before its next image."""
    _stopped.add(key)
    for side_by_side in list(_current):
        side_by_side.stop()


def forget(key: str) -> None:
    """Close the resources of an order in this process."""
    _makers.pop(key, None)
    _stopped.discard(key)


def share_of(settings: StylizeSettings, workers: int) -> StylizeSettings:
    """Return the settings with the memory limit of each of several processes; the waiting process counts as one.

    Args:
        settings: settings of the batch.
        workers: number of processes on this machine; 0 for a scheduler's workers, where the limit applies to each.
    """
    limit = settings.run.memory
    if limit is None or not workers:
        return settings
    return replace(settings, run=replace(settings.run, memory=limit // (workers + 1)))
