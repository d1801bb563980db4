"""Windows that overlap and are blended, for networks whose windows cannot be exact.

All windows have one size and lie in a grid that begins at the top left of the image. Each overlaps the next by about a
quarter, and is faded out there by a squared sine, so that the weights of all windows add up to one. Sums of integers
are independent of their order: a pixel has the same value whatever shard, thread or process computes it.
"""

from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, round_up
from tilegan.inference.blocks import Each
from tilegan.tiling.places import Place

ONE = 256  # weight of a pixel along one axis where only one window has it
PARTS = 4  # of a window, of which the overlap is one
SUM_BYTES = 12  # bytes of one output pixel while windows are added up


def overlap_of(side: int, stride: int) -> int:
    """Return the pixels by which windows overlap: about a quarter, so that they begin at multiples of the stride.

    Where the stride is too large for that, windows begin anywhere.
    """
    period = round_up(side - side // PARTS, stride)
    return side - period if period < side else side // PARTS


class Axis(NamedTuple):
    """The windows of an image along one axis, in input pixels.

    Attributes:
        length: of the image.
        side: of each window; the last one may end beyond the image.
        overlap: of each window with the next.
    """

    length: int
    side: int
    overlap: int

    @property
    def period(self) -> int:
        """Return the distance from one window to the next."""
        return self.side - self.overlap

    @property
    def last(self) -> int:
        """Return the number of the last window; the first is 0."""
        return max(0, -(-(self.length - self.side) // self.period))

    def touching(self, start: int, end: int) -> range:
        """Return the numbers of the windows that have pixels from ``start`` to before ``end``, inside the image."""
        return range(max(0, (start - self.side) // self.period + 1), min(self.last, (end - 1) // self.period) + 1)

    def weights(self, number: int, scale: int) -> NDArray[np.uint32]:
        """Return the weight of each output pixel of a window, (side * scale,); those of neighbors add up to ``ONE``."""
        weights, wide = np.full(self.side * scale, ONE, np.uint32), self.overlap * scale
        rising = np.round(ONE * np.sin(np.pi / 2 * (np.arange(wide) + 0.5) / wide) ** 2).astype(np.uint32)
        if wide and number > 0:
            weights[:wide] = rising
        if wide and number < self.last:
            weights[-wide:] = ONE - rising
        return weights


class Overlapping(NamedTuple):
    """The windows that are blended to a part of an image.

    Attributes:
        place: the part, in input pixels.
        rows: windows of the image from top to bottom.
        columns: likewise, from left to right.
    """

    place: Window
    rows: Axis
    columns: Axis

    @property
    def numbers(self) -> list[tuple[int, int]]:
        """Return row and column of each window that has pixels of the part."""
        down = self.rows.touching(self.place.top, self.place.bottom)
        across = self.columns.touching(self.place.left, self.place.right)
        return [(row, column) for row in down for column in across]

    @property
    def block(self) -> Window:
        """Return what all these windows read, in input pixels; it may end beyond the image."""
        first, last = (self._window(*self.numbers[end]) for end in (0, -1))
        return Window(first.top, first.left, last.bottom - first.top, last.right - first.left)

    def _window(self, row: int, column: int) -> Window:
        return Window(row * self.rows.period, column * self.columns.period, self.rows.side, self.columns.side)

    def blended(
        self, run: Callable[..., Pixels], block: Pixels, batch: int, scale: int, each: Each, step: int = 1
    ) -> Pixels:
        """Run all windows and blend their results.

        Args:
            run: one forward pass, (N, h, w, C) -> (N, h * scale, w * scale, 3), with the positions of the windows.
            block: the pixels of ``block``, uint8 or uint16 (h, w, C).
            batch: maximum number of windows in one forward pass.
            scale: output pixels per input pixel.
            each: see ``blocks.translate_block``.
            step: factor of the reduction of a painted copy.

        Returns:
            The pixels of the part, (h * scale, w * scale, 3), of the same dtype.
        """
        target, origin, lock = self.place.scaled(scale), self.block, Lock()
        total = np.zeros((target.height, target.width, 3), np.uint32)

        def add(numbers: list[tuple[int, int]]) -> None:
            windows = [self._window(*number) for number in numbers]
            reads = np.stack([window.moved(-origin.top, -origin.left).of(block) for window in windows])
            made = run(reads, [Place(window.top, window.left, step) for window in windows])
            for (row, column), window, pixels in zip(numbers, windows, made, strict=True):
                inside, outer = window.scaled(scale).common(target), window.scaled(scale)
                down = self.rows.weights(row, scale)[inside.top - outer.top : inside.bottom - outer.top]
                across = self.columns.weights(column, scale)[inside.left - outer.left : inside.right - outer.left]
                weighted = inside.moved(-outer.top, -outer.left).of(pixels) * (down[:, None] * across)[..., None]
                with lock:
                    inside.moved(-target.top, -target.left).of(total)[...] += weighted

        batches = [self.numbers[first : first + batch] for first in range(0, len(self.numbers), batch)]
        for _ in each(add, batches):  # type: ignore[arg-type]
            pass
        total += ONE * ONE // 2
        total //= ONE * ONE
        return total.astype(block.dtype)
