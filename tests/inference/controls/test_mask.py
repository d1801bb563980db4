"""The width of holes, against a search of all squares."""

import numpy as np
import pytest

from tilegan.inference.controls.mask import CONTROL, widest_hole


def widest_of_all(mask):
    """Try each square."""
    height, width = mask.shape
    return max(
        side
        for side in range(min(height, width) + 1)
        if side == 0
        or any(
            mask[top : top + side, left : left + side].all()
            for top in range(height - side + 1)
            for left in range(width - side + 1)
        )
    )


@pytest.mark.parametrize("share", [0, 0.5, 0.9, 1])
def test_it_is_that_of_the_largest_square_whatever_the_strips(share):
    mask = np.random.default_rng(3).random((17, 13)) < share
    expected = widest_of_all(mask)
    for rows in (1, 5, 17):
        assert widest_hole(mask[top : top + rows] for top in range(0, 17, rows)) == expected


def test_all_that_is_not_black_is_filled():
    amounts = CONTROL.amounts(np.array([[0, 1, 300, 65535]], np.uint16), 9)
    assert amounts.tolist() == [[0, 65535, 65535, 65535]]
