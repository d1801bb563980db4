"""Feathered edges: against sums over squares written out, and their widths."""

import numpy as np
import pytest

from tilegan.errors import SettingError
from tilegan.images.amounts import ALL
from tilegan.inference.controls.feather import MOST, feather_of, means, radii, shares, widened
from tilegan.inference.controls.protect import CONTROL


def squares(values, radius, reduce):
    side = 2 * radius + 1
    return reduce(np.lib.stride_tricks.sliding_window_view(values.astype(np.int64), (side, side)), (2, 3))


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 8])
def test_squares_are_as_written_out(radius):
    levels = np.random.default_rng(radius).integers(0, ALL + 1, (40, 25)).astype(np.uint16)
    assert (widened(levels, radius) == squares(levels, radius, np.max)).all()
    count = (2 * radius + 1) ** 2
    assert (means(levels, radius) == (squares(levels, radius, np.sum) + count // 2) // count).all()


def test_shares_of_an_edge():
    chosen = np.zeros((9, 12), bool)
    chosen[:, 6:] = True
    # two boxes of 3 pixels: 1, 2, 3, 2 and 1 ninths, of which the last ones are summed
    assert (shares(chosen, 4)[0] * 9).round(5).tolist() == [0, 0, 1, 3, 6, 8, 9, 9]
    assert (shares(chosen, 0) == chosen).all()


@pytest.mark.parametrize("feather", [0, 1, 2, 7, 16, MOST])
def test_shares_add_up_and_end_where_they_should(feather):
    margin = sum(radii(feather))
    numbers = np.zeros((3 + 2 * margin, 20 + 4 * margin), np.uint8)
    numbers[:, 10 + 2 * margin :] = 1
    zero, one = shares(numbers == 0, feather), shares(numbers == 1, feather)
    np.testing.assert_allclose(zero + one, 1, rtol=0, atol=1e-6)
    (mixed,) = np.nonzero((one[0] > 0) & (one[0] < 1))
    assert len(mixed) == 2 * margin  # as wide as the feather, or a pixel less
    assert feather - 1 <= 2 * margin <= feather


@pytest.mark.parametrize("feather", [0, 2, 9, 40])
def test_protection_is_whole_where_the_mask_is_and_fades_beyond(feather):
    margin = CONTROL.margin(feather)
    levels = np.zeros((1 + 2 * margin, 160 + 2 * margin), np.uint16)
    levels[:, margin + 80 :] = ALL
    amounts = CONTROL.amounts(levels, feather)[0]
    assert (amounts[80:] == 0).all()
    assert (amounts[: 80 - feather] == ALL).all()
    assert (np.diff(amounts.astype(int)) <= 0).all()
    assert (amounts[80 - margin + 1 : 80] < ALL).all() if margin > 1 else True


def test_a_feather_is_a_hundredth_of_the_short_side():
    assert [feather_of(None, side, 9000) for side in (90, 512, 3000, 9000)] == [0, 5, 30, 64]
    assert feather_of(7, 1, 1) == 7
    for wrong in (-1, MOST + 1):
        with pytest.raises(SettingError, match=f"a feather of {wrong} pixels is impossible: give 0 to 256"):
            feather_of(wrong, 100, 100)
