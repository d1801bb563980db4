"""Grids, windows and reflected indices, against numpy and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import Window, grid_cell, grid_shape, means, reflect, round_up, split

SIDES = st.integers(1, 60)


def test_window_edges_and_scaled():
    window = Window(top=3, left=5, height=7, width=11)
    assert (window.bottom, window.right) == (10, 16)
    assert window.scaled(4) == Window(12, 20, 28, 44)


@pytest.mark.parametrize(("value", "multiple", "expected"), [(0, 4, 0), (1, 4, 4), (4, 4, 4), (5, 4, 8), (7, 1, 7)])
def test_round_up(value, multiple, expected):
    assert round_up(value, multiple) == expected


@given(height=SIDES, width=SIDES, side=SIDES)
def test_grid_cells_cover_every_pixel_once(height, width, side):
    rows, columns = grid_shape(height, width, side)
    touched = np.zeros((height, width), int)
    for row in range(rows):
        for column in range(columns):
            cell = grid_cell((row, column), side, height, width)
            assert cell.top % side == cell.left % side == 0
            assert 0 < cell.height <= side
            assert 0 < cell.width <= side
            touched[cell.top : cell.bottom, cell.left : cell.right] += 1
    assert (touched == 1).all()


@given(top=SIDES, left=SIDES, height=SIDES, width=SIDES, side=SIDES)
def test_split_covers_the_window_once(top, left, height, width, side):
    window = Window(top, left, height, width)
    touched = np.zeros((130, 130), int)
    for cell in split(window, side):
        assert max(cell.height, cell.width) <= side
        touched[cell.top : cell.bottom, cell.left : cell.right] += 1
    assert touched.sum() == height * width
    assert (touched[top : top + height, left : left + width] == 1).all()


@given(length=st.integers(1, 30), before=st.integers(0, 90), after=st.integers(0, 90))
def test_reflect_is_numpys_reflect_at_any_distance(length, before, after):
    padded = np.pad(np.arange(length), (before, after), mode="reflect")
    assert reflect(-before, length + after, length).tolist() == padded.tolist()


def test_reflect_by_hand():
    assert reflect(-3, 6, 3).tolist() == [1, 2, 1, 0, 1, 2, 1, 0, 1]
    assert reflect(-2, 3, 1).tolist() == [0, 0, 0, 0, 0]


def test_means_of_squares_are_rounded_to_the_nearest_level():
    cells = np.arange(12, dtype=np.uint8).reshape(2, 2, 3).repeat(2, 0).repeat(2, 1)
    cells[0, 0] += 2  # a mean of 0.5 more
    np.testing.assert_array_equal(means(cells, 2).ravel(), [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert means(cells, 1) is cells


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("factor", [3, 4])
def test_means_are_numpys(levels, factor):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(levels).max, (2 * factor, 3 * factor, 3), levels, True)
    reduced = means(pixels, factor)
    assert (reduced.shape, reduced.dtype) == ((2, 3, 3), levels)
    for row, column in np.ndindex(2, 3):
        square = pixels[factor * row : factor * (row + 1), factor * column : factor * (column + 1)]
        np.testing.assert_array_equal(reduced[row, column], np.floor(square.mean((0, 1)) + 0.5))
