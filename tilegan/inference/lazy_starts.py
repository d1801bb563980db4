"""Lazy arrays with wide holes: copies are filled first, from coarse to fine (see ``inference.starts``)."""

from typing import NamedTuple

import dask.array as da
import numpy as np
from dask.delayed import delayed

from tilegan.geometry import Pixels, Window
from tilegan.images.fitted import Fitted
from tilegan.inference.blocks import Part, mirrored_span
from tilegan.inference.controls.guide import Guide
from tilegan.inference.lazy import CHUNK, Model, assembled, one_forward, piece, sides, translator_of
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.plan import SHARD, Cut, Plan
from tilegan.inference.reduced import Reduced
from tilegan.inference.stages import stages_of, under
from tilegan.inference.starts import Copy, Known, Started, StartedGuide
from tilegan.inference.stroke import reduced


class _Before(NamedTuple):
    """The previous step: its copy, (h, w, 4) with 0 as opacity in holes, the same filled, (h, w, 3), and its step."""

    copy: da.Array
    filled: da.Array
    step: int


def filled_from_coarse(array: da.Array, mask: Fitted, model: Model, plan: Plan, cut: Cut, guide: Guide) -> da.Array:
    """Return an array whose holes are filled by a plan with copies.

    Args:
        array: uint8 or uint16 (H, W, 3), with known chunk sizes.
        mask: of the same size, above 0 in holes.
        model: the file of a model, which each process loads once, or a translator, which is part of the graph.
        plan: plan of the whole array.
        cut: how its blocks are cut.
        guide: what the maps decide.

    Returns:
        (H, W, 3) of the same dtype, with the same rows and columns of chunks.
    """
    before = None
    for stage in stages_of(plan, cut, *array.shape[:2], fills=True):
        copy = _copy_array(array, mask, stage.step)
        before = _Before(copy, _filled(copy, None, before, model, stage, cut, None), stage.step)
    return _filled(array, mask, before, model, plan, cut, guide)


def _filled(
    array: da.Array,
    mask: Fitted | None,
    before: _Before | None,
    model: Model,
    plan: Plan,
    cut: Cut,
    guide: Guide | None,
) -> da.Array:
    """Return the array of one step; ``mask`` is None for copies, whose holes are without opacity."""
    height, width, _ = array.shape
    task, held = delayed(_chunk, pure=False), [delayed(each, pure=False, traverse=False) for each in (mask, guide)]

    def chunk(place: Window) -> da.Array:
        parts = [piece(array, mirrored_span(cut.block(place, height, width), height, width))]
        factor = before.step // plan.step if before is not None else 1
        if before is not None:
            span = under(place, cut, factor, height, width)
            parts += [piece(before.copy, span), piece(before.filled, span)]
        flat = [value for part in parts for value in part]
        pixels = task(*flat, mask=held[0], guide=held[1], factor=factor, place=place, model=model, plan=plan)
        made: da.Array = da.from_delayed(pixels, (place.height, place.width, 3), array.dtype)
        return made

    rows, columns = (sides(height, CHUNK), sides(width, CHUNK)) if mask is None else array.chunks[:2]
    return assembled(rows, columns, chunk)


def _chunk(
    *pieces: Pixels | Window | int,
    mask: Fitted | None,
    guide: Guide | None,
    factor: int,
    place: Window,
    model: Model,
    plan: Plan,
) -> Pixels:
    """Compute one chunk from pieces of the array, and of the previous copy and its filling if there are any."""
    parts = [_part(*pieces[first : first + 4]) for first in range(0, len(pieces), 4)]  # type: ignore[arg-type]
    copy = Copy(parts[0], mask)
    started = Started(copy, Copy(parts[1]), parts[2], factor) if len(parts) > 1 else Started(copy)
    translator = translator_of(model, plan.device, plan.precision, plan.backend)
    painter = Painter(parts[0], [Brush(started, translator)], plan, StartedGuide(started, guide))
    with one_forward:
        return painter.paint(place)


def _part(pixels: Pixels, span: Window, height: int, width: int) -> Part:
    return Part(pixels[..., :3], span, height, width, pixels[..., 3] if pixels.shape[2] == 4 else None)


def _copy_array(array: da.Array, mask: Fitted, step: int) -> da.Array:
    """Return a copy reduced by a step, (h, w, 4), with 0 as opacity in holes, in chunks of about a shard's pixels."""
    height, width, _ = array.shape
    side, task, held = max(1, SHARD // step), delayed(_copy, pure=False), delayed(mask, pure=False, traverse=False)

    def chunk(place: Window) -> da.Array:
        pixels = task(*piece(array, mirrored_span(place.scaled(step), height, width)), held, place, step)
        made: da.Array = da.from_delayed(pixels, (place.height, place.width, 4), array.dtype)
        return made

    return assembled(sides(reduced(height, step), side), sides(reduced(width, step), side), chunk)


def _copy(pixels: Pixels, span: Window, height: int, width: int, mask: Fitted, place: Window, step: int) -> Pixels:
    """Compute one chunk of a copy."""
    copy = Reduced(Known(Part(pixels, span, height, width), mask), step)
    known = copy.read_mask(place)
    assert known is not None
    return np.dstack((copy.read(place), known.astype(pixels.dtype)))
