"""What a plan says is computed, against a count of what is run."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import Pixels, Window, split
from tilegan.inference.blocks import Part
from tilegan.inference.ground import Ground
from tilegan.inference.overhead import overhead
from tilegan.inference.paint import Brush, Painter
from tilegan.inference.plan import Plan, cut_of, make_plan
from tilegan.inference.rendering import Rendering
from tilegan.inference.stages import factor_to, stages_of
from tilegan.inference.stroke import reduced
from tilegan.tiling.places import Place
from tilegan.translator import Translator


@dataclass(frozen=True)
class Counting(Translator):
    """A translator that counts the pixels that are handed to the network."""

    handed: list[int] = field(default_factory=list)

    def run(self, windows: Pixels, halo: int = 0, places: Sequence[Place] = ()) -> Pixels:  # noqa: ARG002
        count, height, width, _ = windows.shape
        self.handed.append(count * height * width)
        return windows[:, halo : height - halo, halo : width - halo]


def black(step: int) -> Part:
    """A copy of the image, reduced by a step."""
    height, width = (reduced(side, step) for side in WHOLE)
    return Part(np.zeros((height, width, 3), np.uint8), Window(0, 0, height, width), height, width)


def counted(plan: Plan, translator: Translator) -> int:
    """The pixels that are handed to the network, shard by shard."""
    counting = Counting(**{entry.name: getattr(translator, entry.name) for entry in fields(translator)})
    for stage in (*stages_of(plan, cut_of(plan, translator), *WHOLE), plan):
        image, factor = black(stage.step), factor_to(stage)
        ground = image if factor == 1 else Ground(image, black(stage.step * factor), factor)
        painter = Painter(image, [Brush(ground, counting)], stage)
        for place in split(stage.region, stage.shard) if stage.look.strength else ():
            painter.paint(place)
    return sum(counting.handed)


WHOLE = (200, 190)
SIDES = st.integers(1, 150)


@given(
    region=st.builds(Window, st.integers(0, 40), st.integers(0, 40), SIDES, SIDES),
    seams=st.sampled_from(["exact", "combo"]),
    window=st.sampled_from([16, 32, 48]),
    shard=st.sampled_from([32, 64, 100]),
    stroke=st.sampled_from([1, 2, 3, 8]),
)
def test_all_that_is_run_is_counted(random_translator, region, seams, window, shard, stroke):
    plan = make_plan(random_translator, region, seams, window, shard, look=Rendering(stroke=stroke))
    pixels = region.height * region.width
    assert overhead(plan, random_translator, *WHOLE) * pixels == pytest.approx(counted(plan, random_translator))


def test_by_hand(random_translator):
    region = Window(4, 8, 70, 130)
    plan = make_plan(random_translator, region, "exact", 32, 64)
    # down: windows of 32, 32 and (a shard of 6) 8 rows; along: 32, 32, 32, 32 and 4 columns; halo 28 a side
    assert overhead(plan, random_translator, 80, 140) == (72 + 3 * 56) * (132 + 5 * 56) / (70 * 130)
    combo = make_plan(random_translator, Window(0, 0, 64, 96), "combo")
    assert overhead(combo, random_translator, 64, 96) == 1
    strokes = make_plan(random_translator, Window(0, 0, 96, 128), "combo", look=Rendering(stroke=8))
    # copies of 24 x 32 and 12 x 16 pixels, in tiles of 16
    assert overhead(strokes, random_translator, 96, 128) == pytest.approx(1 + (32 * 32 + 16 * 16) / (96 * 128))
