"""Input of a step of large strokes: the photograph with the upsampled strokes of the previous step.

Only details of the strokes smaller than ``TONE`` of their pixels are used. Larger structures, the tones, come from the
photograph: a model that shifts colors would shift them again at each step, and the image would become more yellow each
time. Only a part of the contrast, ``KEPT``, is used: a model treats strokes as objects and paints them bolder than they
were. Half of the detail that the photograph had lost is restored: none leaves soft edges, all of it a photograph with
blots.

Each pixel depends only on its neighborhood, and sums are of integers, so that the result is independent of tiling.
Invalid pixels are excluded from means and have no strokes.
"""

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, means
from tilegan.inference.blocks import Masked, Part, Readable, mirrored_span, read_block, read_filled
from tilegan.inference.stroke import reduced

DETAIL = 0.5
KEPT = 0.8  # 1 hides small objects under ridges; with 0.65 the whole looks less painted, 0.4 loses the strokes
TONE = 16  # pixels: training constrains the mean colors of such squares, in which strokes average out
_NEAR = 2  # distance in pixels of a copy for filling invalid ones: upsampling uses no farther ones
_ROWS = 64  # rows upsampled at once
_BYTES = 24 * 2**20  # memory for this with rows of 4,000 pixels
_AT_ONCE = 2**20  # pixels read and reduced at once, or one row of a copy


class Reduced:
    """An image reduced by averaging ``step`` x ``step`` pixels, padded by reflection at its last edges."""

    def __init__(self, image: Masked, step: int) -> None:
        self.image, self.step = image, step
        self.height, self.width = reduced(image.height, step), reduced(image.width, step)

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the copy, read in bounded memory."""
        return np.concatenate([self._means(part) for part in self._parts(window)])

    def read_mask(self, window: Window) -> Pixels | None:
        """Return the opacity of a window: the maximum of each square."""
        masks = [self._mask(part) for part in self._parts(window)]
        found = [self._squares(mask).max(axis=(1, 3)) for mask in masks if mask is not None]
        return np.concatenate(found) if found else None

    def _parts(self, window: Window) -> list[Window]:
        rows = max(1, _AT_ONCE // (window.width * self.step**2))
        tops = range(window.top, window.bottom, rows)
        return [Window(top, window.left, min(rows, window.bottom - top), window.width) for top in tops]

    def _means(self, part: Window) -> Pixels:
        pixels, mask = read_block(self.image, part.scaled(self.step))[..., :3], self._mask(part)
        if mask is None or mask.all():
            return means(pixels, self.step)
        shown = mask[..., None] > 0
        sums = self._squares(pixels * shown).sum(axis=(1, 3), dtype=np.uint32)
        counts = self._squares(shown).sum(axis=(1, 3), dtype=np.uint32)
        averages: Pixels = ((sums + counts // 2) // np.maximum(counts, 1)).astype(pixels.dtype)
        return averages

    def _mask(self, part: Window) -> Pixels | None:
        whole, fine = self.image, part.scaled(self.step)
        span = mirrored_span(fine, whole.height, whole.width)
        mask = whole.read_mask(span)
        return None if mask is None else read_block(Part(mask, span, whole.height, whole.width), fine)

    def _squares(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        height, width = values.shape[:2]
        return values.reshape(height // self.step, self.step, width // self.step, self.step, *values.shape[2:])


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
        factor = self.factor
        cells, around, span = reach(window, factor, self.height, self.width)
        pixels, mask = self.photo.read(span)[..., :3], self.photo.read_mask(span)
        part = Part(pixels, span, self.height, self.width, mask)
        copy = Reduced(part, factor)
        seen = read_block(copy, around) if mask is None else read_filled(copy, around, _NEAR)
        strokes = read_block(self.below, around)[..., :3].astype(np.int32) - seen.astype(np.int32)
        if mask is not None:
            strokes *= _shown(copy, around)[..., None]
        tones = _tones(strokes, cells, around)
        rows, columns = (slice(begin, begin + length) for begin, length in _inside(cells, around))
        change = np.float32(KEPT) * (strokes[rows, columns].astype(np.float32) - tones)
        change += np.float32(1 - DETAIL) * seen[rows, columns]
        whole, most = np.empty((window.height, window.width, 3), pixels.dtype), np.iinfo(pixels.dtype).max
        for first in range(0, window.height, _ROWS):
            strip = Window(window.top + first, window.left, min(_ROWS, window.height - first), window.width)
            carried = carried_up(change, cells, strip, factor)
            carried += np.float32(DETAIL) * part.read(strip)
            carried += np.float32(0.5)
            whole[first : first + strip.height] = np.floor(carried, out=carried).clip(0, most, out=carried)
        return whole

    def read_mask(self, window: Window) -> Pixels | None:
        """Return the opacity of the photograph."""
        return self.photo.read_mask(window)


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
    inside = mirrored_span(wide, reduced(height, factor), reduced(width, factor))
    return cells, around, mirrored_span(inside.scaled(factor), height, width)


def margin(factor: int) -> int:
    """Return the maximum number of pixels per side that ``Ground.read`` reads around a window of the photograph."""
    return factor * (2 * TONE + 3 + _NEAR)


def ground_bytes() -> int:
    """Return the approximate bytes that ``Ground.read`` and ``Reduced.read`` need in addition to their images."""
    return _BYTES + 12 * _AT_ONCE


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


def _tones(strokes: NDArray[np.int32], cells: Window, around: Window) -> NDArray[np.float32]:
    """Return the tones of strokes at cells: means of squares of the surrounding strokes, interpolated."""
    rows, columns = around.height // TONE, around.width // TONE
    sums = strokes.reshape(rows, TONE, columns, TONE, 3).sum(axis=(1, 3), dtype=np.int32)
    squares = Window(around.top // TONE, around.left // TONE, rows, columns)
    return carried_up(sums.astype(np.float32) / np.float32(TONE**2), squares, cells, TONE)


def _inside(part: Window, whole: Window) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return offset and length of a part in a whole, for rows and columns."""
    return (part.top - whole.top, part.height), (part.left - whole.left, part.width)


def _shown(copy: Reduced, window: Window) -> NDArray[np.bool_]:
    span = mirrored_span(window, copy.height, copy.width)
    mask = copy.read_mask(span)
    assert mask is not None
    return read_block(Part(mask, span, copy.height, copy.width), window) > 0


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
