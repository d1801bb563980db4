"""Filling pixels that mean nothing: by hand, against a slow reference, and alike in any block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilegan.geometry import Window
from tilegan.images.pixels.fill import fill
from tilegan.inference.blocks import read_block, read_filled


def slow(pixels, valid, reach):
    """The rule, pixel by pixel."""

    def along(pixels, known):
        filled, now = pixels.copy(), known.copy()
        for row, column in np.argwhere(~known):
            for away in range(1, reach + 1):
                sides = [column - away, column + away]
                found = [side for side in sides if 0 <= side < known.shape[1] and known[row, side]]
                if found:
                    filled[row, column], now[row, column] = pixels[row, found[0]], True
                    break
        return filled, now

    pixels, known = along(pixels, valid)
    turned, known = along(pixels.swapaxes(0, 1), known.swapaxes(0, 1))
    turned[~known] = 128 if pixels.dtype == np.uint8 else 32768
    return turned.swapaxes(0, 1)


def picture(height, width, share, seed, levels=np.uint8):
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, np.iinfo(levels).max, (height, width, 3), levels, endpoint=True)
    return pixels, draw.random((height, width)) < share


def test_by_hand():
    pixels = np.zeros((3, 6, 3), np.uint8)
    pixels[0, 1], pixels[0, 4], pixels[2, 0] = 10, 40, 70
    valid = np.zeros((3, 6), bool)
    valid[0, [1, 4]] = valid[2, 0] = True
    expected = [[10, 10, 10, 40, 40, 40], [10, 10, 10, 40, 40, 40], [70, 70, 10, 40, 40, 40]]
    assert fill(pixels, valid, 1)[..., 0].tolist() == [*expected[:2], [70, 70, 128, 128, 128, 128]]
    assert fill(pixels, valid, 2)[..., 0].tolist() == [*expected[:2], [70, 70, 70, 40, 40, 40]]


@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    share=st.sampled_from([0.0, 0.02, 0.2, 0.9, 1.0]),
    reach=st.integers(0, 12),
    seed=st.integers(0, 99),
    levels=st.sampled_from([np.uint8, np.uint16]),
)
def test_it_is_the_slow_rule(height, width, share, reach, seed, levels):
    pixels, valid = picture(height, width, share, seed, levels)
    filled = fill(pixels, valid, reach)
    assert filled.dtype == levels
    np.testing.assert_array_equal(filled, slow(pixels, valid, reach))


class MaskedSource:
    """An image in memory with opacity."""

    def __init__(self, pixels, valid):
        self.pixels, self.opacity = pixels, valid.astype(np.uint8) * 200
        self.height, self.width, _ = pixels.shape

    def read(self, window):
        return self.pixels[window.top : window.bottom, window.left : window.right]

    def read_mask(self, window):
        return self.opacity[window.top : window.bottom, window.left : window.right]


@settings(max_examples=50)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    share=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    reach=st.integers(1, 9),
    window=st.tuples(st.integers(-20, 30), st.integers(-20, 30), st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 99),
)
def test_any_block_is_filled_as_the_whole_mirrored_image(shape, share, reach, window, seed):
    pixels, valid = picture(*shape, share, seed)
    source, edge = MaskedSource(pixels, valid), 90
    window = Window(*window)
    around = ((edge, edge), (edge, edge))
    whole = fill(np.pad(pixels, (*around, (0, 0)), mode="reflect"), np.pad(valid, around, mode="reflect"), reach)
    expected = whole[edge + window.top : edge + window.bottom, edge + window.left : edge + window.right]
    np.testing.assert_array_equal(read_filled(source, window, reach), expected)


@pytest.mark.parametrize("reach", [0, 5])
def test_where_all_pixels_mean_something_nothing_is_filled(reach):
    pixels, _ = picture(20, 30, 1.0, 0)
    source, window = MaskedSource(pixels, np.ones((20, 30), bool)), Window(-3, 4, 30, 20)
    np.testing.assert_array_equal(read_filled(source, window, reach), read_block(source, window))
