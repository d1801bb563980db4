"""Statistics of cells, interpolated: windows equal the whole, contrasts are those around a pixel, nothing is seen."""

from functools import cache, partial

import dask.array as da
import numpy as np
import pytest
import torch
from torch import nn

from tilegan.inference import plan
from tilegan.inference.array import stylize_array
from tilegan.inference.blocks import read_block
from tilegan.inference.statistics import with_streamed_statistics
from tilegan.metrics.seams import step_ratio
from tilegan.networks.build import build_generator
from tilegan.norms import interpolated
from tilegan.norms.interpolated import Grid
from tilegan.norms.layers import InterpolatedNorm
from tilegan.tiling.levels import Levels
from tilegan.tiling.places import Place
from tilegan.translator import Translator

SMALL = {
    "residual": {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4},
    "unet": {"name": "unet", "channels": 4, "downs": 3},
    "resnet": {"name": "resnet", "channels": 4, "blocks": 1},
    "pix2pixhd": {"name": "pix2pixhd", "channels": 8, "downs": 1, "blocks": 1, "enhancers": 1, "enhancer_blocks": 1},
}
CELL = 32


@pytest.fixture(autouse=True)
def small_cells(monkeypatch):
    monkeypatch.setattr(interpolated, "CELL", CELL)


class Held:
    """An image in memory."""

    def __init__(self, pixels):
        self.pixels, (self.height, self.width) = pixels, pixels.shape[:2]

    def read(self, window):
        return window.of(self.pixels)


def image(height, width, contrasts=(0.1, 1)):
    """Noise whose contrast grows from left to right."""
    noise = np.random.default_rng(0).integers(-128, 128, (height, width, 3))
    return (128 + noise * np.linspace(*contrasts, width)[:, None]).astype(np.uint8)


@cache
def translator_of(name):
    torch.manual_seed(7)
    architecture = SMALL[name] | {"norm": "instance"}
    generator = build_generator(architecture)
    for layer in generator.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.weight.requires_grad:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return Translator.of(generator, architecture, tile_size=16, name=name).place("cpu", "float32")


def settled(translator, pixels, statistics="interpolated", window=512):
    read = partial(read_block, Held(pixels))
    return with_streamed_statistics(translator, statistics, read, *pixels.shape[:2], window)


