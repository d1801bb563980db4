"""Lazy stylized arrays: one Dask task per chunk, which receives the parts of other arrays that it reads."""

from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from threading import Lock
from typing import NamedTuple

import dask.array as da
from dask.delayed import delayed

from tilegan.geometry import Pixels, Window
from tilegan.inference.blocks import Part, mirrored_span
from tilegan.inference.ground import Ground, Reduced, reach
from tilegan.inference.kept import load_once
from tilegan.inference.paint import Painter
from tilegan.inference.plan import SHARD, Cut, Plan
from tilegan.inference.stages import UNPAINTED, stages_of, under
from tilegan.inference.stroke import reduced
from tilegan.translator import Translator

CHUNK = 1024  # side of the chunks of reduced copies, in their pixels
_one_forward = Lock()  # one forward pass at a time keeps all cores or the device busy


def painted(array: da.Array, model: str | Translator, plan: Plan, cut: Cut, scale: int) -> da.Array:
    """Return an array stylized by a plan, step by step if strokes are large.

    Args:
        array: uint8 or uint16 (H, W, channels), with known chunk sizes.
        model: file of a model, which each process loads once, or a translator, which is part of the graph.
        plan: plan of the whole array.
        cut: how its blocks are cut.
        scale: output pixels per input pixel.

    Returns:
        (H * scale, W * scale, 3) of the same dtype, with the same rows and columns of chunks.
    """
    height, width, _ = array.shape
    below: da.Array | None = None
    copy, kept, factor = array, 1, 1
    for stage, finer in pairwise((*stages_of(plan, cut, height, width), plan, None)):
        assert stage is not None
        if finer is not None and stage.look == UNPAINTED:
            copy = _reduced_array(array, stage.step)
            kept = stage.step
            continue
        photo = array if stage.step == 1 else _reduced_array(copy, stage.step // kept)
        below = _painted(photo, below, factor, model, stage, cut, scale)
        factor = stage.step // (finer.step if finer is not None else 1)
    assert below is not None
    return below


def translator_of(model: str | Translator, device: str, precision: str, backend: str) -> Translator:
    """Return the translator of a task: itself, or that of the file, loaded once per process."""
    return model if isinstance(model, Translator) else load_once(model, device, precision, backend)


class _Piece(NamedTuple):
    """A part of an image, with its position and the size of the image."""

    pixels: Pixels
    span: Window
    height: int
    width: int

    @property
    def image(self) -> Part:
        return Part(*self)


def _piece(array: da.Array, span: Window) -> tuple[da.Array, Window, int, int]:
    """Return the arguments of a task for a ``_Piece``."""
    return array[span.top : span.bottom, span.left : span.right], span, array.shape[0], array.shape[1]


def _painted(
    photo: da.Array, below: da.Array | None, factor: int, model: str | Translator, plan: Plan, cut: Cut, scale: int
) -> da.Array:
    """Return the array of one step, from ``photo`` and the painting of the previous step if there is one."""
    height, width, _ = photo.shape
    task = delayed(_chunk, pure=False)

    def chunk(place: Window) -> da.Array:
        span = mirrored_span(cut.block(place, height, width), height, width)
        beneath: tuple[da.Array | Window | int, ...] = ()
        if below is not None:
            _, _, span = reach(span, factor, height, width)
            beneath = _piece(below, under(place, cut, factor, height, width))
        pixels = task(*_piece(photo, span), *beneath, place=place, factor=factor, model=model, plan=plan)
        made: da.Array = da.from_delayed(pixels, (place.height * scale, place.width * scale, 3), photo.dtype)
        return made

    copy = plan.step > 1
    rows, columns = (_sides(height, CHUNK), _sides(width, CHUNK)) if copy else photo.chunks[:2]
    return _assembled(rows, columns, chunk)


def _chunk(*pieces: Pixels | Window | int, place: Window, factor: int, model: str | Translator, plan: Plan) -> Pixels:
    """Compute one chunk from a piece of the input, and one of the previous step if there is one."""
    photo = _Piece(*pieces[:4]).image  # type: ignore[arg-type]
    ground = Ground(photo, _Piece(*pieces[4:]).image, factor) if len(pieces) > 4 else photo  # type: ignore[arg-type]
    with _one_forward:
        translator = translator_of(model, plan.device, plan.precision, plan.backend)
        return Painter(photo, ground, translator, plan).paint(place)


def _reduced_array(array: da.Array, step: int) -> da.Array:
    """Return a reduced copy, with chunks of about as many pixels as a shard."""
    if step == 1:
        return array
    height, width, _ = array.shape
    side, task = max(1, SHARD // step), delayed(_copy, pure=False)

    def chunk(place: Window) -> da.Array:
        span = mirrored_span(place.scaled(step), height, width)
        pixels = task(*_piece(array, span), place, step)
        made: da.Array = da.from_delayed(pixels, (place.height, place.width, 3), array.dtype)
        return made

    return _assembled(_sides(reduced(height, step), side), _sides(reduced(width, step), side), chunk)


def _copy(pixels: Pixels, span: Window, height: int, width: int, place: Window, step: int) -> Pixels:
    """Compute one chunk of a reduced copy."""
    return Reduced(Part(pixels, span, height, width), step).read(place)


def _sides(length: int, side: int) -> list[int]:
    """Return the sides of the chunks of an axis."""
    return [min(side, length - first) for first in range(0, length, side)]


def _assembled(rows: Iterable[int], columns: Iterable[int], chunk: Callable[[Window], da.Array]) -> da.Array:
    """Assemble an array from chunks by their positions."""
    across, lines = list(pairwise(accumulate(columns, initial=0))), []
    for top, bottom in pairwise(accumulate(rows, initial=0)):
        line = [chunk(Window(top, left, bottom - top, right - left)) for left, right in across]
        lines.append(da.concatenate(line, axis=1))
    whole: da.Array = da.concatenate(lines, axis=0)
    return whole
