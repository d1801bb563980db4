"""Plans: what was asked for is rounded up to what works, and said."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tilegan.errors import ModelError, SettingError
from tilegan.geometry import Window
from tilegan.inference.plan import Cut, chunk_of, cut_of, make_plan, notes_on, place_model


def square(side):
    return Window(0, 0, side, side)


def test_the_default_needs_no_rounding(random_translator):
    plan = make_plan(random_translator, square(300))
    assert notes_on(plan, random_translator, None, None) == ()
    assert plan.shard % plan.window == plan.window % random_translator.stride == 0
    assert (plan.seams, plan.device, plan.precision) == ("exact", "cpu", "float32")


def test_rounding_up_is_noted(random_translator):
    plan = make_plan(random_translator, square(300), "exact", 50, 100)
    assert (plan.window, plan.shard) == (52, 104)
    notes = notes_on(plan, random_translator, 50, 100)
    assert [note.split(",")[0] for note in notes] == ["window 50 rounded up to 52", "shard 100 rounded up to 104"]
    assert notes_on(plan, random_translator, 52, 104) == ()


def test_combo_windows_are_tiles(random_translator):
    plan = make_plan(random_translator, square(300), "combo", 40)
    assert plan.window == 48
    cut = cut_of(plan, random_translator)
    assert (cut.unit, cut.side, cut.halo) == (16, 16, 0)
    assert cut.batch == 9 * plan.batch


def test_a_small_shard_makes_a_small_window(random_translator):
    plan = make_plan(random_translator, square(300), shard=100)
    assert (plan.window, plan.shard) == (100, 100)
    assert notes_on(plan, random_translator, None, 100) == ()


@pytest.mark.parametrize("wrong", [{"seams": "none"}, {"window": 0}, {"shard": -4}])
def test_impossible_settings_are_refused(random_translator, wrong):
    with pytest.raises(SettingError):
        make_plan(random_translator, square(300), **wrong)


def test_a_model_that_breaks_the_contract_is_not_exact(random_translator):
    broken = replace(random_translator, unbounded="body.1.norm (InstanceNorm2d)")
    with pytest.raises(ModelError, match=r"body\.1\.norm \(InstanceNorm2d\).*combo"):
        make_plan(broken, square(300))
    assert make_plan(broken, square(300), "combo").seams == "combo"


def test_no_more_than_the_image_needs(random_translator):
    plan = make_plan(random_translator, square(3001), window=10**9, shard=10**9)
    assert (plan.window, plan.shard) == (3004, 3004)
    expected = tuple(f"{name} 1000000000 reduced to 3004: the image needs no more" for name in ("window", "shard"))
    assert notes_on(plan, random_translator, 10**9, 10**9) == expected
    small = square(10)
    assert make_plan(random_translator, small, shard=10**9).shard == make_plan(random_translator, small).shard


@given(
    longest=st.integers(1, 10000),
    window=st.integers(1, 20000),
    shard=st.integers(1, 20000),
    seams=st.sampled_from(["exact", "combo"]),
)
def test_a_plan_asked_for_again_is_the_same_plan(random_translator, longest, window, shard, seams):
    plan = make_plan(random_translator, square(longest), seams, window, shard)
    assert make_plan(random_translator, square(longest), seams, plan.window, plan.shard) == plan
    assert notes_on(plan, random_translator, plan.window, plan.shard) == ()
    assert plan.shard % 2 == 0  # so that halves of shards are whole pixels


def test_halving_ends_at_one_unit():
    cut = Cut(unit=4, side=20, batch=3, halo=28)
    seen = []
    while cut is not None:
        seen.append((cut.batch, cut.side))
        cut = cut.halved()
    assert seen == [(3, 20), (1, 20), (1, 12), (1, 8), (1, 4)]


@given(shard=st.integers(1, 5000))
def test_a_chunk_divides_the_shard(shard):
    assert shard % chunk_of(shard) == 0


def test_chunks_near_the_usual_one():
    assert [chunk_of(side) for side in (2048, 2100, 300, 16, 4 * 997)] == [512, 525, 300, 16, 997]


def test_placing_does_not_change_a_given_translator(random_translator):
    assert place_model(random_translator) is random_translator
    placed = place_model(random_translator, precision="bfloat16")
    assert (placed.precision, placed.device.type) == (torch.bfloat16, "cpu")
    assert next(random_translator.generator.parameters()).dtype == torch.float32
    pixels = np.full((8, 8, 3), 100, np.uint8)
    assert placed.translate(pixels).shape == (8, 8, 3)
