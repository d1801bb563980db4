"""Rasters scaled to an image: against numbers computed by hand, and window by window as at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import Window
from tilegan.images import fitted
from tilegan.images.fitted import Fitted, covers


def of(values, height, width, *, smooth):
    return Fitted(lambda window: window.of(values), values.shape, height, width, smooth=smooth)


def read(values, height, width, *, smooth):
    return of(values, height, width, smooth=smooth).read(Window(0, 0, height, width))


def test_numbers_are_those_of_the_nearest_cell():
    numbers = np.array([[1, 2], [3, 4]], np.uint8)
    assert read(numbers, 2, 5, smooth=False).tolist() == [[1, 1, 2, 2, 2], [3, 3, 4, 4, 4]]
    assert read(np.arange(9, dtype=np.uint8)[None], 1, 3, smooth=False).tolist() == [[1, 4, 7]]


def test_amounts_between_centers_are_interpolated():
    amounts = np.array([[0, 100]], np.uint16)  # centers at 2 and 6 of 8 pixels
    assert read(amounts, 1, 8, smooth=True).tolist() == [[0, 0, 12, 38, 62, 88, 100, 100]]
    square = np.array([[0, 100], [200, 400]], np.uint16)
    assert read(square, 3, 3, smooth=True)[1].tolist() == [100, 175, 250]


def test_what_is_all_white_stays_so():
    assert (read(np.full((3, 7), 65535, np.uint16), 31, 70, smooth=True) == 65535).all()


@given(
    values=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    image=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    smooth=st.booleans(),
    at_once=st.integers(1, 500),
    data=st.data(),
)
def test_a_window_is_a_part_of_the_whole(values, image, smooth, at_once, data):
    raster = np.random.default_rng(sum(values)).integers(0, 65536, values).astype(np.uint16)
    whole = read(raster, *image, smooth=smooth)
    top, left = data.draw(st.integers(0, image[0] - 1)), data.draw(st.integers(0, image[1] - 1))
    window = Window(top, left, data.draw(st.integers(1, image[0] - top)), data.draw(st.integers(1, image[1] - left)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitted, "_AT_ONCE", at_once)
        assert (of(raster, *image, smooth=smooth).read(window) == window.of(whole)).all()


def test_only_the_part_below_a_window_is_read():
    seen = []

    def noted(window):
        seen.append(window)
        return np.zeros((window.height, window.width), np.uint8)

    Fitted(noted, (1000, 2000), 10_000, 20_000, smooth=True).read(Window(5000, 100, 500, 300))
    assert max(window.height * window.width for window in seen) <= 52 * 32
    seen.clear()
    Fitted(noted, (100_000, 200_000), 1000, 2000, smooth=False).read(Window(0, 0, 1000, 1000))
    assert max(window.height * window.width for window in seen) <= 2**23


@pytest.mark.parametrize(
    ("map_shape", "image", "fits"),
    [
        ((30, 40), (3000, 4000), True),
        ((3000, 4000), (30, 40), True),
        ((300, 400), (3001, 4003), True),
        ((33, 50), (1333, 2000), True),
        ((40, 30), (30, 40), False),
        ((300, 300), (300, 310), False),
        ((1, 1), (9, 9), True),
    ],
)
def test_a_map_has_the_shape_of_its_image(map_shape, image, fits):
    assert covers(*map_shape, *image) is fits
