"""Blocks: mirrored reading, and windows that join to what one forward pass over the whole image gives."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilegan.geometry import Window, grid_cell, grid_shape, round_up
from tilegan.inference.blocks import block_window, read_block, translate_block


class ArraySource:
    """An image in memory that notes what was read of it."""

    def __init__(self, pixels):
        self.pixels = pixels
        self.height, self.width, _ = pixels.shape
        self.reads = []

    def read(self, window):
        assert 0 <= window.top < window.bottom <= self.height
        assert 0 <= window.left < window.right <= self.width
        self.reads.append(window)
        return self.pixels[window.top : window.bottom, window.left : window.right]


def image(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def stylize_by_shards(translator, source, side, shard, batch, unit, halo):
    """Every shard by itself, joined: what the engine does, without its machinery."""
    output = np.zeros((source.height, source.width, 3), np.uint8)
    rows, columns = grid_shape(source.height, source.width, shard)
    for index in np.ndindex(rows, columns):
        cell = grid_cell(index, shard, source.height, source.width)
        block = read_block(source, block_window(cell, unit, halo))
        pixels = translate_block(partial(translator.run, halo=halo), block, side, batch, halo)
        output[cell.top : cell.bottom, cell.left : cell.right] = pixels[: cell.height, : cell.width]
    return output


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    top=st.integers(-90, 90),
    left=st.integers(-90, 90),
    rows=st.integers(1, 70),
    columns=st.integers(1, 70),
)
def test_any_window_is_that_part_of_the_mirrored_image(height, width, top, left, rows, columns):
    source = ArraySource(image(height, width))
    reach = 170
    mirrored = np.pad(source.pixels, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    expected = mirrored[reach + top : reach + top + rows, reach + left : reach + left + columns]
    assert np.array_equal(read_block(source, Window(top, left, rows, columns)), expected)


def test_only_the_needed_span_is_read():
    source = ArraySource(image(100, 100))
    read_block(source, Window(-5, 40, 20, 30))
    read_block(source, Window(90, 95, 14, 9))
    assert source.reads == [Window(0, 40, 15, 30), Window(90, 95, 10, 5)]


def test_block_window_moves_edges_out_to_the_unit_then_by_the_halo():
    assert block_window(Window(37, 8, 10, 4), 4, 28) == Window(36 - 28, 8 - 28, 12 + 56, 4 + 56)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (101, 67), (64, 128), (63, 65)])
@pytest.mark.parametrize(("side", "shard", "batch"), [(8, 16, 3), (20, 60, 1), (64, 64, 2), (512, 512, 1)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_exact_equals_the_whole_image(random_translator, shape, side, shard, batch, precision):
    translator = random_translator.place("cpu", precision)
    source = ArraySource(image(*shape))
    pixels = stylize_by_shards(translator, source, side, shard, batch, translator.stride, translator.halo)
    whole = translator.translate(source.pixels)
    assert np.abs(pixels.astype(int) - whole).max() <= 1


@settings(max_examples=25)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    window=st.integers(1, 12),
    windows=st.integers(1, 4),
    batch=st.integers(1, 5),
    seed=st.integers(0, 9),
)
def test_exact_does_not_depend_on_window_shard_and_batch(
    random_translator, height, width, window, windows, batch, seed
):
    source = ArraySource(image(height, width, seed))
    halo, stride = random_translator.halo, random_translator.stride
    side = window * stride
    pixels = stylize_by_shards(random_translator, source, side, side * windows, batch, stride, halo)
    assert np.abs(pixels.astype(int) - random_translator.translate(source.pixels)).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (7, 90), (48, 32), (50, 41)])
@pytest.mark.parametrize("tiles_a_shard", [1, 3])
@pytest.mark.parametrize("batch", [1, 5])
def test_combo_is_each_tile_by_itself(random_translator, shape, tiles_a_shard, batch):
    side = random_translator.tile_size
    source = ArraySource(image(*shape))
    pixels = stylize_by_shards(random_translator, source, side, side * tiles_a_shard, batch, side, 0)
    ends = [(0, round_up(length, side) - length) for length in shape]
    mirrored = np.pad(source.pixels, (*ends, (0, 0)), mode="reflect")
    for row in range(0, shape[0], side):
        for column in range(0, shape[1], side):
            tile = random_translator.run(mirrored[None, row : row + side, column : column + side])[0]
            part = pixels[row : row + side, column : column + side]
            assert np.abs(part.astype(int) - tile[: part.shape[0], : part.shape[1]]).max() <= 1


def test_windows_come_in_batches_of_one_shape():
    seen = []

    def run(windows):
        seen.append(windows.shape)
        return windows[:, 4:-4, 4:-4]

    block = image(40 + 8, 72 + 8)
    assert np.array_equal(translate_block(run, block, side=32, batch=3, halo=4), block[4:-4, 4:-4])
    assert sorted(seen) == [(1, 16, 16, 3), (1, 40, 16, 3), (2, 16, 40, 3), (2, 40, 40, 3)]


def test_output_grows_by_the_scale():
    block = image(16 + 8, 24 + 8)

    def run(windows):
        return windows[:, 4:-4, 4:-4].repeat(2, 1).repeat(2, 2)

    expected = block[4:-4, 4:-4].repeat(2, 0).repeat(2, 1)
    assert np.array_equal(translate_block(run, block, side=8, batch=2, halo=4, scale=2), expected)
