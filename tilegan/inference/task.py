"""The task of one shard: read it with a halo, translate it, write it once.

A task consists of strings and integers only. Everything else is in the work folder, so that any process can run any
task; a process opens each folder once and keeps it open.
"""

from threading import Lock

from tilegan.errors import OutputError
from tilegan.files import local_copy, locate
from tilegan.geometry import Window, grid_cell
from tilegan.images.instances import open_joined
from tilegan.images.pyramid import reduced_shard
from tilegan.inference.folder import WorkFolder
from tilegan.inference.stylized import stylized
from tilegan.inference.work import Stopped, Work
from tilegan.translator import load

KEPT_OPEN = 2  # work folders that a worker of a cluster keeps open, with a model each

Names = tuple[str, str, str]  # source, work folder, and fingerprint of the run: no worker may continue an older run

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
        pixels = reduced_shard(work.store, level, index, work.recent) if level else stylized(work, _place(work, index))
        work.journal.write(level, index, pixels)
        if level + 1 < work.levels:
            work.recent.put(level, index, pixels)
    return True


def _place(work: Work, index: tuple[int, int]) -> Window:
    region = work.plan.region
    cell = grid_cell(index, work.plan.shard, region.height, region.width)
    return cell.moved(region.top, region.left)
