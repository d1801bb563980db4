"""The task of one shard: read it with a halo, translate it, write it once.

A task consists of strings and integers only. Everything else is in the work folder, so that any process can run any
task; a process opens each folder once and keeps it open.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Semaphore, Thread

import numpy as np
import torch

from tilegan.errors import OutputError, TooLittleMemoryError
from tilegan.files import local_copy, locate
from tilegan.geometry import Pixels, Window, grid_cell
from tilegan.images.instances import open_joined
from tilegan.images.readers.raster import set_cache
from tilegan.images.source import Source
from tilegan.images.stores.pyramid import Recent, reduced_shard
from tilegan.images.stores.store import Store
from tilegan.inference.blocks import Masked, read_block, read_filled, translate_block
from tilegan.inference.folder import WorkFolder
from tilegan.inference.journal import Journal, write_json
from tilegan.inference.memory import Limits
from tilegan.inference.paint import paint
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.inference.stages import ground_of, photo_of
from tilegan.tiling.places import Place
from tilegan.translator import Translator, load

KEPT_OPEN = 2  # work folders that a worker of a cluster keeps open, with a model each
HALVED = "halved.json"  # in the journal: the cut that fit after memory ran out

Names = tuple[str, str, str]  # source, work folder, and fingerprint of the run: no worker may continue an older run


class Stopped(Exception):  # noqa: N818 - not an error: ends the work of a thread when the run is stopped
    """The run was stopped; never leaves the engine."""


class _TooLargeError(Exception):
    """A forward pass does not fit into memory; smaller windows may."""


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


_open_works: dict[Names, Work] = {}
_lock = Lock()


def open_work(names: Names) -> Work:
    """Return the open work of a folder; the first call in a process opens it.

    Raises:
        ImageError, ModelError: a part of it cannot be opened.
        OutputError: the folder does not exist: this process does not see its disk.
    """
    with _lock:
        if names not in _open_works:
            while len(_open_works) >= KEPT_OPEN:
                del _open_works[next(iter(_open_works))]
            _open_works[names] = _open(names)
        return _open_works[names]


def _open(names: Names) -> Work:
    source, folder = names[0], WorkFolder(locate(names[1]))
    record = folder.begun()
    if record is None:
        raise OutputError(f"a worker does not see {folder.path}: put the output on a disk that all workers share")
    plan = record.plan
    with local_copy(folder.whole.translator) as file:
        translator = load(file, plan.device, plan.precision)
    image = open_joined(source, plan.reading, record.instances)
    return Work(image, folder, translator, plan, record.limits)


def keep_open(names: Names, work: Work) -> None:
    """Let the tasks of this process use work that is already open."""
    with _lock:
        _open_works[names] = work


def stop_work(names: Names) -> None:
    """Stop the tasks of the work in this process at their next window, and close it."""
    with _lock:
        work = _open_works.pop(names, None)
    if work is not None:
        work.stop.set()
        work.forward.shutdown(wait=True)


def make_shard(names: Names, level: int, row: int, column: int, after: object = None) -> bool:  # noqa: ARG001
    """Compute one shard of one level and write it to the store, unless it exists.

    Args:
        names: source, work folder and run.
        level: pyramid level.
        row: row of the shard.
        column: column of the shard.
        after: results of the tasks that this one waits for; unused.

    Returns:
        Whether it was computed.

    Raises:
        ImageError: the source, or a shard from which this one is computed, is damaged.
        OutputError, OSError: the store or the journal cannot be written.
        TooLittleMemoryError: not even the least window fits.
    """
    work = open_work(names)
    if work.stop.is_set():
        raise Stopped
    index = (row, column)
    with work.slots:
        if work.journal.holds(level, index):
            return False
        pixels = _stylized(work, index) if level == 0 else reduced_shard(work.store, level, index, work.recent)
        work.journal.write(level, index, pixels)
        if level + 1 < work.levels:
            work.recent.put(level, index, pixels)
    return True


def _stylized(work: Work, index: tuple[int, int]) -> Pixels:
    """Return the pixels of a shard of level 0, with opacity as a fourth channel if the source has it.

    Invalid pixels keep the color of the source, and cost nothing.
    """
    region, scale = work.plan.region, work.translator.scale
    cell = grid_cell(index, work.plan.shard, region.height, region.width)
    place = Window(region.top + cell.top, region.left + cell.left, cell.height, cell.width)
    if work.store.channels == 3:
        return _translated(work, place)
    opacity = work.photo.read_mask(place)
    if opacity is None:
        opacity = np.full((place.height, place.width), np.iinfo(work.store.dtype).max, work.store.dtype)
    opacity = opacity.repeat(scale, 0).repeat(scale, 1)[..., None]
    if opacity.all():
        return np.concatenate([_translated(work, place), opacity], axis=2)
    colors = work.photo.read(place)[..., :3].repeat(scale, 0).repeat(scale, 1)
    if opacity.any():
        colors = np.where(opacity, _translated(work, place), colors)
    return np.concatenate([colors, opacity], axis=2)


def _translated(work: Work, place: Window) -> Pixels:
    plan, translator = work.plan, work.translator

    def read(window: Window) -> Pixels:
        if work.store.channels == 3:
            return read_block(work.ground, window)
        return read_filled(work.ground, window, translator.halo)

    def original(window: Window) -> Pixels:
        return work.photo.read(window)[..., :3]

    if plan.look.strength == 0:
        return original(place).repeat(translator.scale, 0).repeat(translator.scale, 1)
    while True:
        cut = work.cut
        try:
            translate, other = partial(_translate, work, cut), None if plan.look.stroke == 1 else original
            return paint(read, translate, place, cut, translator.scale, plan.look, plan.step, other)
        except _TooLargeError as error:
            _halve(work, cut, error)


def _translate(work: Work, cut: Cut, block: Pixels, place: Place) -> Pixels:
    run, scale = partial(_forward, work, cut.halo), work.translator.scale
    try:
        seen = work.translator.seen(block)
        return translate_block(run, seen, cut.side, cut.batch, cut.halo, scale, work.forward.map, place)
    except MemoryError as error:
        raise _TooLargeError from error


def _halve(work: Work, cut: Cut, error: _TooLargeError) -> None:
    """Cut blocks into smaller windows from now on, after memory ran out with a cut."""
    halved = cut.halved()
    if halved is None:
        need = work.translator.peak_bytes(cut.batch, cut.side, cut.halo, work.store.dtype)
        raise TooLittleMemoryError(
            f"out of memory on {work.plan.device} even with the least window of {cut.side} pixels, which takes "
            f"about {need / 2**20:.0f} MiB: close other programs, or use another device"
        ) from error.__cause__
    with work.lock:
        if work.cut == cut:  # otherwise another thread was faster
            work.cut = halved
            write_json(work.folder.journal / HALVED, {"window": halved.side, "batch": halved.batch})


def _forward(work: Work, halo: int, windows: Pixels, places: Sequence[Place]) -> Pixels:
    if work.stop.is_set():
        raise Stopped
    return work.translator.run(windows, halo, places)
