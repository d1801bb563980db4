"""Random holes: as many as there is room for, no wider than wanted, and the same for the same seed."""

import numpy as np

from tilegan.inference.controls.mask import widest_hole
from tilegan.methods.holes import Holes


def test_there_is_a_hole_in_each_image_and_each_is_another() -> None:
    masks = [Holes(8).draw((3, number), 64, 96) for number in range(8)]
    assert all(mask.shape == (64, 96) and set(np.unique(mask)) == {0, 255} for mask in masks)
    assert len({mask.tobytes() for mask in masks}) == 8
    assert 0.01 < np.mean(masks) / 255 < 0.4
    assert (Holes(8).draw((3, 5), 64, 96) == masks[5]).all()
    assert Holes(16).draw((0,), 1, 1).shape == (1, 1)


def test_single_strokes_are_no_wider_than_wanted() -> None:
    found = [widest_hole([Holes(6).draw((number,), 48, 48)]) for number in range(12)]
    assert 0 < min(found) < max(found) <= 7  # one more by rounding to pixels
