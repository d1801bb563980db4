"""Exactness, from outside: whatever the image, the model, the windows, shards and chunks, it is as if done at once."""

from dataclasses import replace
from functools import cache

import dask.array as da
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

import tilegan
from tilegan.geometry import Window, reflect, round_up
from tilegan.images.stores.store import Store
from tilegan.networks.build import build_generator
from tilegan.pipelines import stylize
from tilegan.translator import Translator

STRIDES = (1, 2, 4, 8)
# shorter and longer than the halos (7 to 56 px), and thin as a pixel
SIDES = st.one_of(st.integers(1, 8), st.integers(1, 150))
MANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def residual(stride: int) -> Translator:
    """The project's generator, tiny, with random weights."""
    torch.manual_seed(stride)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": stride, "detail": 4}
    generator = build_generator(architecture)
    nn.init.normal_(generator.tail.weight, std=0.3)
    return Translator.of(generator, architecture, tile_size=16).place("cpu", "float32")


@cache
def normed() -> Translator:
    """The project's enlarging generator with batch norms, whose statistics a training has found."""
    torch.manual_seed(0)
    architecture = {"name": "srresnet", "channels": 8, "blocks": 2, "scale": 2, "norm": "batch"}
    generator = build_generator(architecture)
    nn.init.normal_(generator.tail.weight, std=0.3)
    for values in generator.buffers():
        nn.init.uniform_(values, 0.2, 1)
    return Translator.of(generator, architecture, tile_size=16).place("cpu", "float32")


@cache
def enlarging() -> Translator:
    """Somebody else's generator: strided down, pixels doubled up, each pixel of the source four of the result."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 4, 2, 1), nn.ELU(), nn.Conv2d(8, 8, 3, padding=2, dilation=2, padding_mode="replicate")]
    layers += [nn.Upsample(scale_factor=2), nn.Conv2d(8, 12, 3, padding=1), nn.PixelShuffle(2), nn.Tanh()]
    return Translator.of(nn.Sequential(*layers), {"name": "somebody's"}, tile_size=16).place("cpu", "float32")


TRANSLATORS = st.sampled_from([*(lambda s=stride: residual(s) for stride in STRIDES), normed, enlarging])


def image(height, width):
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def check(pixels, expected):
    """At most one level apart, where a sum was rounded in another order; and hardly anywhere."""
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= 1
    assert np.count_nonzero(pixels != expected) <= max(1, expected.size // 1000)


def mirrored(translator, pixels):
    """The whole image as the generator is shown it: float (1, 3, H, W), mirrored outwards by the halo."""
    sides = [
        reflect(-translator.halo, round_up(length, translator.stride) + translator.halo, length)
        for length in pixels.shape[:2]
    ]
    return torch.from_numpy(pixels[np.ix_(*sides)]).permute(2, 0, 1)[None] / 127.5 - 1


@MANY
@given(TRANSLATORS, SIDES, SIDES, st.data())
def test_a_window_with_its_halo_is_that_part_of_the_whole_in_floats(make, height, width, data):
    translator = make()
    halo, stride, scale = translator.halo, translator.stride, translator.scale
    whole = mirrored(translator, image(height, width))
    rows, columns = ((side - 2 * halo) // stride for side in whole.shape[2:])
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    below, right = data.draw(st.integers(top + 1, rows)), data.draw(st.integers(left + 1, columns))
    top, left, below, right = (stride * edge for edge in (top, left, below, right))
    with torch.inference_mode():
        all_of_it = translator.generator(whole)
        part = translator.generator(whole[:, :, top : below + 2 * halo, left : right + 2 * halo])
    inside = all_of_it[
        ..., scale * (top + halo) : scale * (below + halo), scale * (left + halo) : scale * (right + halo)
    ]
    trimmed = part[..., scale * halo : -scale * halo, scale * halo : -scale * halo]
    assert torch.max(torch.abs(inside - trimmed)) < 1e-5


@MANY
@given(TRANSLATORS, SIDES, SIDES, st.integers(1, 200), st.data())
def test_stylize_array_is_translate_whatever_the_chunks(make, height, width, window, data):
    translator, pixels = make(), image(height, width)
    chunks = tuple(data.draw(cuts(length)) for length in (height, width))
    array = da.from_array(pixels, chunks=(*chunks, 3))
    stylized = tilegan.stylize_array(array, translator, window=window).compute(scheduler="synchronous")
    check(stylized, translator.translate(pixels))


@st.composite
def cuts(draw, length):
    """Sides of at most four chunks, at any place: not at multiples of the stride, and down to one pixel."""
    places = sorted(draw(st.sets(st.integers(1, length - 1), max_size=3))) if length > 1 else []
    return tuple(np.diff([0, *places, length]).tolist())


@MANY
@given(TRANSLATORS, SIDES, SIDES, st.integers(1, 200), st.integers(1, 200))
def test_stylize_is_translate_whatever_window_and_shard(tmp_path, make, height, width, window, shard):
    translator, pixels = make(), image(height, width)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    stylize(tmp_path / "in.png", tmp_path / "out.zarr", translator, window=window, shard=shard, overwrite=True)
    store = Store.open(tmp_path / "out.zarr")
    check(store.read(0, Window(0, 0, *store.shape(0))), translator.translate(pixels))


@pytest.mark.parametrize("stride", STRIDES)
def test_every_phase_of_an_edge(stride):
    translator = residual(stride)
    for extra in range(stride):
        pixels = image(24 + extra, 24 + stride - extra)
        array = da.from_array(pixels, chunks=(16 + extra, 16 - extra, 3))
        stylized = tilegan.stylize_array(array, translator, window=8).compute(scheduler="synchronous")
        check(stylized, translator.translate(pixels))


def test_in_bfloat16_narrow_windows_are_rounded_as_the_whole_is(monkeypatch):
    """On a CPU with AMX; others add up alike whatever the width."""
    translator = tilegan.load("vangogh", "cpu", "bfloat16")
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 33, 3), dtype=np.uint8))
    pixels = np.asarray(small.resize((528, 144), Image.Resampling.BICUBIC))
    lazy = da.from_array(pixels, chunks=pixels.shape)
    whole = translator.translate(pixels).astype(int)
    for window in (64, 500):
        found = np.abs(tilegan.stylize_array(lazy, translator, window=window).compute() - whole)
        assert found.max() <= 1 and np.count_nonzero(found) <= found.size // 100
    seen = 160 - translator.halo  # by none of these columns
    column = np.abs(translator.translate(pixels[:, :160])[:, :seen] - whole[:, :seen])
    assert column.max() <= 1
    planned = translator.peak_bytes(1, 64, translator.halo)
    monkeypatch.setattr(tilegan.devices, "LEAST_WIDTH", 1)
    assert replace(translator).peak_bytes(1, 64, translator.halo) < planned / 1.5  # a copy remembers nothing
