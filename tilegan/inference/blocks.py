"""Stylization of a rectangle of a source: read with a halo, cut into windows, translate, trim, join."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from tilegan.geometry import Pixels, Window, reflect, round_up, split
from tilegan.images.pixels.fill import fill
from tilegan.tiling.places import Place


class Readable(Protocol):
    """An image source from which blocks are read, or an array with the same interface."""

    @property
    def height(self) -> int:
        """Return the number of rows of the whole image."""

    @property
    def width(self) -> int:
        """Return the number of columns of the whole image."""

    def read(self, window: Window) -> Pixels:
        """Read the pixels of a window, (h, w, C): colors, and further planes if there are any."""


class Masked(Readable, Protocol):
    """An image that may have invalid pixels."""

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window, (h, w), 0 for invalid pixels; None if all are valid."""


class Held:
    """An array (H, W, C), possibly lazy, as an image source."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.height: int = array.shape[0]
        self.width: int = array.shape[1]

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the image."""
        return np.asarray(self.array[window.top : window.bottom, window.left : window.right])


class Part:
    """A part of an image in memory, as a source of the whole image from which only this part can be read."""

    def __init__(self, pixels: Pixels, span: Window, height: int, width: int, mask: Pixels | None = None) -> None:
        """Take pixels (h, w, ...) and opacity of the part ``span`` of an image of ``height`` x ``width``."""
        self.pixels, self.span, self.mask = pixels, span, mask
        self.height, self.width = height, width

    def read(self, window: Window) -> Pixels:
        """Return the pixels of a window inside the part, as a view."""
        return window.moved(-self.span.top, -self.span.left).of(self.pixels)

    def read_mask(self, window: Window) -> Pixels | None:
        """Return their opacity; None if all are valid."""
        return None if self.mask is None else window.moved(-self.span.top, -self.span.left).of(self.mask)


def read_block(source: Readable, window: Window) -> Pixels:
    """Read a window that may lie partly or fully outside the image, which is padded by reflection.

    The pixels of every window are those at the same position of the infinitely reflected image; only the necessary part
    of the source is read.

    Args:
        source: the image.
        window: in pixels of the source; its origin may be negative.

    Returns:
        (window.height, window.width, C), with the dtype of the source.
    """
    span = mirrored_span(window, source.height, source.width)
    return _mirrored(source.read(span), span, window, source.height, source.width)


def read_filled(source: Masked, window: Window, reach: int) -> Pixels:
    """Read a window as ``read_block``, with invalid pixels filled from valid ones (see ``images.fill``).

    Args:
        source: the image.
        window: as for ``read_block``.
        reach: maximum distance of the pixels from which others are filled.
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
    """Return a window of a reflected image of ``height`` x ``width``, of which the part ``span`` was read."""
    if span == window:
        return pixels
    rows = reflect(window.top, window.bottom, height) - span.top
    columns = reflect(window.left, window.right, width) - span.left
    return pixels.take(columns, 1).take(rows, 0)  # a fifth of the time that np.ix_ takes


def mirrored_span(window: Window, height: int, width: int) -> Window:
    """Return the part of an infinitely reflected image of ``height`` x ``width`` that a window reads."""
    rows = reflect(window.top, window.bottom, height)
    columns = reflect(window.left, window.right, width)
    top, left = int(rows.min()), int(columns.min())
    return Window(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)


def block_window(window: Window, unit: int, halo: int) -> Window:
    """Return the window to read: its edges are moved out to multiples of ``unit``, then by ``halo``."""
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
    wanted: Callable[[Window], bool] = lambda _: True,
) -> Pixels:
    """Translate a block window by window, each with its halo.

    Args:
        run: one forward pass, (N, h + 2 halo, w + 2 halo, C) -> (N, h * scale, w * scale, 3): it trims. If ``place`` is
            given, the positions of the windows are passed as ``places``.
        block: uint8 or uint16 (h + 2 halo, w + 2 halo, C); h and w are multiples of the generator's stride.
        side: side of a window, in pixels of the block; a multiple of the stride.
        batch: maximum number of windows in one forward pass.
        halo: context around the block and around each window, per side; 0 in ``combo`` mode.
        scale: output pixels per input pixel.
        each: calls a function for each batch, like ``map``; that of an executor runs several at once.
        place: position of the block, including the halo; None if nothing depends on it.
        wanted: whether a window is needed, by its position in the block without its halo.

    Returns:
        (h * scale, w * scale, 3), of the same dtype; 0 in windows that are not needed.
    """
    height, width = block.shape[0] - 2 * halo, block.shape[1] - 2 * halo
    output = np.zeros((height * scale, width * scale, 3), block.dtype)

    def translate(windows: list[Window]) -> None:
        # the block begins one halo earlier, so that the halo of a window begins at the window's own position
        reads = [block[w.top : w.bottom + 2 * halo, w.left : w.right + 2 * halo] for w in windows]
        known = {} if place is None else {"places": [place.moved(w.top, w.left) for w in windows]}
        translated = run(np.stack(reads), **known)
        for window, pixels in zip(windows, translated, strict=True):
            target = window.scaled(scale)
            output[target.top : target.bottom, target.left : target.right] = pixels

    for _ in each(translate, _batches(filter(wanted, split(Window(0, 0, height, width), side)), batch)):
        pass
    return output


def _batches(windows: Iterable[Window], batch: int) -> Iterator[list[Window]]:
    """Yield the windows of a block in batches of the same shape: those at the bottom and right may be smaller."""
    by_shape: dict[tuple[int, int], list[Window]] = {}
    for window in windows:
        by_shape.setdefault((window.height, window.width), []).append(window)
    for alike in by_shape.values():
        for first in range(0, len(alike), batch):
            yield alike[first : first + batch]
