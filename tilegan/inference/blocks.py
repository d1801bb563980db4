"""From a rectangle of a source to its stylized pixels: read with a halo, cut into windows, translate, trim, join."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from tilegan.geometry import Pixels, Window, reflect, round_up, split
from tilegan.images.fill import fill
from tilegan.tiling.places import Place


class Readable(Protocol):
    """What a block is read from: an image source, or an array that looks like one."""

    @property
    def height(self) -> int:
        """Rows of the whole image."""

    @property
    def width(self) -> int:
        """Columns of the whole image."""

    def read(self, window: Window) -> Pixels:
        """The window's pixels, (h, w, C): colors, and what else the image is joined with."""


class Masked(Readable, Protocol):
    """An image of which some pixels may mean nothing."""

    def read_mask(self, window: Window) -> Pixels | None:
        """The window's opacity, (h, w), 0 where pixels mean nothing; None if all mean something."""


class Held:
    """An array, (H, W, C), also one that is computed when it is asked for, as a source of its image."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.height: int = array.shape[0]
        self.width: int = array.shape[1]

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the image."""
        return np.asarray(self.array[window.top : window.bottom, window.left : window.right])


class Part:
    """A part of an image, in memory, as a source of the whole image, of which nothing else can be read."""

    def __init__(self, pixels: Pixels, span: Window, height: int, width: int, mask: Pixels | None = None) -> None:
        """Take the pixels, (h, w, ...), of a part ``span`` of an image of ``height`` x ``width``, and their opacity."""
        self.pixels, self.span, self.mask = pixels, span, mask
        self.height, self.width = height, width

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the part; a view."""
        return window.moved(-self.span.top, -self.span.left).of(self.pixels)

    def read_mask(self, window: Window) -> Pixels | None:
        """Their opacity; None if all mean something."""
        return None if self.mask is None else window.moved(-self.span.top, -self.span.left).of(self.mask)


def read_block(source: Readable, window: Window) -> Pixels:
    """Read a window that may lie partly, or wholly, outside the image, which is mirrored there.

    Whatever the window, its pixels are those of the same place in the image mirrored without end; only the part of the
    source that is needed is read.

    Args:
        source: the image.
        window: in pixels of the source; its origin may be negative.

    Returns:
        (window.height, window.width, C), of the source's type.
    """
    span = mirrored_span(window, source.height, source.width)
    return _mirrored(source.read(span), span, window, source.height, source.width)


def read_filled(source: Masked, window: Window, reach: int) -> Pixels:
    """``read_block``, with pixels that mean nothing filled from those that do (see ``images.fill``).

    Args:
        source: the image.
        window: as for ``read_block``.
        reach: how far away the pixels are that others are filled from, at most.
    """
    wide = Window(window.top - reach, window.left - reach, window.height + 2 * reach, window.width + 2 * reach)
    span = mirrored_span(wide, source.height, source.width)
    opacity = source.read_mask(span)
    if opacity is None or opacity.all():
        return read_block(source, window)
    valid = _mirrored(opacity, span, wide, source.height, source.width) > 0
    filled = fill(read_block(source, wide), valid, reach)
    return filled[reach : reach + window.height, reach : reach + window.width]


def _mirrored(pixels: Pixels, span: Window, window: Window, height: int, width: int) -> Pixels:
    """What a window sees of a mirrored image of ``height`` x ``width``, of which the part ``span`` was read."""
    if span == window:
        return pixels
    rows = reflect(window.top, window.bottom, height) - span.top
    columns = reflect(window.left, window.right, width) - span.left
    return pixels[np.ix_(rows, columns)]


def mirrored_span(window: Window, height: int, width: int) -> Window:
    """The part of an image of ``height`` x ``width`` that a window reads, when the image is mirrored without end."""
    rows = reflect(window.top, window.bottom, height)
    columns = reflect(window.left, window.right, width)
    top, left = int(rows.min()), int(columns.min())
    return Window(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)


def block_window(window: Window, unit: int, halo: int) -> Window:
    """What to read for a window: its edges moved out to multiples of ``unit``, then by ``halo``."""
    top, left = window.top // unit * unit, window.left // unit * unit
    height, width = round_up(window.bottom - top, unit), round_up(window.right - left, unit)
    return Window(top - halo, left - halo, height + 2 * halo, width + 2 * halo)


Each = Callable[[Callable[[list[Window]], None], Iterable[list[Window]]], Iterable[None]]


def translate_block(
    run: Callable[..., Pixels],
    block: Pixels,
    side: int,
    batch: int,
    halo: int = 0,
    scale: int = 1,
    each: Each = map,
    place: Place | None = None,
) -> Pixels:
    """Translate a block window by window, each with its halo.

    Args:
        run: one forward pass, (N, h + 2 halo, w + 2 halo, C) -> (N, h * scale, w * scale, 3): it trims. Where
            the block's place is known it is also given ``places``, those of the windows.
        block: uint8 or uint16 (h + 2 halo, w + 2 halo, C); h and w are multiples of the generator's stride.
        side: of a window, in pixels of the block; a multiple of the stride.
        batch: windows in one forward pass, at most.
        halo: context around the block and around each window, per side; 0 in ``combo`` mode.
        scale: output pixels per input pixel.
        each: calls a function for each batch, as ``map`` does; an executor's runs some at once.
        place: of the block, halo included; None where nothing depends on it.

    Returns:
        (h * scale, w * scale, 3), of the same type.
    """
    height, width = block.shape[0] - 2 * halo, block.shape[1] - 2 * halo
    output = np.empty((height * scale, width * scale, 3), block.dtype)

    def translate(windows: list[Window]) -> None:
        # a window's place in the block is moved by the halo, so its own halo starts at its unmoved place
        reads = [block[w.top : w.bottom + 2 * halo, w.left : w.right + 2 * halo] for w in windows]
        known = {} if place is None else {"places": [place.moved(w.top, w.left) for w in windows]}
        translated = run(np.stack(reads), **known)
        for window, pixels in zip(windows, translated, strict=True):
            target = window.scaled(scale)
            output[target.top : target.bottom, target.left : target.right] = pixels

    for _ in each(translate, _batches(Window(0, 0, height, width), side, batch)):
        pass
    return output


def _batches(whole: Window, side: int, batch: int) -> Iterator[list[Window]]:
    """The windows of a block in batches of one shape: those at the bottom and right may be smaller."""
    by_shape: dict[tuple[int, int], list[Window]] = {}
    for window in split(whole, side):
        by_shape.setdefault((window.height, window.width), []).append(window)
    for alike in by_shape.values():
        for first in range(0, len(alike), batch):
            yield alike[first : first + batch]
