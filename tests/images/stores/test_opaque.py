"""Images that could be transparent, and are not."""

import numpy as np
import pytest

from tilegan.geometry import Window
from tilegan.images.stores import opaque as module
from tilegan.images.stores.opaque import OpaqueStore, is_opaque


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("block_rows", [1, 7, 100])
@pytest.mark.parametrize("pixels", [1, 64, 10_000])
def test_one_pixel_is_enough_and_none_outside_counts(monkeypatch, levels, block_rows, pixels):
    monkeypatch.setattr(module, "_PIXELS", pixels)
    mask = np.full((50, 40), np.iinfo(levels).max, levels)
    region = Window(11, 5, 30, 20)
    mask[10, 5] = mask[41, 5] = mask[11, 4] = mask[11, 25] = 0
    assert is_opaque(lambda window: window.of(mask), region, block_rows)
    mask[40, 24] -= 1
    assert not is_opaque(lambda window: window.of(mask), region, block_rows)


def test_what_has_no_opacity_is_opaque():
    assert is_opaque(lambda _: None, Window(0, 0, 9, 9))


def test_a_store_without_its_opacity(stored, picture):
    pixels = picture(90, 70, 4)
    store = stored(pixels)
    without = OpaqueStore(store)
    assert (without.channels, store.channels) == (3, 4)
    np.testing.assert_array_equal(without.read(0, Window(5, 6, 60, 50)), pixels[5:65, 6:56, :3])
    assert without.origin is None or without.origin.opacity is None
