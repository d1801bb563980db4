"""Painting of many images of one size in memory, such as the frames of a video, with one model settled for all.

Each frame is painted as a file is: by the same ``Painter``, in windows with a halo, from the same copies for large
strokes. Several frames are painted at once; their forward passes share the cores or the device.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import isqrt
from threading import Event
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from tilegan.errors import SettingError
from tilegan.geometry import Pixels, Window, split
from tilegan.images.metadata.origin import Origin
from tilegan.images.source import reduced_shape
from tilegan.inference.blocks import Held, Masked, Part, read_block
from tilegan.inference.ground import Ground
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.passes import Passes, forward_threads
from tilegan.inference.plan import Plan, cut_of
from tilegan.inference.reduced import Reduced
from tilegan.inference.rendering import Rendering
from tilegan.inference.statistics import SIDE, WINDOW, with_streamed_statistics
from tilegan.inference.stroke import steps_of
from tilegan.names import GLOBAL, INTERPOLATED, THUMBNAIL
from tilegan.progress import Progress, silent
from tilegan.translator import Translator

Item = TypeVar("Item")


class FrameSource:
    """A frame in memory as a ``tilegan.images.source.Source``, by which memory is planned; it has no file."""

    path = ""
    bands = 3
    dtype = levels = np.dtype(np.uint8)
    sequential, held = False, True
    remarks: tuple[str, ...] = ()
    origin = Origin()

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width, self.block = height, width, (height, width)

    def read(self, window: Window) -> Pixels:
        """Return black pixels."""
        return np.zeros((window.height, window.width, 3), np.uint8)

    def read_mask(self, window: Window) -> None:
        """Return None: frames are opaque."""

    def thumbnail(self, side: int) -> Any:
        """Return a black thumbnail."""
        return np.zeros((*reduced_shape(self.height, self.width, side), 3), np.uint8)

    def identity(self) -> dict[str, str | int]:
        """Return nothing: the clip has the identity."""
        return {}

    def close(self) -> None:
        """Do nothing."""


class FramePainter:
    """Paints frames of one size, several at once.

    Attributes:
        translator: the model, settled for all frames.
        plan: plan of a frame.
        cut: how blocks are cut; reduced when the device runs out of memory.
    """

    def __init__(self, translator: Translator, plan: Plan, streams: int, at_once: int) -> None:
        """Create the threads.

        Args:
            translator: the model, settled.
            plan: plan of a frame.
            streams: forward passes at once.
            at_once: frames at once.
        """
        self.translator, self.plan, self.cut = translator, plan, cut_of(plan, translator)
        self._stop, self._at_once = Event(), at_once
        self._threads = forward_threads(translator.device, streams)
        self._passes = Passes(translator.device, streams, self._stop, self._threads)

    def paint(self, frame: Pixels) -> Pixels:
        """Return the stylized region of a frame; any thread may call it.

        Args:
            frame: uint8 (h, w, 3).

        Returns:
            uint8 (h * scale, w * scale, 3) of the planned region.

        Raises:
            TooLittleMemoryError: not even the least window fits.
        """
        painter = self._painter(frame)
        region, scale = self.plan.region, self.translator.scale
        painted = np.empty((region.height * scale, region.width * scale, 3), frame.dtype)
        for place in split(region, self.plan.shard):
            target = place.moved(-region.top, -region.left).scaled(scale)
            painted[target.top : target.bottom, target.left : target.right] = painter.paint(place)
        self.cut = min(self.cut, painter.cut)
        return painted

    def each(
        self, items: Iterable[Item], frame_of: Callable[[Item], Pixels]
    ) -> Generator[tuple[Item, Pixels], None, None]:
        """Yield items with their painted frames, in order; at most one more than ``at_once`` is held."""
        waiting: deque[tuple[Item, Future[Pixels]]] = deque()
        pool = ThreadPoolExecutor(self._at_once, "frame")
        try:
            for item in items:
                waiting.append((item, pool.submit(self.paint, frame_of(item))))
                if len(waiting) > self._at_once:
                    first, painted = waiting.popleft()
                    yield first, painted.result()
            while waiting:
                first, painted = waiting.popleft()
                yield first, painted.result()
        finally:
            if waiting:  # the run ends early
                self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=True)

    def _painter(self, frame: Pixels) -> Painter:
        """Return the painter of a frame, over its painted copies if strokes are large (see ``inference.stages``)."""
        steps = steps_of(self.plan.look.stroke)
        photos = _copies(_whole(frame), steps)
        ground = photos[0]
        for (step, finer), photo, next_photo in zip(pairwise(steps), photos, photos[1:], strict=False):
            plan = replace(self.plan, step=step, look=Rendering(stroke=self.plan.look.stroke))
            below = self._of(photo, ground, plan)
            strokes = Held(below.paint(Window(0, 0, photo.height, photo.width)))
            self.cut = min(self.cut, below.cut)
            ground = Ground(next_photo, strokes, step // finer)
        return self._of(photos[-1], ground, self.plan)

    def _of(self, photo: Masked, ground: Masked, plan: Plan) -> Painter:
        painter = Painter(photo, (Brush(ground, self.translator),), plan, each=self._passes.map)
        painter.cut = self.cut
        return painter


def _whole(pixels: Pixels) -> Part:
    height, width, _ = pixels.shape
    return Part(pixels, Window(0, 0, height, width), height, width)


def _copies(frame: Masked, steps: tuple[int, ...]) -> list[Masked]:
    """Return the frame reduced by each step; as for files, coarser copies are made from the finest."""
    if len(steps) == 1:
        return [frame]
    finest = Reduced(frame, steps[-2])
    copy = _whole(finest.read(Window(0, 0, finest.height, finest.width)))
    return [*(Reduced(copy, step // steps[-2]) for step in steps[:-2]), copy, frame]


def contact_sheet(frames: Iterable[Pixels], side: int | None) -> Pixels:
    """Join frames of one size side by side, in rows, as one image from which a model is settled.

    Args:
        frames: uint8 (h, w, 3).
        side: longest side of a frame in the sheet, in pixels; None for their own.

    Returns:
        uint8 (rows * h, columns * w, 3), about as many columns as rows; without frames that would not fill a row.
    """
    held = list(frames)
    height, width, _ = held[0].shape
    if side is not None:
        height, width = reduced_shape(height, width, side)
        small = (Image.fromarray(frame).resize((width, height), Image.Resampling.BOX) for frame in held)
        held = [np.asarray(frame) for frame in small]
    rows = isqrt(len(held))
    columns = len(held) // rows
    return np.concatenate([np.concatenate(held[row * columns :][:columns], axis=1) for row in range(rows)])


def settled_on(
    translator: Translator, statistics: str, frames: list[Pixels], window: int, progress: Progress = silent
) -> Translator:
    """Return the translator with the statistics of several frames, the same for all.

    Args:
        translator: a translator that needs statistics.
        statistics: 'thumbnail' or 'global'.
        frames: uint8 (h, w, 3), a sample.
        window: maximum side of one pass, in pixels; a sheet of at most this size is run as a whole.
        progress: called with phase 'statistics'.

    Raises:
        SettingError: statistics of cells, which belong to one image.
        ModelError: its norms cannot be settled.
    """
    check_statistics(statistics)
    sheet = contact_sheet(frames, SIDE if statistics == THUMBNAIL else None)
    height, width, _ = sheet.shape
    if max(height, width) <= window:
        return translator.with_statistics_of(sheet)
    read = partial(read_block, Held(sheet))
    return with_streamed_statistics(translator, GLOBAL, read, height, width, WINDOW, progress)


def check_statistics(statistics: str) -> None:
    """Refuse statistics that belong to one image.

    Raises:
        SettingError: statistics of cells.
    """
    if statistics == INTERPOLATED:
        raise SettingError(f"statistics of cells are those of one image: give {THUMBNAIL} or {GLOBAL} for a video")
