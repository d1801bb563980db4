"""Instance norms with settled statistics: windows equal the whole, and global ones the network's own whole pass."""

import dask.array as da
import numpy as np
import pytest
import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.geometry import Window
from tilegan.inference.array import stylize_array
from tilegan.inference.blocks import read_block
from tilegan.inference.statistics import choose_statistics, with_streamed_statistics
from tilegan.networks.build import build_generator
from tilegan.norms.layers import EPSILON, FrozenNorm
from tilegan.translator import Translator

SMALL = {
    "residual": {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4},
    "unet": {"name": "unet", "channels": 4, "downs": 3},
    "resnet": {"name": "resnet", "channels": 4, "blocks": 1},
    "pix2pixhd": {"name": "pix2pixhd", "channels": 8, "downs": 1, "blocks": 1, "enhancers": 1, "enhancer_blocks": 1},
    "srresnet": {"name": "srresnet", "channels": 8, "blocks": 1, "scale": 2},
    "spade": {"name": "spade", "channels": 4, "downs": 2, "hidden": 4, "labels": [[0, 0, 0], [255, 255, 255]]},
}


class Held:
    """An image in memory."""

    def __init__(self, pixels):
        self.pixels, (self.height, self.width) = pixels, pixels.shape[:2]

    def read(self, window):
        return window.of(self.pixels)


def image(height, width, seed=0):
    """Noise that gets brighter to the right, so that no tile has the statistics of the whole."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return (noise * np.linspace(0.2, 1, width)[:, None]).astype(np.uint8)


def translator_of(name, norm="instance"):
    torch.manual_seed(7)
    architecture = SMALL[name] | {"norm": norm}
    generator = build_generator(architecture)
    for layer in generator.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.weight.requires_grad:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return Translator.of(generator, architecture, tile_size=16, name=name).place("cpu", "float32")


def globally(translator, pixels, window):
    read = Held(pixels)

    def block(place: Window):
        return read_block(read, place)

    return with_streamed_statistics(translator, "global", block, *pixels.shape[:2], window)


class OwnNorm(nn.Module):
    """The slow reference: an instance norm that leaves out what is beyond the image, in float64."""

    def __init__(self, gain, share):
        super().__init__()
        self.gain, self.share = gain, share

    def forward(self, features):
        parts = [
            slice(*(round(edge * side) for edge in edges))
            for side, edges in zip(features.shape[2:], self.share, strict=True)
        ]
        own = features[..., parts[0], parts[1]]
        deviation = (own.var((2, 3), correction=0, keepdim=True) + EPSILON).sqrt()
        return (features - own.mean((2, 3), keepdim=True)) / deviation * self.gain


def reference(translator, pixels):
    """The whole image in one pass of the network, whose norms see the image's own pixels; float (h, w, 3) levels."""
    made = translator.frozen()
    whole = made.whole(pixels)
    sides = [(made.halo, made.halo + length) for length in pixels.shape[:2]]
    share = [(begin / side, end / side) for (begin, end), side in zip(sides, whole.shape[1:3], strict=True)]
    network = build_generator(translator.architecture | {"norm": "frozen"}).double().eval()
    network.load_state_dict(made.generator.state_dict())
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, FrozenNorm):
                setattr(parent, name, OwnNorm(layer.gain, share))
    with torch.no_grad():
        output = network(torch.from_numpy(whole).permute(0, 3, 1, 2).double() / 127.5 - 1)
    rows, columns = (slice(*(translator.scale * edge for edge in side)) for side in sides)
    return ((output[0].permute(1, 2, 0).numpy() + 1) * 127.5)[rows, columns]


@pytest.mark.parametrize("name", SMALL)
def test_global_statistics_are_those_of_the_networks_own_pass_over_the_whole(name):
    translator, pixels = translator_of(name), image(72, 104)  # multiples of all strides
    whole = reference(translator, pixels)
    assert np.ptp(whole) > 100
    for found in (globally(translator, pixels, 32), translator.with_statistics_of(pixels)):
        made = found.translate(pixels)
        assert np.abs(made - whole).max() < 0.51  # rounded to a level
    assert np.array_equal(translator.translate(pixels), translator.with_statistics_of(pixels).translate(pixels))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 90), (61, 47)])
def test_streamed_statistics_are_those_of_one_pass_whatever_the_image(height, width):
    translator, pixels = translator_of("residual"), image(height, width)
    streamed, at_once = globally(translator, pixels, 20), translator.with_statistics_of(pixels)
    for name, value in at_once.weights().items():
        assert torch.allclose(streamed.weights()[name], value, rtol=1e-4, atol=1e-5), name


