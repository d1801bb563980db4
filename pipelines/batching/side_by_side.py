"""Several images at once in one process: planned one after another, then read, computed and written in threads.

All share the threads that run forward passes: as many at once as there are cores, of any images. So no core waits while
an image is read or written, and no image needs more than one core at a time.
"""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

import torch

from tilegan.geometry import grid_shape
from tilegan.inference.memory import BESIDE, CUDA_STREAMS, GPU_THREADS
from tilegan.inference.parts import READER
from tilegan.inference.passes import Stopped, forward_threads
from tilegan.inference.task import stop_within
from tilegan.pipelines.batching.images import Task
from tilegan.pipelines.batching.maker import Maker, Outcome, Ready
from tilegan.pipelines.batching.results import BatchImage
from tilegan.pipelines.stylize_small import is_small
from tilegan.progress import silent

_SECONDS = 0.2  # seconds between two reports on a large image

Done = Callable[[BatchImage], None]
Parts = Callable[[str, str, int, int], None]  # path of an image, and the arguments of ``Progress``


@dataclass(frozen=True)
class Load:
    """Resources of an image while it is processed.

    Attributes:
        streams: forward passes at once.
        forward: bytes of one forward pass.
        pixels: bytes of pixels read, written and held.
        reader: bytes of the reader's cache, which all images share.
    """

    streams: int
    forward: int
    pixels: int
    reader: int

    @classmethod
    def of(cls, ready: Ready) -> "Load":
        """Return the load of a planned image."""
        image, memory, streams = ready.job.request.image, ready.job.summary.memory, ready.job.summary.streams
        held = image.height * image.width * image.bands * image.dtype.itemsize if image.held else 0
        return cls(streams, memory.forward // max(1, streams), memory.shards + memory.recent + held, memory.reader)


class SideBySide:
    """The images that are processed at once."""

    def __init__(self, maker: Maker, done: Done, parts: Parts | None = None) -> None:
        """Initialize without images.

        Args:
            maker: model and settings.
            done: called with the result of each image, in the thread that calls ``run``.
            parts: called with the progress of large images, in the same thread.
        """
        self._maker, self._done, self._parts = maker, done, parts
        device = maker.translator.device
        self._passes = {"cpu": torch.get_num_threads(), "cuda": CUDA_STREAMS}.get(device.type, 1)
        self._threads = forward_threads(device, self._passes)
        self._at_once = self._passes + BESIDE
        if device.type == "cuda":  # a GPU computes an image faster than a core reads or writes one
            self._at_once = max(self._at_once, min(GPU_THREADS, os.cpu_count() or 1))
        self._pool = ThreadPoolExecutor(self._at_once, "image")
        self._running: dict[Future[Outcome | None], tuple[Ready, Load]] = {}
        self._is_stopped = False
        self._reports: SimpleQueue[tuple[str, str, int, int]] = SimpleQueue()

    def run(self, tasks: Iterable[Task | None]) -> None:
        """Process images, once. After an interrupt, it returns when current images have ended or can be resumed.

        Args:
            tasks: the images; None while there is no next image yet.

        Raises:
            OutputError: the disk is full.
        """
        try:
            for task in tasks:
                if self._is_stopped:
                    break
                if task is None:
                    self._collect(_SECONDS)
                    continue
                prepared = self._maker.prepare(task)
                if isinstance(prepared, BatchImage):
                    self._done(prepared)
                else:
                    self._start(prepared)
            while self._running:
                self._collect(_SECONDS)
        except BaseException:
            self.stop()
            raise
        finally:
            self._pool.shutdown(wait=True)
            self._threads.shutdown(wait=True)
            for outcome in [future.result() for future in self._running]:
                if outcome is not None:
                    self._done(outcome.image)

    def stop(self) -> None:
        """End ``run`` early; any thread may call it."""
        self._is_stopped = True
        stop_within([ready.job.request.folder.path for ready, _ in list(self._running.values())])

    def _start(self, ready: Ready) -> None:
        """Start an image as soon as its resources are available."""
        with ready.opened.pop_all() as opened:
            load = Load.of(ready)
            while self._running and not self._has_room(load):
                self._collect(_SECONDS)
            ready = Ready(ready.task, ready.job, opened.pop_all(), ready.started)
        progress = silent if is_small(ready.job) else partial(self._report, str(ready.task.source))
        future = self._pool.submit(self._maker.make, ready, self._threads_of(ready), progress)
        self._running[future] = ready, load

    def _threads_of(self, ready: Ready) -> ThreadPoolExecutor | None:
        """Return the shared threads; None for an image that may run fewer passes, because memory is short."""
        plan = ready.job.plan
        rows, columns = grid_shape(plan.region.height, plan.region.width, plan.window)
        return self._threads if ready.job.summary.streams >= min(rows * columns, self._passes) else None

    def _has_room(self, load: Load) -> bool:
        loads = [load, *(running for _, running in self._running.values())]
        if len(loads) > self._at_once or any(other.reader > READER for other in loads):
            return False  # only one image may have a larger reader's cache
        at_once = min(self._passes, sum(other.streams for other in loads))
        forward = at_once * max(other.forward for other in loads)
        return forward + sum(other.pixels for other in loads) + READER <= self._maker.budget

    def _report(self, path: str, phase: str, done: int, total: int) -> None:
        if self._is_stopped:  # between two copies for large strokes, when there was no work to stop
            raise Stopped
        self._reports.put((path, phase, done, total))

    def _collect(self, seconds: float) -> None:
        """Wait for an image to end, and report it."""
        if not self._running:
            time.sleep(seconds)
        finished, _ = wait(self._running, seconds, FIRST_COMPLETED)
        with suppress(Empty):
            while True:
                report = self._reports.get_nowait()
                if self._parts is not None:
                    self._parts(*report)
        for future in finished:
            del self._running[future]
            outcome = future.result()
            if outcome is not None:
                self._done(outcome.image)
                if outcome.fatal is not None:
                    raise outcome.fatal
