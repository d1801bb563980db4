"""The pixels of a window of a run: read with a halo, translated, blended, with opacity."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tilegan.errors import TooLittleMemoryError
from tilegan.geometry import Pixels, Window
from tilegan.inference.blocks import Masked, read_block, read_filled, translate_block
from tilegan.inference.journal import write_json
from tilegan.inference.look import Look
from tilegan.inference.paint import paint
from tilegan.inference.plan import Cut
from tilegan.inference.work import Stopped, Work
from tilegan.tiling.places import Place

HALVED = "halved.json"  # in the journal: the cut that fit after memory ran out


class _TooLargeError(Exception):
    """A forward pass does not fit into memory; smaller windows may."""


def stylized(work: Work, place: Window) -> Pixels:
    """Return the pixels of a window of level 0, with opacity as a fourth channel if the store has it.

    They are those of its shard if it is a window of the plan, or several, counted from the shard's corner.

    Args:
        work: open work.
        place: the window, in input pixels of the image or copy.

    Raises:
        ImageError: the source, or a copy of it, is damaged.
        TooLittleMemoryError: not even the least window fits.
    """
    if work.store.channels == 3:
        return _translated(work, place)
    return with_opacity(work.photo, place, work.translator.scale, work.store.dtype, partial(_translated, work, place))


def with_opacity(
    photo: Masked, place: Window, scale: int, levels: np.dtype[Any], translated: Callable[[], Pixels]
) -> Pixels:
    """Return a translated window with opacity as a fourth channel.

    Invalid pixels keep the color of the photograph, and cost nothing.

    Args:
        photo: the image.
        place: the window, inside the image, in its pixels.
        scale: output pixels per input pixel.
        levels: numpy type of the result.
        translated: the colors of the window, (h * scale, w * scale, 3); called if any of its pixels is valid.
    """
    opacity = photo.read_mask(place)
    if opacity is None:
        opacity = np.full((place.height, place.width), np.iinfo(levels).max, levels)
    opacity = opacity.repeat(scale, 0).repeat(scale, 1)[..., None]
    if opacity.all():
        return np.concatenate([translated(), opacity], axis=2)
    colors = photo.read(place)[..., :3].repeat(scale, 0).repeat(scale, 1)
    if opacity.any():
        colors = np.where(opacity, translated(), colors)
    return np.concatenate([colors, opacity], axis=2)


def _translated(work: Work, place: Window) -> Pixels:
    plan, translator = work.plan, work.translator

    def read(window: Window) -> Pixels:
        if work.store.channels == 3:
            return read_block(work.ground, window)
        return read_filled(work.ground, window, translator.halo)

    def original(window: Window) -> Pixels:
        return work.photo.read(window)[..., :3]

    if plan.look.strength == 0:
        return original(place).repeat(translator.scale, 0).repeat(translator.scale, 1)
    return painted(work, read, place, plan.look, plan.step, None if plan.look.stroke == 1 else original)


def painted(
    work: Work,
    read: Callable[[Window], Pixels],
    place: Window,
    look: Look,
    step: int,
    original: Callable[[Window], Pixels] | None = None,
) -> Pixels:
    """Return a window as ``inference.paint.paint`` does, with smaller windows from when memory ran out.

    Raises:
        TooLittleMemoryError: not even the least window fits.
    """
    while True:
        cut = work.cut
        try:
            translate = partial(_translate, work, cut)
            return paint(read, translate, place, cut, work.translator.scale, look, step, original)
        except _TooLargeError as error:
            _halve(work, cut, error)


def _translate(work: Work, cut: Cut, block: Pixels, place: Place) -> Pixels:
    run, scale = partial(_forward, work, cut.halo), work.translator.scale
    try:
        seen = work.translator.seen(block)
        return translate_block(run, seen, cut.side, cut.batch, cut.halo, scale, work.forward.map, place)
    except MemoryError as error:
        raise _TooLargeError from error


def _halve(work: Work, cut: Cut, error: _TooLargeError) -> None:
    """Cut blocks into smaller windows from now on, after memory ran out with a cut."""
    halved = cut.halved()
    if halved is None:
        need = work.translator.peak_bytes(cut.batch, cut.side, cut.halo, work.store.dtype)
        raise TooLittleMemoryError(
            f"out of memory on {work.plan.device} even with the least window of {cut.side} pixels, which takes "
            f"about {need / 2**20:.0f} MiB: close other programs, or use another device"
        ) from error.__cause__
    with work.lock:
        if work.cut == cut:  # otherwise another thread was faster
            work.cut = halved
            write_json(work.folder.journal / HALVED, {"window": halved.side, "batch": halved.batch})


def _forward(work: Work, halo: int, windows: Pixels, places: Sequence[Place]) -> Pixels:
    if work.stop.is_set():
        raise Stopped
    return work.translator.run(windows, halo, places)
