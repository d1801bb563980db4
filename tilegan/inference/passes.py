"""Threads that run the forward passes of a process."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Thread
from typing import TypeVar

import torch

Batch = TypeVar("Batch")


class Stopped(Exception):  # noqa: N818 - not an error: ends the work of a thread when the run is stopped
    """The run was stopped; never leaves the engine."""


class Passes:
    """Threads that compute one forward pass each, until they are stopped.

    On a CPU they share its cores; on a GPU each has its own stream, so that copying and computing overlap.
    """

    def __init__(
        self, device: torch.device, streams: int, stop: Event, threads: ThreadPoolExecutor | None = None
    ) -> None:
        """Create the threads.

        Args:
            device: the device that computes.
            streams: number of passes at once, at most.
            stop: set when the run ends early; passes end before the next one.
            threads: those of ``forward_threads`` that several runs share, in place of own ones.
        """
        self._threads, self._stop = threads or forward_threads(device, streams), stop
        self._shared = threads is not None

    def map(self, function: Callable[[Batch], None], batches: Iterable[Batch]) -> Iterator[None]:
        """Call a function for each batch, several at once. The results raise ``Stopped`` if the run is stopped."""
        return self._threads.map(partial(self._unless_stopped, function), batches)

    def shutdown(self) -> None:
        """Wait for the current passes and end the threads, unless others share them."""
        if not self._shared:
            self._threads.shutdown(wait=True)

    def _unless_stopped(self, function: Callable[[Batch], None], batch: Batch) -> None:
        if self._stop.is_set():
            raise Stopped
        function(batch)


def forward_threads(device: torch.device, streams: int) -> ThreadPoolExecutor:
    """Create threads that run forward passes.

    On a CPU each has one or more cores of its own: concurrent passes need not wait for each other's threads after every
    layer, nor all of them for the one whose core is reading or writing.
    """
    if device.type == "cuda":
        return ThreadPoolExecutor(streams, "forward", partial(_own_stream, device))
    cores = torch.get_num_threads()
    streams = min(streams, cores)
    return ThreadPoolExecutor(streams, "forward", partial(_own_cores, cores // streams, cores))


def _own_stream(device: torch.device) -> None:
    torch.cuda.set_stream(torch.cuda.Stream(device))  # type: ignore[no-untyped-call]


def _own_cores(mine: int, all_cores: int) -> None:
    torch.get_num_threads()  # the first call to torch in a thread takes the number from the process
    torch.set_num_threads(mine)
    # torch has a number per thread, but uses the last one set for threads that start later
    other = Thread(target=torch.set_num_threads, args=(all_cores,))
    other.start()
    other.join()
