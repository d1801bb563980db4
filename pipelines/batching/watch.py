"""New images in a watched folder."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tilegan.pipelines.batching.images import Survey, Task

SECONDS = 2.0  # seconds between two surveys of the folder


def watched(look: Callable[[], Survey], clock: Callable[[], float] = time.monotonic) -> Iterator[Task | None]:
    """Yield each image once when it no longer grows, and again when it has changed; None if there is none.

    An image is yielded when two surveys find it unchanged. The iteration never ends; the caller waits a moment after
    each None.

    Args:
        look: returns the present images.
        clock: returns the time in seconds.
    """
    before: dict[Path, tuple[int, int]] = {}
    taken: dict[Path, tuple[int, int]] = {}
    due = clock()
    while True:
        if clock() < due:
            yield None
            continue
        due = clock() + SECONDS
        now = {}
        for task in look().tasks:
            with suppress(OSError):  # removed meanwhile
                status = task.source.stat()
                stamp = now[task.source] = (status.st_size, status.st_mtime_ns)
                if before.get(task.source) == stamp and taken.get(task.source) != stamp:
                    taken[task.source] = stamp
                    yield task
        before = now
