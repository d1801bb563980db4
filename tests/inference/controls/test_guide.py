"""What maps decide: products of amounts, shares of combinations, and no dependence on windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import Window
from tilegan.images.fitted import Fitted
from tilegan.inference.controls.guide import Even, Mapped
from tilegan.inference.rendering import Layer

HEIGHT, WIDTH = 60, 70
WHOLE = Window(0, 0, HEIGHT, WIDTH)
DRAW = np.random.default_rng(5)
LAYERS = [Layer({"stroke": strokes, "style": (style,)}, strokes[0]) for strokes in ((0, 1), (2,)) for style in (0, 1)]


def fitted(values, *, smooth):
    return Fitted(lambda window: window.of(values), values.shape, HEIGHT, WIDTH, smooth=smooth)


@pytest.fixture(scope="module")
def maps():
    blotches = [DRAW.integers(0, most, shape).astype(np.uint8) for most, shape in ((3, (6, 7)), (2, (12, 14)))]
    amounts = [DRAW.integers(0, 65536, shape).astype(np.uint16) for shape in ((60, 70), (15, 18))]
    amounts[1] = np.where(amounts[1] > 50_000, 65535, 0).astype(np.uint16)
    known = {"stroke": fitted(blotches[0], smooth=False), "style": fitted(blotches[1], smooth=False)}
    return known | {name: fitted(one, smooth=True) for name, one in zip(("strength", "protect"), amounts, strict=True)}


@given(feather=st.sampled_from([0, 3, 10]), data=st.data())
def test_a_window_has_what_the_whole_has_to_the_last_bit(maps, feather, data):
    guide = Mapped(maps, LAYERS, feather)
    whole = guide.at(WHOLE)
    top, left = data.draw(st.integers(0, HEIGHT - 1)), data.draw(st.integers(0, WIDTH - 1))
    window = Window(top, left, data.draw(st.integers(1, HEIGHT - top)), data.draw(st.integers(1, WIDTH - left)))
    part = guide.at(window)
    assert (part.amount == window.of(whole.amount)).all()
    for share, all_of_it in zip(part.shares, whole.shares, strict=True):
        assert (share == window.of(all_of_it)).all()


def test_shares_of_all_combinations_add_up(maps):
    shares = Mapped(maps, LAYERS, 8).at(WHOLE).shares
    np.testing.assert_allclose(sum(shares), 1, rtol=0, atol=1e-6)
    assert all(share.any() for share in shares)


def test_amounts_are_multiplied(maps):
    both = Mapped(maps, (), 6, strength=0.5).at(WHOLE)
    apart = [Mapped({name: maps[name]}, (), 6).at(WHOLE).amount for name in ("strength", "protect")]
    np.testing.assert_allclose(both.amount, 0.5 * apart[0] * apart[1], rtol=1e-6)
    assert len(both.shares) == 1
    assert (both.shares[0] == 1).all()


def test_no_map_is_the_same_everywhere_and_takes_no_memory():
    amount, (share,) = Even(0.3).at(Window(5, 5, 10**6, 10**6))
    assert (amount[0, 0], share[0, 0], amount.strides) == (0.3, 1, (0, 0))
