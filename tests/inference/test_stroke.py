"""Large strokes: in which steps they are painted, and how large they are by default."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.inference.plan import Cut, make_plan
from tilegan.inference.rendering import LARGEST_STROKE, Rendering
from tilegan.inference.stages import stages_of
from tilegan.inference.stroke import find_stroke, steps_of
from tilegan.translator import Translator


@pytest.mark.parametrize(
    ("stroke", "steps"),
    [
        (1, (1,)),
        (2, (2, 1)),
        (4, (4, 1)),
        (7, (7, 1)),
        (8, (8, 4, 1)),
        (9, (9, 3, 1)),
        (10, (10, 5, 1)),
        (24, (24, 12, 6, 3, 1)),
    ],
)
def test_steps_go_from_coarse_to_fine(stroke: int, steps: tuple[int, ...]) -> None:
    assert steps_of(stroke) == steps


def test_each_step_divides_the_one_before() -> None:
    for stroke in range(1, LARGEST_STROKE + 1):
        steps = steps_of(stroke)
        assert steps[0] == stroke
        assert steps[-1] == 1
        assert all(before % after == 0 for before, after in pairwise(steps))


@pytest.mark.parametrize(
    ("height", "width", "stroke"),
    [
        (1, 1, 1),
        (450, 700, 1),
        (512, 100_000, 1),
        (900, 1200, 2),
        (4000, 3000, 6),
        (6144, 4096, 8),
        (8000, 12_000, 16),
        (40_000, 60_000, 64),
        (10**6, 10**6, 256),
    ],
)
def test_by_default_strokes_are_as_large_within_the_picture_as_in_training(
    height: int, width: int, stroke: int, random_translator: Translator
) -> None:
    assert random_translator.facts == {}
    assert find_stroke("auto", random_translator, height, width) == stroke
    small = replace(random_translator, facts={"settings": {"short_side": 256}, "method": "cyclegan"})
    assert find_stroke("auto", small, -(-height // 2), -(-width // 2)) == stroke


def test_models_that_do_not_paint_keep_their_own(random_translator: Translator) -> None:
    for other in (
        replace(random_translator, facts={"method": "pix2pix"}),
        replace(random_translator, scale=4),
        replace(random_translator, architecture=random_translator.architecture | {"labels": [[0, 0, 0]]}),
    ):
        assert find_stroke("auto", other, 5000, 5000) == 1
    assert find_stroke(3, replace(random_translator, facts={"method": "pix2pix"}), 5000, 5000) == 3


def test_what_cannot_be_is_refused(random_translator: Translator) -> None:
    for stroke in (0, 257):
        with pytest.raises(SettingError, match=f"strokes {stroke} times as large are impossible"):
            Rendering(stroke=stroke)
    with pytest.raises(SettingError, match="strokes 'huge' are impossible: give auto or a whole number from 1 to 256"):
        find_stroke("huge", random_translator, 5000, 5000)


def test_copies_hold_what_the_part_needs_and_no_more(random_translator: Translator) -> None:
    cut = Cut(4, 64, 1, 28)
    whole = make_plan(random_translator, Window(0, 0, 5000, 4000), look=Rendering(strength=0.5, stroke=8))
    assert [(stage.step, stage.region) for stage in stages_of(whole, cut, 5000, 4000)] == [
        (4, Window(0, 0, 1250, 1000)),
        (8, Window(0, 0, 625, 500)),
        (4, Window(0, 0, 1250, 1000)),
    ]
    part = replace(whole, region=Window(2000, 0, 100, 100))
    photo, coarse, fine = stages_of(part, cut, 5000, 4000)
    assert stages_of(replace(part, look=Rendering(stroke=4)), cut, 5000, 4000)[0].region == fine.region
    assert fine.region.left == coarse.region.left == 0
    assert 0 < 2000 - 4 * fine.region.top - 28 < 4 * 40
    assert 0 < 4 * fine.region.top - 8 * coarse.region.top - 4 * 28 < 8 * 40
    assert coarse.region.height < 150
    assert (photo.step, photo.look) == (4, Rendering(strength=0.0))
    for stage in (coarse, fine):  # it has all that they read
        scale = stage.step // 4
        assert photo.region.top <= scale * stage.region.top - 28
        assert photo.region.bottom >= scale * stage.region.bottom + 28
    assert (fine.look, part.look) == (Rendering(stroke=8), Rendering(strength=0.5, stroke=8))
