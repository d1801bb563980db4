"""Steps of large strokes: what the network sees of the previous step, and how much of it stays.

The input of a step is the painting of the previous one, upsampled, with half of the contrast of its strokes, and with
half of the detail that the photograph lost by the reduction. With all of their contrast the network paints the edges of
strokes as objects, as small ridges in even areas; no detail leaves soft edges, all of it a photograph with blots.

The tones of the network's output are moved back to those of the previous painting: the difference of the two, as means
of squares, is upsampled and added (as in one iteration of back-projection, Irani and Peleg 1991, 'Improving Resolution
by Image Registration'). So a step adds strokes, and changes neither tones nor larger strokes: seen as a whole, the
result is the painting of the coarsest copy, whose colors would be shifted again at each step otherwise.

Each pixel depends only on its neighborhood, and sums are of integers, so that the result is independent of tiling.
Invalid pixels are excluded from means, and nothing is moved where all are invalid.
"""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window
from tilegan.inference.blocks import Masked, Part, Readable, mirrored_span, read_block, read_filled
from tilegan.inference.reduced import AT_ONCE, Reduced
from tilegan.inference.stroke import reduced

DETAIL = 0.5
KEPT = 0.5  # of the contrast of strokes
TONE = 8  # side of the squares over whose means strokes stand out, in pixels of the previous painting
MOVED = 2  # likewise of those that are moved back: 1 blurs what is painted, 4 leaves reliefs in even areas
_NEAR = 2  # distance in pixels of a copy for filling invalid ones: upsampling uses no farther ones
_ROWS = 64  # rows upsampled at once
_BYTES = 24 * 2**20  # memory for this with rows of 4,000 pixels


class Ground:
    """The input of a step, as an image.

    Attributes:
        photo: the image, or the copy of it, to be painted.
        below: the painting of the previous step, (h, w, 3 or more), a reduction of ``photo`` by ``factor``.
        factor: factor by which ``below`` is coarser.
    """

    def __init__(self, photo: Masked, below: Readable, factor: int) -> None:
        self.photo, self.below, self.factor = photo, below, factor
        self.height, self.width = photo.height, photo.width

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the image."""
        cells, around, span = reach(window, self.factor, self.height, self.width)
        part = Part(self.photo.read(span)[..., :3], span, self.height, self.width, self.photo.read_mask(span))
        copy = Reduced(part, self.factor)
        seen = read_block(copy, around) if part.mask is None else read_filled(copy, around, _NEAR)
        apart, valid = self._apart(copy, around, seen)
        squares = Window(*(side // TONE for side in around))
        change = np.float32(1 - KEPT) * carried_up(_means(apart, valid, TONE), squares, cells, TONE)
        inside = cells.moved(-around.top, -around.left)
        change += np.float32(KEPT) * inside.of(apart).astype(np.float32)
        change += np.float32(1 - DETAIL) * inside.of(seen)
        return self._upsampled(change, cells, self.factor, part, DETAIL, window)

    def read_mask(self, window: Window) -> Pixels | None:
        """Return the opacity of the photograph."""
        return self.photo.read_mask(window)

    def moved_back(self, painted: Pixels, span: Window, window: Window) -> Pixels:
        """Return what is painted, moved back to the painting of the previous step.

        Args:
            painted: output of the network in ``span``, (h, w, 3).
            span: at least ``painted_span(window, ...)``.
            window: a window inside the image.

        Returns:
            (window.height, window.width, 3), of the same dtype.
        """
        part = Part(painted, span, self.height, self.width, self.photo.read_mask(span))
        squares, copy = between_centers(window, MOVED * self.factor), Reduced(part, self.factor)
        cells = squares.scaled(MOVED)
        change = _means(*self._apart(copy, cells, read_block(copy, cells)), MOVED)
        return self._upsampled(change, squares, MOVED * self.factor, part, 1, window)

    def _apart(self, copy: Reduced, cells: Window, seen: Pixels) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Compare the previous painting with a copy.

        Returns:
            The difference from the pixels of the copy, ``seen``, (h, w, 3), 0 where nothing is valid; and where
            anything is, 0 or 1, (h, w, 1).
        """
        span = mirrored_span(cells, copy.height, copy.width)
        mask = copy.read_mask(span)
        if mask is None:
            valid = np.ones((*seen.shape[:2], 1), np.int32)
        else:
            valid = (read_block(Part(mask, span, copy.height, copy.width), cells)[..., None] > 0).astype(np.int32)
        return valid * (read_block(self.below, cells)[..., :3].astype(np.int32) - seen), valid

    def _upsampled(
        self, change: NDArray[np.float32], cells: Window, factor: int, part: Part, share: float, window: Window
    ) -> Pixels:
        """Return a window of ``part``, taken with a share, with the upsampled change of cells."""
        whole, most = np.empty((window.height, window.width, 3), part.pixels.dtype), np.iinfo(part.pixels.dtype).max
        for first in range(0, window.height, _ROWS):
            strip = Window(window.top + first, window.left, min(_ROWS, window.height - first), window.width)
            carried = carried_up(change, cells, strip, factor)
            carried += np.float32(share) * part.read(strip)
            carried += np.float32(0.5)
            whole[first : first + strip.height] = np.floor(carried, out=carried).clip(0, most, out=carried)
        return whole


