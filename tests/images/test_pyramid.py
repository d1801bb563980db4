"""Smaller levels against hand-computed numbers and a slow reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tilegan.geometry import Window, grid_cell
from tilegan.images import pyramid
from tilegan.images.pyramid import halve, reduced_shard
from tilegan.images.store import Store


def reference(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width, _ = pixels.shape
    result = np.empty(((height + 1) // 2, (width + 1) // 2, 3), np.uint8)
    for row, column in np.ndindex(result.shape[:2]):
        square = pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].astype(float)
        result[row, column] = np.floor(square.mean(axis=(0, 1)) + 0.5)
    return result


def test_means_by_hand():
    gray = np.array([[0, 1, 10], [1, 0, 20], [255, 254, 7]], np.uint8)
    expected = [[1, 15], [255, 7]]  # 0.5 and 254.5 are rounded up
    np.testing.assert_array_equal(halve(np.repeat(gray[..., None], 3, axis=2))[..., 1], expected)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_means_at_odd_edges(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    np.testing.assert_array_equal(halve(pixels), reference(pixels))


@pytest.mark.parametrize("side", [16, 1024])
def test_shards_do_not_show_in_the_levels(tmp_path, monkeypatch, side):
    monkeypatch.setattr(pyramid, "_SIDE", side)
    pixels = np.random.default_rng(0).integers(0, 256, (133, 301, 3), dtype=np.uint8)
    store = Store.create(tmp_path / "a.zarr", 133, 301, shard=64, chunk=32)
    expected = pixels
    for level in range(store.levels):
        if level:
            expected = reference(expected)
        for index in np.ndindex(store.grid(level)):
            cell = grid_cell(index, 64, *store.shape(level))
            part = pixels[cell.top : cell.bottom, cell.left : cell.right]
            store.write_shard(level, index, reduced_shard(store, level, index) if level else part)
        np.testing.assert_array_equal(store.read(level, Window(0, 0, *store.shape(level))), expected)


def test_halves_in_memory_give_the_same_bytes_without_reading(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (133, 301, 3), dtype=np.uint8)
    store = Store.create(tmp_path / "a.zarr", 133, 301, shard=64, chunk=32)
    recent = pyramid.Recent(limit=10**6)
    for index in np.ndindex(store.grid(0)):
        cell = grid_cell(index, 64, 133, 301)
        part = pixels[cell.top : cell.bottom, cell.left : cell.right]
        store.write_shard(0, index, part)
        recent.put(0, index, part)
    expected = {index: reduced_shard(store, 1, index) for index in np.ndindex(store.grid(1))}
    monkeypatch.setattr(Store, "read", None)  # nothing may be read
    for index, shard in expected.items():
        np.testing.assert_array_equal(reduced_shard(store, 1, index, recent), shard)
    assert recent.take(0, (0, 0)) is None


def test_the_oldest_halves_are_forgotten_first():
    shard = np.zeros((8, 8, 3), np.uint8)
    recent = pyramid.Recent(limit=2 * 4 * 4 * 3)
    for column in range(3):
        recent.put(0, (0, column), shard)
    assert recent.take(0, (0, 0)) is None
    assert recent.take(0, (0, 1)) is not None
    assert recent.take(0, (0, 2)) is not None
