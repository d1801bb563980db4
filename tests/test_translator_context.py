"""Translators that look at the whole image: settled once, they tile as any other."""

import dask.array as da
import numpy as np
import pytest
import torch

from tilegan.inference.array import stylize_array
from tilegan.translator import Translator, load


def image(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def pair():
    """Two images, one of them darker, with the same pixels at the top left."""
    bright = image(90, 130)
    dark = bright // 4
    dark[:20, :20] = bright[:20, :20]
    return bright, dark


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_tiled_equals_whole(context_translator, precision):
    translator, pixels = context_translator.place("cpu", precision), image(150, 170)
    whole = translator.translate(pixels)
    told = translator.for_image(pixels)
    tiled = np.asarray(stylize_array(da.from_array(pixels, chunks=(70, 50, 3)), told, window=20))
    assert np.abs(tiled.astype(int) - whole).max() <= 1


def test_the_whole_image_counts_and_not_only_what_is_near(context_translator, pair):
    """The corner is the same in both; far from what it is told by, so only the whole image tells them apart."""
    told = [context_translator.for_image(pixels) for pixels in pair]
    corner = pair[0][:20, :20]
    assert np.array_equal(corner, pair[1][:20, :20])
    assert not np.array_equal(told[0].translate(corner), told[1].translate(corner))
    assert np.array_equal(told[0].translate(pair[0]), context_translator.translate(pair[0]))


def test_a_told_translator_looks_no_more(context_translator, pair):
    told = context_translator.for_image(pair[0])
    assert context_translator.looks_at_whole
    assert not told.looks_at_whole
    assert told.for_image(pair[1]) is told
    assert (told.halo, told.stride, told.tile_size, told.name) == (28, 4, 16, "context")


def test_fingerprints_tell_what_was_seen(context_translator, pair):
    first, second = (context_translator.for_image(pixels) for pixels in pair)
    assert first.fingerprint() == context_translator.for_image(pair[0]).fingerprint()
    assert len({context_translator.fingerprint(), first.fingerprint(), second.fingerprint()}) == 3


def test_files_keep_both_kinds(context_translator, pair, tmp_path):
    for name, translator in (("whole", context_translator), ("told", context_translator.for_image(pair[0]))):
        translator.save(tmp_path / f"{name}.safetensors")
        loaded = load(tmp_path / f"{name}.safetensors", "cpu", "float32")
        assert loaded.fingerprint() == translator.fingerprint()
        assert loaded.looks_at_whole == (name == "whole")
        assert np.array_equal(loaded.translate(pair[0]), context_translator.translate(pair[0]))


def test_precise_weights_are_kept_beside_rounded_ones(context_translator, pair):
    rounded = context_translator.place("cpu", "bfloat16").for_image(pair[0])
    assert rounded.precision == torch.bfloat16
    assert rounded.fingerprint() == context_translator.for_image(pair[0]).fingerprint()


def test_an_array_is_stylized_with_a_thumbnail_or_without(context_translator, pair, tmp_path):
    context_translator.save(tmp_path / "model.safetensors")
    lazy = da.from_array(pair[0], chunks=-1)
    for model in (context_translator, tmp_path / "model.safetensors"):
        told = stylize_array(lazy, model, thumbnail=pair[0], device="cpu", precision="float32")
        assert np.array_equal(np.asarray(told), context_translator.translate(pair[0]))
        assert not np.array_equal(np.asarray(stylize_array(lazy, model, precision="float32")), np.asarray(told))


def test_a_network_of_ones_own_may_call_a_layer_encoder_or_styles():
    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.Conv2d(3, 3, 3, padding=1)
            self.styles = ["none", "of", "ours"]

        def forward(self, images):
            return torch.tanh(self.encoder(images))

    translator = Translator.of(Own(), {"name": "own"}, tile_size=16)
    assert not translator.looks_at_whole
    assert translator.translate(image(20, 30)).shape == (20, 30, 3)
