"""Computed pixels per pixel of a result: halos, and reduced copies for larger strokes."""

from functools import partial
from itertools import chain

from tilegan.geometry import Window
from tilegan.inference.blocks import block_window
from tilegan.inference.ground import painted_span
from tilegan.inference.overlap import Axis
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.inference.stages import factor_to, stages_of
from tilegan.inference.stroke import reduced
from tilegan.translator import Translator


def overhead(plan: Plan, translator: Translator, height: int, width: int, fill: int = 0) -> float:
    """Return the input pixels of all passes of a plan, including halos and reduced copies, divided by its region.

    Shards that are skipped, such as fully transparent ones, are included, and all of each painting of several.

    Args:
        plan: of the image.
        translator: that runs.
        height: of the whole image, in pixels.
        width: likewise.
        fill: how far away the pixels are that others are filled from (see ``inference.stages``).
    """
    cut, region = cut_of(plan, translator), plan.region
    passes = 0
    stages = [(*stages_of(painting, cut, height, width, fill), painting) for painting in plan.paintings]
    for stage in chain.from_iterable(stages):
        if stage.look.strength == 0:  # the source itself, or a copy of it
            continue
        # shards and windows lie in grids: sums of areas are products of sums of sides
        rows, columns = (stage.region.top, stage.region.height), (stage.region.left, stage.region.width)
        factor = 1 if translator.fills else factor_to(stage)  # fillings are not moved back
        along = partial(_along, shard=stage.shard, cut=cut, factor=factor)
        passes += along(*rows, reduced(height, stage.step)) * along(*columns, reduced(width, stage.step))
    return passes / (region.height * region.width)


def _along(begin: int, length: int, whole: int, shard: int, cut: Cut, factor: int) -> int:
    """Return the pixels of forward passes along one axis of an image with ``whole`` pixels."""
    found = 0
    for first in range(begin, begin + length, shard):
        side = min(shard, begin + length - first)
        first, _, side, _ = painted_span(Window(first, first, side, side), factor, whole, whole)
        if cut.overlap:
            found += cut.side * len(Axis(whole, cut.side, cut.overlap).touching(first, first + side))
            continue
        inner = block_window(Window(first, first, side, side), cut.unit, cut.halo).height - 2 * cut.halo
        found += inner + 2 * cut.halo * -(-inner // cut.side)
    return found
