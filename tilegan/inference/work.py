"""The open state of a run in this process: image, model, store and journal, and the threads that compute."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Semaphore, Thread

import torch

from tilegan.images.pyramid import Recent
from tilegan.images.raster import set_cache
from tilegan.images.source import Source
from tilegan.images.store import Store
from tilegan.inference.blocks import Masked
from tilegan.inference.folder import WorkFolder
from tilegan.inference.journal import Journal
from tilegan.inference.memory import Limits
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.inference.stages import ground_of, photo_of
from tilegan.translator import Translator


class Stopped(Exception):  # noqa: N818 - not an error: ends the work of a thread when the run is stopped
    """The run was stopped; never leaves the engine."""


@dataclass
class Work:
    """The open state of the tasks of one work folder, in this process.

    Attributes:
        limits: limits from the available memory.
        photo: the image to be painted, without strokes: the source, or a reduced copy of it.
        ground: the input of the network: the same, or with the strokes of the previous step.
        recent: halved shards for the pyramid.
        cut: how blocks are cut; reduced when the device runs out of memory.
        forward: the threads that compute one forward pass each: on a CPU they share its cores, on a GPU each has its
            own stream, so that copying and computing overlap.
        slots: one per shard that may be in flight, whatever threads a worker has.
        lock: guards the state that threads change.
        stop: set when the run ends early; tasks end at the next window.
    """

    source: Source
    folder: WorkFolder
    translator: Translator
    plan: Plan
    limits: Limits
    photo: Masked = field(init=False)
    ground: Masked = field(init=False)
    store: Store = field(init=False)
    journal: Journal = field(init=False)
    recent: Recent = field(init=False)
    cut: Cut = field(init=False)
    forward: ThreadPoolExecutor = field(init=False)
    slots: Semaphore = field(init=False)
    lock: Lock = field(default_factory=Lock)
    stop: Event = field(default_factory=Event)

    @property
    def levels(self) -> int:
        """Return the number of levels of the store that are computed."""
        return self.store.levels if self.limits.pyramid else 1

    def __post_init__(self) -> None:
        self.photo = photo_of(self.source, self.folder, self.plan)
        self.ground = ground_of(self.photo, self.folder, self.plan)
        self.store = Store.open(self.folder.store)
        self.journal = Journal(self.folder.journal, self.store)
        self.recent = Recent(self.limits.recent)
        self.cut = cut_of(self.plan, self.translator)
        self.forward = _forward_threads(self.translator.device, self.limits.streams)
        set_cache(self.limits.reader)
        self.slots = Semaphore(self.limits.threads)


def _forward_threads(device: torch.device, streams: int) -> ThreadPoolExecutor:
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