@pytest.mark.parametrize("name", SMALL)
def test_each_cell_has_the_statistics_of_what_comes_to_it(name):
    """All norms against one pass over the whole image, in which those before are interpolated."""
    pixels = image(75, 104)
    made = settled(translator_of(name), pixels, window=24)
    unpadded = made.translate(pixels)
    inputs = {}
    for norm in (module for module in made.generator.modules() if isinstance(module, InterpolatedNorm)):
        assert norm.grid == Grid(CELL, 2, 3)
        norm.register_forward_pre_hook(lambda norm, given: inputs.update({norm: given[0]}))
    whole = torch.from_numpy(made.whole(pixels))
    padded = Levels(made.generator, torch.float32)(whole, [Place(-made.halo, -made.halo)])[0].numpy()
    own = padded[made.halo : made.halo + 75, made.halo : made.halo + 104]
    assert np.abs(unpadded.astype(int) - own).max() <= 1  # there places are the same
    rows, columns = ((0, 32), (32, 75)), ((0, 32), (32, 64), (64, 104))
    for norm, features in inputs.items():
        stride = whole.shape[1] // features.shape[2]
        for row, (top, bottom) in enumerate(rows):
            for column, (left, right) in enumerate(columns):
                down, across = (
                    slice((made.halo + first) // stride, -(-(made.halo + last) // stride))
                    for first, last in ((top, bottom), (left, right))
                )
                cell = features[0, :, down, across]
                assert torch.allclose(norm.mean[0, :, row, column], cell.mean((1, 2)), atol=1e-4)
                assert torch.allclose(norm.variance[0, :, row, column], cell.var((1, 2), correction=0), rtol=1e-3)
    assert len(inputs) > 1


@pytest.mark.parametrize("name", SMALL)
def test_tiled_equals_whole(name, monkeypatch):
    monkeypatch.setattr(plan, "CPU_BATCH", 2)
    pixels = image(90, 131)
    lazy = da.from_array(pixels, chunks=(50, 70, 3))
    made = settled(translator_of(name), pixels)
    tiled = np.asarray(stylize_array(lazy, made, window=32))
    apart = np.abs(tiled.astype(int) - made.translate(pixels))
    # convolutions sum in another order when windows are small: a level here or there, with any norm
    assert apart.max() <= 1
    assert np.count_nonzero(apart) <= apart.size // 1000
    assert not made.needs_statistics


def test_arrays_are_stylized_with_them():
    translator, pixels = translator_of("residual"), image(70, 75)
    lazy = stylize_array(da.from_array(pixels, chunks=(40, 40, 3)), translator, statistics="interpolated")
    expected = settled(translator, pixels).translate(pixels)
    assert np.abs(np.asarray(lazy).astype(int) - expected).max() <= 1
    assert np.abs(translator.translate(pixels).astype(int) - expected).max() > 5


def test_large_strokes_are_the_same_however_an_image_is_cut():
    pixels = image(75, 90)
    made = settled(translator_of("residual"), pixels)
    cut = [
        np.asarray(stylize_array(da.from_array(pixels, chunks=chunks), made, window=window, stroke=2))
        for chunks, window in (((75, 90, 3), 128), ((40, 31, 3), 32))
    ]
    apart = np.abs(np.subtract(*cut, dtype=int))
    assert apart.max() <= 1 and np.count_nonzero(apart) <= apart.size // 1000


@pytest.mark.parametrize("pixels", [image(47, 40), image(1, 1)], ids=["47x40", "1x1"])
def test_an_image_of_one_cell_has_its_global_statistics(pixels):
    made = [settled(translator_of("residual"), pixels, statistics) for statistics in ("interpolated", "global")]
    assert made[0].fingerprint() == made[1].fingerprint()


def test_sixteen_bits_in_bfloat16():
    translator, pixels = translator_of("residual"), image(70, 70)
    deep = settled(translator.place("cpu", "bfloat16"), pixels.astype(np.uint16) * 257)
    assert deep.precision == torch.bfloat16
    for name, value in settled(translator, pixels).weights().items():
        assert torch.allclose(deep.weights()[name], value, rtol=1e-4, atol=1e-5), name
    tiled = np.asarray(stylize_array(da.from_array(pixels, chunks=-1), deep, window=64))
    assert np.abs(tiled.astype(int) - deep.translate(pixels)).max() <= 1


def test_contrasts_are_kept_that_global_statistics_flatten_and_cells_do_not_show():
    pixels = image(128, 320, contrasts=(0.02, 1))
    made = {
        name: settled(translator_of("residual"), pixels, name).translate(pixels) for name in ("interpolated", "global")
    }
    faint = {name: picture[:, :64].std() / picture[:, -64:].std() for name, picture in made.items()}
    assert faint["interpolated"] > 0.6 > 0.3 > faint["global"]
    assert abs(step_ratio(made["interpolated"], CELL) - 1) < 0.05


def test_what_lies_where_has_to_be_said_and_can_be_saved(tmp_path):
    made = settled(translator_of("residual"), image(70, 70))
    windows = image(2 * made.halo + 16, 2 * made.halo + 16)[None]
    with pytest.raises(AssertionError, match="needs the positions of its windows"):
        made.run(windows, made.halo)
    assert not np.array_equal(*(made.run(windows, made.halo, [place]) for place in (Place(0, 0), Place(40, 40))))
    made.save(tmp_path / "made.safetensors")
    assert Translator.read(tmp_path / "made.safetensors").fingerprint() == made.fingerprint()


def test_memory_counts_what_is_mixed():
    translator = translator_of("residual")
    sides = [translator.frozen(grid=grid).peak_bytes(1, 256, 28) for grid in (None, Grid(32, 8, 8))]
    assert sides[0] < sides[1] < 2 * sides[0]
