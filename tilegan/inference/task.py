"""The task of one shard: read it with a halo, translate it, write it once.

A task consists of strings and integers only. Everything else is in the work folder, so that any process can run any
task; a process opens each folder once and keeps it open.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Semaphore

from tilegan.errors import OutputError
from tilegan.files import local_copy, locate
from tilegan.geometry import Pixels, Window, grid_cell
from tilegan.images.instances import open_joined
from tilegan.images.readers.raster import set_cache
from tilegan.images.source import Source
from tilegan.images.stores.pyramid import Recent, reduced_shard
from tilegan.images.stores.store import Store
from tilegan.inference.controls.guide import guide_of
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.mask import CONTROL as MASK
from tilegan.inference.folder import WorkFolder
from tilegan.inference.journal import Journal, write_json
from tilegan.inference.memory import Limits
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.passes import Passes, Stopped
from tilegan.inference.plan import Cut, Plan
from tilegan.inference.stages import Kept, ground_of, kept_copy, photo_of
from tilegan.inference.starts import StartedGuide, started_of
from tilegan.translator import Translator, load

KEPT_OPEN = 2  # work folders that a worker of a cluster keeps open, with a model each
HALVED = "halved.json"  # in the journal: the cut that fit after memory ran out

Names = tuple[str, str, str]  # source, work folder, and fingerprint of the run: no worker may continue an older run


@dataclass
class Work:
    """The open state of the tasks of one work folder, in this process.

    Attributes:
        source: the image, open.
        folder: its work folder, or that of a copy.
        translators: the model of each painting of the plan.
        plan: the plan of the image, or of the copy.
        limits: limits from the available memory.
        maps: those of the image, for its own plan, and for the copies of one with wide holes.
        threads: those that run forward passes if several works share them; own ones if None.
        painter: stylizes the shards of level 0.
        recent: halved shards for the pyramid.
        passes: runs forward passes in threads.
        slots: one per shard that may be in flight, whatever threads a worker has.
        lock: guards the state that threads change.
        noted: the cut that the journal notes; the planned one until memory runs out.
        stop: set when the run ends early; tasks end at the next window.
    """

    source: Source
    folder: WorkFolder
    translators: tuple[Translator, ...]
    plan: Plan
    limits: Limits
    maps: Maps = field(default_factory=Maps)
    threads: ThreadPoolExecutor | None = None
    painter: Painter = field(init=False)
    store: Store = field(init=False)
    journal: Journal = field(init=False)
    recent: Recent = field(init=False)
    passes: Passes = field(init=False)
    slots: Semaphore = field(init=False)
    noted: Cut = field(init=False)
    lock: Lock = field(default_factory=Lock)
    stop: Event = field(default_factory=Event)

    @property
    def translator(self) -> Translator:
        """Return the model of the first painting, which has scale, channels and halo of all."""
        return self.translators[0]

    @property
    def levels(self) -> int:
        """Return the number of levels of the store that are computed."""
        return self.store.levels if self.limits.pyramid else 1

    @property
    def cut(self) -> Cut:
        """Return how blocks are cut (see ``Painter``)."""
        return self.painter.cut

    def __post_init__(self) -> None:
        self.store = Store.open(self.folder.store)
        self.journal = Journal(self.folder.journal, self.store)
        self.recent = Recent(self.limits.recent)
        self.passes = Passes(self.translator.device, self.limits.streams, self.stop, self.threads)
        self.read_copies()
        self.noted = self.painter.cut
        set_cache(self.limits.reader)
        self.slots = Semaphore(self.limits.threads)

    def read_copies(self, kept: Kept | None = None) -> None:
        """Create the painter; ``kept`` opens the copies that it reads (see ``stages.photo_of``)."""
        plan, paintings = self.plan, self.plan.paintings
        if self.translator.fills and plan.look.stroke > 1:
            self._read_starts(kept or kept_copy)
            return
        photo = photo_of(self.source, self.folder, plan, kept)
        folders = [self.folder.painting(number, len(paintings)) for number in range(len(paintings))]
        grounds = [ground_of(photo, *painting, kept) for painting in zip(folders, paintings, strict=True)]
        brushes = [Brush(*brush) for brush in zip(grounds, self.translators, strict=True)]
        guide = guide_of(self.maps, plan.layers, plan.feather, plan.look.strength)
        opacity = self.store.channels == 4
        self.painter = Painter(photo, brushes, plan, guide, opacity=opacity, each=self.passes.map)

    def _read_starts(self, kept: Kept) -> None:
        """Create the painter of a step of filling from coarse to fine, which has one painting."""
        plan, maps = self.plan, self.maps
        started = started_of(self.source, maps.fitted[MASK.name], self.folder, plan, kept)
        whole = guide_of(maps, plan.layers, plan.feather, plan.look.strength) if plan.step == 1 else None
        brush, opacity = Brush(started, self.translator), self.store.channels == 4
        self.painter = Painter(
            started.copy.image, [brush], plan, StartedGuide(started, whole), opacity=opacity, each=self.passes.map
        )


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
    count, translators = len(plan.paintings), []
    for number in range(count):
        with local_copy(folder.whole.painting(number, count).translator) as file:
            translators.append(load(file, plan.device, plan.precision, plan.backend))
    image = open_joined(source, plan.reading, record.instances)
    maps = Maps.open(record.map_files, image)
    return Work(image, folder, tuple(translators), plan, record.limits, maps)


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
        work.passes.shutdown()


def stop_within(folders: Collection[Path]) -> None:
    """Stop the tasks of the works in this process whose folders are given, or lie in them, at their next window.

    Who began a work closes it.
    """
    with _lock:
        for (_, name, _), work in _open_works.items():
            path = locate(name)
            if any(folder == path or folder in path.parents for folder in folders):
                work.stop.set()


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
        pixels = reduced_shard(work.store, level, index, work.recent) if level else painted(work, _place(work, index))
        work.journal.write(level, index, pixels)
        if level + 1 < work.levels:
            work.recent.put(level, index, pixels)
    return True


def _place(work: Work, index: tuple[int, int]) -> Window:
    region = work.plan.region
    return grid_cell(index, work.plan.shard, region.height, region.width).moved(region.top, region.left)


def painted(work: Work, place: Window) -> Pixels:
    """Return the pixels of a window of level 0 (see ``Painter.paint``), and note in the journal if memory ran out."""
    pixels = work.painter.paint(place)
    with work.lock:
        if work.noted != work.cut:
            work.noted = work.cut
            write_json(work.folder.journal / HALVED, {"window": work.noted.side, "batch": work.noted.batch})
    return pixels
