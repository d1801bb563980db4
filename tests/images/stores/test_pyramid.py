"""Smaller levels against hand-computed numbers and a slow reference."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tilegan.geometry import Window, grid_cell
from tilegan.images.stores import pyramid
from tilegan.images.stores.pyramid import halve, reduced_shard
from tilegan.images.stores.store import Store


def reference(pixels: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Pixel by pixel, in fractions: no rounding but the last."""
    height, width, channels = pixels.shape
    result = np.empty(((height + 1) // 2, (width + 1) // 2, channels), pixels.dtype)
    for row, column in np.ndindex(result.shape[:2]):
        square = pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(-1, channels).tolist()
        weights = [pixel[3] for pixel in square] if channels == 4 else []
        for channel in range(channels):
            counts = weights if channel < 3 and any(weights) else [1] * len(square)
            total = sum(count * pixel[channel] for count, pixel in zip(counts, square, strict=True))
            result[row, column, channel] = math.floor(Fraction(total, sum(counts)) + Fraction(1, 2))
    return result


def noise(height: int, width: int, channels: int, levels: type, seed: int = 0) -> NDArray[np.unsignedinteger]:
    """Any levels; of opacity mostly the lowest and the highest."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, np.iinfo(levels).max, (height, width, channels), dtype=levels, endpoint=True)
    if channels == 4:
        opaque = random.integers(0, 3, (height, width))
        pixels[..., 3] = np.choose(opaque, [np.zeros_like(pixels[..., 3]), np.iinfo(levels).max, pixels[..., 3]])
    return pixels


def test_means_by_hand():
    gray = np.array([[0, 1, 10], [1, 0, 20], [255, 254, 7]], np.uint8)
    expected = [[1, 15], [255, 7]]  # 0.5 and 254.5 are rounded up
    np.testing.assert_array_equal(halve(np.repeat(gray[..., None], 3, axis=2))[..., 1], expected)


def test_colors_are_weighted_by_opacity_by_hand():
    opaque, clear = [100, 0, 3, 255], [201, 90, 8, 0]
    half = [201, 90, 8, 85]
    pixels = np.array(
        [
            [opaque, clear, clear, clear, half, opaque],
            [clear, clear, clear, clear, half, half],
        ],
        np.uint8,
    )
    # (100 x 255 + 3 x 201 x 85) / 510 = 150.5, rounded up; the transparent square keeps the plain mean of its colors
    expected = [[[100, 0, 3, 64], [201, 90, 8, 0], [151, 45, 6, 128]]]
    np.testing.assert_array_equal(halve(pixels), expected)


def test_the_highest_levels_do_not_overflow():
    for levels in (np.uint8, np.uint16):
        highest = np.iinfo(levels).max
        white = np.full((2, 2, 4), highest, levels)
        white[0, 0, 3] = highest - 1
        np.testing.assert_array_equal(halve(white), np.full((1, 1, 4), highest))  # of opacity a quarter is missing


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_means_at_odd_edges(levels, channels, height, width, seed):
    pixels = noise(height, width, channels, levels, seed)
    halved = halve(pixels)
    assert halved.dtype == levels
    np.testing.assert_array_equal(halved, reference(pixels))


@pytest.mark.parametrize(
    ("side", "channels", "levels"), [(16, 3, np.uint8), (1024, 3, np.uint8), (16, 4, np.uint8), (1024, 4, np.uint16)]
)
def test_shards_do_not_show_in_the_levels(tmp_path, monkeypatch, side, channels, levels):
    monkeypatch.setattr(pyramid, "_SIDE", side)
    monkeypatch.setattr(pyramid, "_SQUARES", 100)
    pixels = noise(133, 301, channels, levels)
    store = Store.create(tmp_path / "a.zarr", 133, 301, shard=64, chunk=32, levels=levels, channels=channels)
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
