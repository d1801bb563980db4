"""How much is computed for each pixel of a result: halos, and for larger strokes a reduced copy."""

from tilegan.geometry import Window
from tilegan.inference.blocks import block_window
from tilegan.inference.plan import Cut, Plan, cut_of
from tilegan.inference.stroke import wide_window
from tilegan.translator import Translator


def overhead(plan: Plan, translator: Translator) -> float:
    """Input pixels of all forward passes of a plan, halos and those of reduced copies included, by those of its region.

    What nothing is computed for, such as shards of nothing but transparency, is counted too.
    """
    cut, region = cut_of(plan, translator), plan.region
    # shards and windows lie in grids: sums of areas are products of sums of sides
    rows, columns = (
        _along(begin, length, plan, cut) for begin, length in ((region.top, region.height), (region.left, region.width))
    )
    return sum(down * across for down, across in zip(rows, columns, strict=True)) / (region.height * region.width)


def _along(begin: int, length: int, plan: Plan, cut: Cut) -> tuple[int, int]:
    """Pixels along one axis, of the passes at full size and of those over reduced copies; 0 where there are none."""
    full = reduced = 0
    for first in range(begin, begin + length, plan.shard):
        side = min(plan.shard, begin + length - first)
        extent = block_window(Window(first, first, side, side), cut.unit, cut.halo)
        full += _with_halos(extent.height, cut)
        if plan.look.stroke > 1:
            reduced += _with_halos(wide_window(extent, cut, plan.look.stroke).height // plan.look.stroke, cut)
    return full, reduced


def _with_halos(side: int, cut: Cut) -> int:
    """The sum of the sides of a block's windows, the halo of each included; ``side`` includes that of the block."""
    inner = side - 2 * cut.halo
    return inner + 2 * cut.halo * -(-inner // cut.side)
