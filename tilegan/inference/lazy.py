"""Lazy stylized arrays: one Dask task per chunk, which receives the parts of other arrays that it reads."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from threading import Lock
from typing import NamedTuple

import dask.array as da
from dask.delayed import delayed

from tilegan.geometry import Pixels, Window, around
from tilegan.inference.blocks import Part, mirrored_span
from tilegan.inference.controls.guide import Guide
from tilegan.inference.ground import Ground
from tilegan.inference.kept import load_once
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.plan import SHARD, Cut, Plan
from tilegan.inference.reduced import Reduced
from tilegan.inference.stages import UNPAINTED, read_for, stages_of, under
from tilegan.inference.stroke import reduced
from tilegan.translator import Translator

CHUNK = 1024  # side of the chunks of reduced copies, in their pixels
one_forward = Lock()  # one forward pass at a time keeps all cores or the device busy


Model = str | Translator


class _Below(NamedTuple):
    """The painting of the previous step, if there is one, and by how much it is coarser."""

    array: da.Array | None
    factor: int


def painted(
    array: da.Array, models: Sequence[Model], plan: Plan, cut: Cut, scale: int, guide: Guide | None = None
) -> da.Array:
    """Return an array stylized by a plan, step by step if strokes are large.

    Args:
        array: uint8 or uint16 (H, W, channels), with known chunk sizes.
        models: one for each painting of the plan: the file of a model, which each process loads once, or a translator,
            which is part of the graph.
        plan: plan of the whole array.
        cut: how its blocks are cut.
        scale: output pixels per input pixel.
        guide: see ``Painter``.

    Returns:
        (H * scale, W * scale, 3) of the same dtype, with the same rows and columns of chunks.
    """
    grounds = [
        _ground(array, model, painting, cut, scale) for model, painting in zip(models, plan.paintings, strict=True)
    ]
    return _painted(array, grounds, models, plan, cut, scale, guide)


def _ground(array: da.Array, model: Model, plan: Plan, cut: Cut, scale: int) -> _Below:
    """Return the painting over which a painting of the array is painted."""
    height, width, _ = array.shape
    below, copy, kept = _Below(None, 1), array, 1
    for stage, finer in pairwise((*stages_of(plan, cut, height, width), plan)):
        if stage.look == UNPAINTED:
            copy, kept = _reduced_array(array, stage.step), stage.step
            continue
        photo = _reduced_array(copy, stage.step // kept)
        below = _Below(_painted(photo, [below], [model], stage, cut, scale), stage.step // finer.step)
    return below


def translator_of(model: Model, device: str, precision: str, backend: str) -> Translator:
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


def piece(array: da.Array, span: Window) -> tuple[da.Array, Window, int, int]:
    """Return the arguments of a task for a part of an array: pixels, its position, and the height and width of all."""
    return array[span.top : span.bottom, span.left : span.right], span, array.shape[0], array.shape[1]


def _painted(
    photo: da.Array,
    grounds: Sequence[_Below],
    models: Sequence[Model],
    plan: Plan,
    cut: Cut,
    scale: int,
    guide: Guide | None = None,
) -> da.Array:
    """Return the array of one step, from ``photo`` and the painting of the previous step under each of its own."""
    height, width, _ = photo.shape
    task, guide = delayed(_chunk, pure=False), delayed(guide, pure=False, traverse=False)
    factors = tuple(ground.factor for ground in grounds)

    def chunk(place: Window) -> da.Array:
        beneath: list[da.Array | Window | int] = []
        for below, factor in grounds:
            if below is not None:
                beneath += piece(below, under(place, cut, factor, height, width))
        span = around(read_for(place, cut, factor, height, width) for factor in factors)
        pixels = task(
            *piece(photo, span), *beneath, place=place, factors=factors, models=models, plan=plan, guide=guide
        )
        made: da.Array = da.from_delayed(pixels, (place.height * scale, place.width * scale, 3), photo.dtype)
        return made

    copy = plan.step > 1
    rows, columns = (sides(height, CHUNK), sides(width, CHUNK)) if copy else photo.chunks[:2]
    return assembled(rows, columns, chunk)


def _chunk(
    *pieces: Pixels | Window | int,
    place: Window,
    factors: Sequence[int],
    models: Sequence[Model],
    plan: Plan,
    guide: Guide | None,
) -> Pixels:
    """Compute one chunk from a piece of the input, and one of the previous step for each factor above 1."""
    photo, *beneath = (_Piece(*pieces[first : first + 4]).image for first in range(0, len(pieces), 4))  # type: ignore[arg-type]
    below = iter(beneath)
    grounds = [photo if factor == 1 else Ground(photo, next(below), factor) for factor in factors]
    translators = [translator_of(model, plan.device, plan.precision, plan.backend) for model in models]
    brushes = [Brush(*brush) for brush in zip(grounds, translators, strict=True)]
    with one_forward:
        return Painter(photo, brushes, plan, guide).paint(place)


def _reduced_array(array: da.Array, step: int) -> da.Array:
    """Return a reduced copy, with chunks of about as many pixels as a shard."""
    if step == 1:
        return array
    height, width, _ = array.shape
    side, task = max(1, SHARD // step), delayed(_copy, pure=False)

    def chunk(place: Window) -> da.Array:
        span = mirrored_span(place.scaled(step), height, width)
        pixels = task(*piece(array, span), place, step)
        made: da.Array = da.from_delayed(pixels, (place.height, place.width, 3), array.dtype)
        return made

    return assembled(sides(reduced(height, step), side), sides(reduced(width, step), side), chunk)


def _copy(pixels: Pixels, span: Window, height: int, width: int, place: Window, step: int) -> Pixels:
    """Compute one chunk of a reduced copy."""
    return Reduced(Part(pixels, span, height, width), step).read(place)


def sides(length: int, side: int) -> list[int]:
    """Return the sides of the chunks of an axis: ``side`` each, but for the last one."""
    return [min(side, length - first) for first in range(0, length, side)]


def assembled(rows: Iterable[int], columns: Iterable[int], chunk: Callable[[Window], da.Array]) -> da.Array:
    """Assemble an array from chunks by their positions."""
    across, lines = list(pairwise(accumulate(columns, initial=0))), []
    for top, bottom in pairwise(accumulate(rows, initial=0)):
        line = [chunk(Window(top, left, bottom - top, right - left)) for left, right in across]
        lines.append(da.concatenate(line, axis=1))
    whole: da.Array = da.concatenate(lines, axis=0)
    return whole
