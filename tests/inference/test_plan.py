"""Plans: what was asked for is rounded up to what works, and said."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tilegan.errors import SettingError
from tilegan.inference.plan import chunk_of, cut_of, make_plan, place_model


def test_the_default_needs_no_rounding(random_translator):
    plan, notes = make_plan(random_translator, 300)
    assert notes == ()
    assert plan.shard % plan.window == plan.window % random_translator.stride == 0
    assert (plan.seams, plan.device, plan.precision) == ("exact", "cpu", "float32")


def test_rounding_up_is_noted(random_translator):
    plan, notes = make_plan(random_translator, 300, "exact", 50, 100)
    assert (plan.window, plan.shard) == (52, 104)
    assert [note.split(",")[0] for note in notes] == ["window 50 rounded up to 52", "shard 100 rounded up to 104"]
    assert make_plan(random_translator, 300, "exact", 52, 104)[1] == ()


def test_combo_windows_are_tiles(random_translator):
    plan, _ = make_plan(random_translator, 300, "combo", 40)
    assert plan.window == 48
    cut = cut_of(plan, random_translator)
    assert (cut.unit, cut.side, cut.halo) == (16, 16, 0)
    assert cut.batch == 9 * plan.batch


def test_a_small_shard_makes_a_small_window(random_translator):
    plan, notes = make_plan(random_translator, 300, shard=100)
    assert (plan.window, plan.shard, notes) == (100, 100, ())


@pytest.mark.parametrize("wrong", [{"seams": "none"}, {"window": 0}, {"shard": -4}])
def test_impossible_settings_are_refused(random_translator, wrong):
    with pytest.raises(SettingError):
        make_plan(random_translator, 300, **wrong)


def test_no_more_than_the_image_needs(random_translator):
    plan, notes = make_plan(random_translator, 3001, window=10**9, shard=10**9)
    assert (plan.window, plan.shard) == (3004, 3004)
    assert notes == tuple(f"{name} 1000000000 reduced to 3004: the image needs no more" for name in ("window", "shard"))
    assert make_plan(random_translator, 10, shard=10**9)[0].shard == make_plan(random_translator, 10)[0].shard


@given(
    longest=st.integers(1, 10000),
    window=st.integers(1, 20000),
    shard=st.integers(1, 20000),
    seams=st.sampled_from(["exact", "combo"]),
)
def test_a_plan_asked_for_again_is_the_same_plan(random_translator, longest, window, shard, seams):
    plan, _ = make_plan(random_translator, longest, seams, window, shard)
    assert make_plan(random_translator, longest, seams, plan.window, plan.shard) == (plan, ())


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
