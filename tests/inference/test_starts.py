"""Wide holes from coarse to fine: what a step sees, against a slow obvious reference."""

import numpy as np
import pytest

from tilegan.geometry import Window
from tilegan.inference.blocks import Held, Part
from tilegan.inference.starts import Copy, Known, Started, StartedGuide
from tilegan.inference.stroke import find_copy

SIDES = 22, 27  # no multiple of the factor: the last squares are partly reflected
FACTOR = 4
WHOLE = Window(0, 0, *SIDES)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(1).integers(0, 256, (*SIDES, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def mask():
    """A hole with whole squares, and a narrow one without any."""
    holes = np.zeros(SIDES, np.uint8)
    holes[6:19, 3:14] = 255
    holes[2:20, 18:21] = 255
    return holes


@pytest.fixture(scope="module")
def known(pixels, mask):
    return Known(Part(pixels, WHOLE, *SIDES), Held(mask))


def squares(values):
    """Squares of reflected values, one after the other, by rows and columns."""
    padded = np.pad(values, [(0, 2), (0, 1), *[(0, 0)] * (values.ndim - 2)], "reflect")
    return padded.reshape(6, FACTOR, 7, FACTOR, -1).swapaxes(1, 2).reshape(6, 7, FACTOR**2, -1)


def test_a_copy_has_the_means_of_what_is_known_and_holes_where_nothing_is(known, pixels, mask):
    copy = Copy.of(known, FACTOR)
    given = squares(mask)[..., 0] == 0
    holes = ~given.any(2)
    assert 0 < holes.sum() < 12
    window = Window(0, 0, 6, 7)
    assert (copy.holes(window) == holes).all()
    assert (copy.holes(Window(2, 1, 3, 2)) == holes[2:5, 1:3]).all()
    counts = given.sum(2)
    means = (squares(pixels) * given[..., None]).sum(2) / np.maximum(counts, 1)[..., None]
    made = copy.image.read(window)
    assert np.abs(made[~holes] - means[~holes]).max() <= 0.5


def test_holes_start_with_the_enlarged_filling_where_the_copy_has_holes(known, pixels, mask):
    filled = np.random.default_rng(2).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    started = Started(Copy.of(known, 1), Copy.of(known, FACTOR), Held(filled), FACTOR)
    lost = Copy.of(known, FACTOR).holes(Window(0, 0, 6, 7)).repeat(FACTOR, 0).repeat(FACTOR, 1)[: SIDES[0], : SIDES[1]]
    assert (started.mask(WHOLE, np.dtype(np.uint8)) == np.where(lost, 128, mask)).all()
    assert set(np.unique(started.mask(WHOLE, np.dtype(np.uint16)))) == {0, 32768, 65535}
    made = started.read(WHOLE)
    assert (made[~lost] == pixels[~lost]).all()
    # row 9 is between the centers of cells 1 (at 5.5) and 2 (at 9.5): 7/8 of the way; column 6 at 1/8 of it
    above, below = (filled[row, 1] * (7 / 8) + filled[row, 2] * (1 / 8) for row in (1, 2))
    assert lost[9, 6]
    assert np.abs(made[9, 6] - (above * (1 / 8) + below * (7 / 8))).max() <= 0.5
    for window in (Window(7, 5, 6, 4), Window(0, 0, 22, 5), Window(18, 20, 4, 7)):
        assert (started.read(window) == window.of(made)).all()
        assert (started.mask(window, np.dtype(np.uint8)) == window.of(np.where(lost, 128, mask))).all()


def test_a_guide_paints_holes_of_a_copy_and_shows_the_mask_beyond_its_edges(known):
    copy = Copy.of(known, FACTOR)
    guide = StartedGuide(Started(copy))
    assert (guide.at(Window(1, 0, 4, 5)).amount == copy.holes(Window(1, 0, 4, 5))).all()
    planes = guide.planes(Window(-2, -3, 10, 13), np.dtype(np.uint8))
    expected = np.pad(copy.holes(Window(0, 0, 6, 7)), ((2, 2), (3, 3)), "reflect") * 255
    assert (planes[..., 0] == expected).all()


def test_pixels_without_opacity_are_unknown(pixels, mask):
    opacity = np.full(SIDES, 255, np.uint8)
    opacity[:8, 20:] = 0
    known = Known(Part(pixels, WHOLE, *SIDES, opacity), Held(mask))
    assert (known.read_mask(WHOLE) == ((mask == 0) & (opacity > 0))).all()
    assert Copy.of(known, FACTOR).holes(Window(0, 5, 2, 2)).all()
    assert not Copy.of(known, 1).holes(Window(0, 21, 8, 6)).any()


@pytest.mark.parametrize(("hole", "copy"), [(0, 1), (16, 1), (17, 4), (64, 4), (65, 8), (256, 16), (99999, 256)])
def test_the_first_copy_has_holes_that_are_filled_at_once(hole, copy):
    assert find_copy(hole, 16) == copy
