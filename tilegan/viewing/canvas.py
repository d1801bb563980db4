"""The pixels of a run, window by window, computed where they are asked for, and kept in the run's store.

A shard is written when all of its windows are there. The windows are those of the run's plan, so that the shard is the
same, byte for byte, as one that was computed at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product

import numpy as np

from tilegan.geometry import Pixels, Window, grid_cell
from tilegan.images.stores.pyramid import reduced_shard
from tilegan.inference.schedule import needs
from tilegan.inference.task import Work, painted
from tilegan.viewing.desk import Asked, check_waited_for, doing, on_behalf_of

Index = tuple[int, int]  # row and column

HELD = 128 * 2**20  # bytes of shards that are begun and not finished
_LEAST = 4  # of these shards, whatever their size
_LOOK = 0.1  # seconds after which a thread that waits for another looks whether anybody still waits for it


class _Begun:
    """A shard that is not finished: its pixels, and which of its windows they are."""

    def __init__(self, pixels: Pixels, missing: set[Index]) -> None:
        self.pixels, self.missing = pixels, missing


class Canvas:
    """The full resolution of a run over a whole image, and the levels that its store holds.

    Attributes:
        work: the run, whose plan begins at the image's first pixel.
        height, width: of level 0, in pixels of the store.
        side: of a window, in pixels of the store.
    """

    def __init__(self, work: Work) -> None:
        """Go on with the work of a run; nobody else may write to its store."""
        assert (work.plan.region.top, work.plan.region.left) == (0, 0), "windows are counted from the first pixel"
        self.work = work
        self.height, self.width = work.store.shape(0)
        self.side = work.plan.window * work.translator.scale
        self._lock = threading.Lock()
        self._begun: OrderedDict[Index, _Begun] = OrderedDict()  # looked at last comes last
        self._computing: dict[Index, threading.Event] = {}
        self._reducing: set[tuple[int, int, int]] = set()
        self._wanted: list[tuple[list[Index], Asked | None]] = []  # by threads that compute one after another
        self._marked = set(work.journal.marked())
        self._verified: set[tuple[int, int, int]] = set()

    @property
    def finished(self) -> int:
        """Return how many shards of level 0 are in the store."""
        with self._lock:
            return sum(level == 0 for level, _, _ in self._marked)

    @property
    def shards(self) -> int:
        """Return how many shards level 0 has."""
        rows, columns = self.work.store.grid(0)
        return rows * columns

    def cells(self, window: Window) -> list[Index]:
        """Return the windows that a window of level 0 touches, by row and column, shard by shard."""
        rows = range(window.top // self.side, -(-window.bottom // self.side))
        columns = range(window.left // self.side, -(-window.right // self.side))
        return sorted(product(rows, columns), key=lambda cell: (self.shard_of(cell), cell))

    def shard_of(self, cell: Index) -> Index:
        """Return row and column of the shard that a window lies in."""
        along = self.work.store.shard // self.side
        return cell[0] // along, cell[1] // along

    def has(self, cell: Index) -> bool:
        """Return whether a window is there."""
        shard = self.shard_of(cell)
        with self._lock:
            begun = self._begun.get(shard)
            if begun is not None:
                return cell not in begun.missing
        return self.is_finished(0, shard)

    def is_finished(self, level: int, index: Index) -> bool:
        """Return whether a shard is in the store, whole; it is decoded when that is first asked."""
        shard = (level, *index)
        with self._lock:
            if shard in self._verified or shard not in self._marked:
                return shard in self._verified
        holds = self.work.journal.holds(level, index)
        with self._lock:
            (self._verified.add if holds else self._marked.discard)(shard)
        return holds

    def make(self, cell: Index) -> None:
        """Compute a window, unless it is there, and finish its shard if it is the last one.

        Raises:
            ImageError, OutputError, OSError, TooLittleMemoryError: see ``inference.paint`` and ``inference.journal``.
            DroppedError: nobody waits for it any more.
        """
        while not self.has(cell):
            check_waited_for()
            with self._lock:
                other = self._computing.get(cell)
                if other is None:
                    self._computing[cell] = mine = threading.Event()
            if other is not None:
                other.wait(_LOOK)
                continue
            try:
                if not self.has(cell):
                    self._compute(cell)
            finally:
                with self._lock:
                    del self._computing[cell]
                mine.set()

    def pixels(self, window: Window) -> Pixels:
        """Return the pixels of a window of level 0, (h, w, channels); what is missing is computed.

        Raises:
            ImageError, OutputError, OSError, TooLittleMemoryError: as ``make``.
        """
        found: Pixels = np.empty((window.height, window.width, self.work.store.channels), self.work.store.dtype)
        cells = self.cells(window)
        with self._shared(cells):
            self._fill(found, window, cells)
        return found

    def _fill(self, found: Pixels, window: Window, cells: list[Index]) -> None:
        for cell in cells:
            part = window.common(grid_cell(cell, self.side, self.height, self.width))
            pixels = self.known(cell, part)
            while pixels is None:
                self.make(cell)
                pixels = self.known(cell, part)
            part.moved(-window.top, -window.left).of(found)[...] = pixels

    @contextmanager
    def _shared(self, cells: list[Index]) -> Iterator[None]:
        """Let other threads compute some of the windows that this one computes now."""
        entry = cells, doing()
        with self._lock:
            self._wanted.append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._wanted.remove(entry)

    def part(self) -> Callable[[], None] | None:
        """Return the computing of a window that another thread comes to later; None if there is none."""
        with self._lock:
            for cells, asked in self._wanted:
                for cell in reversed(cells):
                    shard = self.shard_of(cell)
                    begun = self._begun.get(shard)
                    is_missing = cell in begun.missing if begun is not None else (0, *shard) not in self._marked
                    if is_missing and cell not in self._computing:
                        return partial(self._make_for, asked, cell)
        return None

    def _make_for(self, asked: Asked | None, cell: Index) -> None:
        with on_behalf_of(asked):
            self.make(cell)

    def known(self, cell: Index, part: Window) -> Pixels | None:
        """Return a part of a window of level 0, in its pixels; None if the window is not there.

        Raises:
            ImageError: the store is damaged.
        """
        shard = self.shard_of(cell)
        with self._lock:
            begun = self._begun.get(shard)
            if begun is not None:
                if cell in begun.missing:
                    return None
                top, left = shard[0] * self.work.store.shard, shard[1] * self.work.store.shard
                return part.moved(-top, -left).of(begun.pixels).copy()
        return self.work.store.read(0, part) if self.is_finished(0, shard) else None

    def left(self) -> Index | None:
        """Return a window that is missing in the begun shard that was looked at last; None if no shard is begun."""
        with self._lock:
            for begun in reversed(self._begun.values()):
                for cell in sorted(begun.missing):
                    if cell not in self._computing:
                        return cell
        return None

    def _compute(self, cell: Index) -> None:
        work, shard = self.work, self.shard_of(cell)
        place = grid_cell(cell, work.plan.window, work.plan.region.height, work.plan.region.width)
        pixels = painted(work, place)
        whole = grid_cell(shard, work.store.shard, self.height, self.width)
        with self._lock:
            begun = self._begun.pop(shard, None)
            if begun is None:
                empty = np.zeros((whole.height, whole.width, work.store.channels), work.store.dtype)
                begun = _Begun(empty, set(self.cells(whole)))
            self._begun[shard] = begun
            place.scaled(work.translator.scale).moved(-whole.top, -whole.left).of(begun.pixels)[...] = pixels
            begun.missing.discard(cell)
            most = max(_LEAST, HELD // max(1, begun.pixels.nbytes))
            while len(self._begun) > most:
                self._begun.popitem(last=False)
        if not begun.missing:
            self._finish(shard, begun.pixels)

    def _finish(self, shard: Index, pixels: Pixels) -> None:
        self.work.journal.write(0, shard, pixels)
        self._note(0, shard)
        with self._lock:
            self._begun.pop(shard, None)
        self._reduce(0, shard)

    def _note(self, level: int, index: Index) -> None:
        with self._lock:
            self._marked.add((level, *index))
            self._verified.add((level, *index))

    def _reduce(self, level: int, index: Index) -> None:
        """Write the shards of further levels that can be computed now that one is finished."""
        parent = index[0] // 2, index[1] // 2
        if self._can_be_reduced(level + 1, parent):
            self.reduce(level + 1, parent)
            self._reduce(level + 1, parent)

    def reduce(self, level: int, index: Index) -> None:
        """Write a shard of a level above 0 from those below, if they are there; nothing if another thread does.

        Raises:
            ImageError, OutputError, OSError: the store is damaged, or cannot be written.
        """
        shard = (level, *index)
        with self._lock:
            if shard in self._reducing:
                return
            self._reducing.add(shard)
        try:
            below = needs(self.work.store, shard)
            is_there = self.is_finished(level, index)
            if not is_there and all(self.is_finished(level - 1, (row, column)) for _, row, column in below):
                self.work.journal.write(level, index, reduced_shard(self.work.store, level, index))
                self._note(level, index)
        finally:
            with self._lock:
                self._reducing.discard(shard)

    def reducible(self) -> tuple[int, Index] | None:
        """Return level, row and column of a missing shard above level 0 whose shards below are all marked."""
        with self._lock:
            marked = sorted(self._marked)
        parents = dict.fromkeys((level + 1, (row // 2, column // 2)) for level, row, column in marked)
        return next((parent for parent in parents if self._can_be_reduced(*parent)), None)

    def _can_be_reduced(self, level: int, index: Index) -> bool:
        if level >= self.work.store.levels or self.work.plan.step > 1:
            return False
        shard = (level, *index)
        with self._lock:
            return shard not in self._marked and self._marked.issuperset(needs(self.work.store, shard))


class Copy:
    """A canvas of a copy of the image, as what the next step of large strokes reads.

    Attributes:
        height, width: in pixels.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self.height, self.width = canvas, canvas.height, canvas.width

    def read(self, window: Window) -> Pixels:
        """Return the colors of a window inside it, computed now if they are missing."""
        return self._canvas.pixels(window)[..., :3]

    def read_mask(self, window: Window) -> Pixels | None:
        """Return its opacity; None if all of the image is opaque."""
        return self._canvas.pixels(window)[..., 3] if self._canvas.work.store.channels == 4 else None