def reach(window: Window, factor: int, height: int, width: int) -> tuple[Window, Window, Window]:
    """Return the windows that ``Ground.read`` depends on, for a window inside an image of a height and a width.

    Returns:
        The cells, pixels of the previous step, between whose centers the pixels of the window lie, and the surrounding
        cells from which their tones are computed; both may lie partly outside the image. And the part of the photograph
        that is read.
    """
    cells = between_centers(window, factor)
    around = between_centers(cells, TONE).scaled(TONE)
    wide = Window(around.top - _NEAR, around.left - _NEAR, around.height + 2 * _NEAR, around.width + 2 * _NEAR)
    return cells, around, _pixels_of(wide, factor, height, width)


def painted_span(window: Window, factor: int, height: int, width: int) -> Window:
    """Return the part of an image of a height and a width that is painted so that a window can be moved back.

    It is the window itself for factor 1, without a previous step.
    """
    if factor == 1:
        return window
    cells = between_centers(window, MOVED * factor).scaled(MOVED)
    return _pixels_of(cells, factor, height, width)


def margin(factor: int) -> int:
    """Return the maximum number of pixels per side that ``Ground.read`` reads around a window of the photograph."""
    return factor * (2 * TONE + 3 + _NEAR)


def painted_margin(factor: int) -> int:
    """Return the maximum number of pixels per side that are painted around a window so that it can be moved back."""
    return 2 * MOVED * factor if factor > 1 else 0


def ground_bytes() -> int:
    """Return the approximate bytes that a ``Ground`` and ``Reduced.read`` need in addition to their images."""
    return _BYTES + 12 * AT_ONCE


def carried_up(values: NDArray[np.float32], cells: Window, window: Window, factor: int) -> NDArray[np.float32]:
    """Interpolate linearly between the centers of cells.

    Args:
        values: float32 (cells.height, cells.width, C).
        cells: position of the values, in cells.
        window: window of pixels between the centers.
        factor: side of a cell in pixels.

    Returns:
        float32 (window.height, window.width, C).
    """
    down, right = np.arange(window.top, window.bottom), np.arange(window.left, window.right)
    rows = _mixed(values, 0, *_between(down - factor * cells.top, factor))
    return _mixed(rows, 1, *_between(right - factor * cells.left, factor))


def _means(apart: NDArray[np.int32], valid: NDArray[np.int32], side: int) -> NDArray[np.float32]:
    """Return means over squares of ``side`` x ``side`` cells, (h, w, C) -> (h / side, w / side, C), of valid ones."""
    height, width = apart.shape[0] // side, apart.shape[1] // side
    sums, counts = (
        cells.reshape(height, side, width, side, -1).sum((1, 3), dtype=np.int32) for cells in (apart, valid)
    )
    means: NDArray[np.float32] = sums.astype(np.float32) / np.maximum(counts, 1).astype(np.float32)
    return means


def _pixels_of(cells: Window, factor: int, height: int, width: int) -> Window:
    """Return the pixels inside an image of which cells, possibly mirrored ones, are means."""
    inside = mirrored_span(cells, reduced(height, factor), reduced(width, factor))
    return mirrored_span(inside.scaled(factor), height, width)


def between_centers(window: Window, factor: int) -> Window:
    """Return the cells of ``factor`` x ``factor`` pixels between whose centers the pixels of a window lie."""
    top, left = window.top // factor - 1, window.left // factor - 1
    return Window(top, left, -(-window.bottom // factor) + 1 - top, -(-window.right // factor) + 1 - left)


def _between(places: NDArray[np.int_], factor: int) -> tuple[NDArray[np.int_], NDArray[np.float32]]:
    """Return for each pixel the cell before its center, and its fractional position toward the next cell's center.

    Computed with integers, so that they depend only on the position of a pixel in its cell.
    """
    twice = 2 * places + 1 - factor  # twice the distance from the first cell's center, in pixels
    return twice // (2 * factor), (twice % (2 * factor) / (2 * factor)).astype(np.float32)


def _mixed(
    values: NDArray[np.float32], axis: int, before: NDArray[np.int_], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Interpolate linearly along an axis."""
    first: NDArray[np.float32] = values.take(before, axis)
    second: NDArray[np.float32] = values.take(before + 1, axis)
    shares = share.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    second -= first
    second *= shares
    second += first
    return second
