"""A run whose windows are computed where somebody looks: that of the image, and those of the copies under it."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tilegan.inference.blocks import Masked
from tilegan.inference.folder import WorkFolder
from tilegan.inference.task import Work
from tilegan.viewing.canvas import Canvas, Copy


class Painting:
    """The canvases of a run, of which each reads the one before where it has to, and has it computed there.

    Attributes:
        image: canvas of the image.
        copies: canvases of the copies that large strokes begin with, from coarse to fine.
    """

    def __init__(self, works: Iterable[Work]) -> None:
        """Take the works of a run.

        Args:
            works: those of the copies from coarse to fine, then that of the image, over all of it.
        """
        self._by_folder: dict[Path, Canvas] = {}
        works = list(works)
        for work in works:
            work.read_copies(self._copy)
            self._by_folder[work.folder.path] = Canvas(work)
        *self.copies, self.image = self._by_folder.values()

    def part(self) -> Callable[[], None] | None:
        """Return a part of what is being computed that another thread can do; None if there is none.

        Parts of the coarsest copy come first, since all others wait for it.
        """
        return next(filter(None, (canvas.part() for canvas in self.copies)), None)

    def spare(self) -> Callable[[], None] | None:
        """Return what can be done while nobody waits: a window of a shard that is begun; None if there is nothing.

        So what was looked at is kept, and nothing else is begun.
        """
        for canvas in (self.image, *reversed(self.copies)):
            cell = canvas.left()
            if cell is not None:
                return partial(canvas.make, cell)
        reducible = self.image.reducible()
        return None if reducible is None else partial(self.image.reduce, *reducible)

    def stop(self) -> None:
        """End what is computed at the next window."""
        for canvas in self._by_folder.values():
            canvas.work.stop.set()

    def close(self) -> None:
        """Let go of the threads that compute, after ``stop``, when nobody asks any more."""
        for canvas in self._by_folder.values():
            canvas.work.passes.shutdown()

    def _copy(self, folder: WorkFolder, height: int, width: int) -> Masked:
        canvas = self._by_folder[folder.path]
        assert (canvas.height, canvas.width) == (height, width), "a copy is painted as a whole"
        return Copy(canvas)
