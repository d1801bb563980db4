"""Strokes larger than a model has learnt them, from coarse to fine.

A copy of the image, reduced by the factor, is translated and carried up to full size, together with half of the detail
that the reduction lost; then it is translated once more, so that large strokes have the surface of fine ones. (As the
coarse-to-fine passes of Gatys et al. 2017, 'Controlling Perceptual Factors in Neural Style Transfer', section 6.)

Cells of the reduced copy lie at multiples of the factor, and each pixel depends on its surroundings alone, so that the
result is the same however an image is cut.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, means
from tilegan.inference.blocks import block_window
from tilegan.inference.plan import Cut
from tilegan.networks.interpolated import Place

DETAIL = 0.5  # of what the reduction loses: none leaves blurred strokes, all of it a photograph with blots
_ROWS = 64  # carried up at once
_BYTES = 24 * 2**20  # that this takes, for rows of 4,000 pixels


def wide_window(extent: Window, cut: Cut, stroke: int) -> Window:
    """What to read for a block of full size: all that its reduced copy, with the context of that one, is made of."""
    return block_window(_cells(extent, stroke), cut.unit, cut.halo).scaled(stroke)


def context(cut: Cut, stroke: int) -> int:
    """Pixels read around a window, per side, at most: with strokes as the model paints them, its halo."""
    return cut.halo + (stroke * (cut.halo + cut.unit + 2) + cut.unit if stroke > 1 else 0)


def stroke_bytes(stroke: int) -> int:
    """What ``carried`` takes beside its images, about."""
    return _BYTES if stroke > 1 else 0


def carried(
    wide: Pixels, extent: Window, cut: Cut, stroke: int, translate: Callable[[Pixels, Place], Pixels]
) -> Pixels:
    """A block of full size, painted with large strokes, to be translated once more.

    Args:
        wide: uint8 or uint16 (h, w, 3), the pixels of ``wide_window``.
        extent: the block, in pixels of the image.
        cut: how blocks are translated.
        stroke: the factor, 2 or more.
        translate: a block with its halo, (h + 2 halo, w + 2 halo, 3), at a place -> (h, w, 3).

    Returns:
        (extent.height, extent.width, 3) of the same type.
    """
    whole = wide_window(extent, cut, stroke)
    reduced = means(wide, stroke)
    height, width, _ = reduced.shape
    inner = reduced[cut.halo : height - cut.halo, cut.halo : width - cut.halo]
    place = Place(whole.top // stroke, whole.left // stroke, stroke)
    change = translate(reduced, place) - np.float32(DETAIL) * inner
    top, left = whole.top + cut.halo * stroke, whole.left + cut.halo * stroke  # where ``change`` begins
    columns = _between(np.arange(extent.left - left, extent.right - left), stroke)
    block = np.empty((extent.height, extent.width, 3), wide.dtype)
    most = np.iinfo(wide.dtype).max
    for first in range(0, extent.height, _ROWS):
        rows = np.arange(first, min(first + _ROWS, extent.height))
        painted = _mixed(_mixed(change, 0, *_between(rows + extent.top - top, stroke)), 1, *columns)
        source = wide[rows + extent.top - whole.top, extent.left - whole.left : extent.right - whole.left]
        painted += np.float32(DETAIL) * source
        block[rows] = np.floor(painted + np.float32(0.5)).clip(0, most)
    return block


def _cells(extent: Window, stroke: int) -> Window:
    """The cells of the reduced copy between whose centres a block's pixels lie."""
    top, left = extent.top // stroke - 1, extent.left // stroke - 1
    return Window(top, left, -(-extent.bottom // stroke) + 1 - top, -(-extent.right // stroke) + 1 - left)


def _between(places: NDArray[np.int_], factor: int) -> tuple[NDArray[np.int_], NDArray[np.float32]]:
    """For pixels, the cell before each one's centre, and how far it lies on the way to the next cell's.

    By integers, so that they depend on a pixel's place in its cell alone.
    """
    twice = 2 * places + 1 - factor  # twice the distance from the first cell's centre, in pixels
    return twice // (2 * factor), (twice % (2 * factor) / (2 * factor)).astype(np.float32)


def _mixed(
    values: NDArray[np.float32], axis: int, before: NDArray[np.int_], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Linear interpolation along an axis."""
    first, second = values.take(before, axis), values.take(before + 1, axis)
    shares = share.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    mixed: NDArray[np.float32] = first + shares * (second - first)
    return mixed
