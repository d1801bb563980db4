"""Holes by a map: what is not black in it is filled, and everything else stays as it is."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tilegan.images.amounts import ALL, Amounts
from tilegan.inference.controls.control import AmountControl


class MaskControl(AmountControl):
    """All of the filling in holes and none beside them; the network sees the holes as a further channel."""

    name: ClassVar = "mask"
    smooth: ClassVar = False
    seen: ClassVar = True

    def amounts(self, levels: Amounts, feather: int) -> Amounts:  # noqa: ARG002 - a hole ends at a pixel
        """Return ``ALL`` where the map is not black."""
        return (levels > 0) * np.uint16(ALL)


def widest_hole(strips: Iterable[NDArray[np.unsignedinteger]]) -> int:
    """Return the side of the largest square that lies in a hole, in pixels; 0 without holes.

    A square of a side ends in a row if so many neighboring columns have been in holes for as many rows.

    Args:
        strips: rows of a mask from the top, (h, w) each, above 0 in holes.
    """
    side, heights = 0, np.zeros(0, np.int64)
    for strip in strips:
        heights = heights if len(heights) else np.zeros(strip.shape[1], np.int64)
        for row in strip:
            heights = (heights + 1) * (row > 0)
            while heights.max() > side and _longest_run(heights > side) > side:
                side += 1
    return side


def _longest_run(row: NDArray[np.bool_]) -> int:
    ends = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0, append=0))
    return int((ends[1::2] - ends[::2]).max(initial=0))


CONTROL = MaskControl()