@pytest.mark.parametrize("name", SMALL)
def test_tiled_equals_whole_for_settled_statistics(name):
    pixels = image(90, 130)
    settled = translator_of(name).with_statistics_of(image(40, 60, seed=1))
    tiled = np.asarray(stylize_array(da.from_array(pixels, chunks=(50, 70, 3)), settled, window=32))
    apart = np.abs(tiled.astype(int) - settled.translate(pixels))
    # wide and transposed convolutions sum in another order when windows are small: a level here or there, with any norm
    assert apart.max() <= (0 if name in ("residual", "unet") else 1)
    assert np.count_nonzero(apart) <= apart.size // 1000
    assert not settled.needs_statistics
    assert settled.with_statistics_of(pixels) is settled


def test_sixteen_bits_and_pixels_that_cannot_be_written_to():
    translator, pixels = translator_of("residual"), image(40, 60).astype(np.uint16) * 257
    pixels.flags.writeable = False
    eight = globally(translator, image(40, 60), 64)
    for name, value in globally(translator, pixels, 64).weights().items():
        assert torch.allclose(eight.weights()[name], value, rtol=1e-4, atol=1e-5), name


def test_in_bfloat16_the_weights_kept_are_the_precise_ones():
    translator, pixels = translator_of("residual"), image(60, 60)
    rounded = translator.place("cpu", "bfloat16").with_statistics_of(pixels)
    assert rounded.precision == torch.bfloat16
    assert rounded.fingerprint() == translator.with_statistics_of(pixels).fingerprint() != translator.fingerprint()


def test_a_plain_channel_norm_needs_none():
    translator = translator_of("residual", "channel")
    assert not translator.needs_statistics
    assert translator.with_statistics_of(image(9, 9)) is translator


def test_context_and_styles_are_settled_first():
    torch.manual_seed(0)
    architecture = SMALL["residual"] | {"norm": "instance", "context": 4, "styles": ["a", "b"]}
    generator = build_generator(architecture)
    for layer in (generator.tail, generator.film, generator.style_film):
        nn.init.normal_(layer.weight, std=0.3)
    translator, pixels = Translator.of(generator, architecture, 16, name="both"), image(40, 40)
    with pytest.raises(SettingError, match="choose from a, b"):
        translator.with_statistics_of(pixels)
    made = [translator.in_style({style: 1}).translate(pixels) for style in "ab"]
    assert not np.array_equal(*made)
    by_hand = translator.in_style({"a": 1}).for_image(pixels).with_statistics_of(pixels)
    assert np.array_equal(made[0], by_hand.translate(pixels))


def test_what_is_chosen():
    needs, not_so = translator_of("residual"), translator_of("residual", "channel")
    assert choose_statistics(needs, "exact", None) == "thumbnail"
    assert choose_statistics(needs, "combo", None) == "tile"
    assert choose_statistics(needs, "combo", "global") == "global"
    assert choose_statistics(not_so, "exact", None) == ""
    of_labels = translator_of("spade")
    assert choose_statistics(of_labels, "exact", None) == "global"  # a thumbnail would mix labels
    assert choose_statistics(of_labels, "combo", None) == "tile"
    for translator, asked, why in (
        (not_so, "global", "needs no statistics of images: leave 'global' out"),
        (needs, "all", "no statistics 'all': use tile, thumbnail, global, interpolated"),
        (needs, "tile", "nothing is exact: use seams combo"),
        (of_labels, "thumbnail", "mixes the labels of a label map: use global or interpolated"),
    ):
        with pytest.raises(SettingError, match=why):
            choose_statistics(translator, "exact", asked)


def test_arrays_are_stylized_with_the_statistics_asked_for():
    translator, pixels = translator_of("residual"), image(60, 90)
    lazy = da.from_array(pixels, chunks=(30, 40, 3))
    expected = translator.translate(pixels)
    found = np.asarray(stylize_array(lazy, translator, statistics="global"))
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert np.array_equal(np.asarray(stylize_array(lazy, translator, thumbnail=pixels)), expected)
    tiles = np.asarray(stylize_array(lazy, translator, seams="combo"))
    assert np.array_equal(tiles[:16, :16], translator.run(pixels[None, :16, :16])[0])
    with pytest.raises(ModelError, match="give a thumbnail or statistics 'global'"):
        stylize_array(lazy, translator)
    with pytest.raises(SettingError, match="leave 'global' out"):
        stylize_array(lazy, translator_of("residual", "channel"), statistics="global")
