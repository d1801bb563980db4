"""The translator's contract, its file, and the whole-image reference."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
import torch

import tilegan
from tilegan.errors import ImageError, ModelError, SettingError
from tilegan.geometry import round_up
from tilegan.inference.array import stylize_array
from tilegan.networks.build import generators
from tilegan.tiling.reach import Reach
from tilegan.translator import Translator, load


def image(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (33, 50), (64, 64)])
def test_translate_equals_plain_reflection_then_one_pass(random_translator, shape):
    pixels = image(*shape)
    halo, stride = random_translator.halo, random_translator.stride
    ends = [(halo, halo + -(side + halo) % stride) for side in shape]
    padded = np.pad(pixels, (*ends, (0, 0)), mode="reflect")
    inputs = torch.from_numpy(padded.transpose(2, 0, 1)[None].copy()).float() / 127.5 - 1
    with torch.no_grad():
        outputs = random_translator.generator(inputs)[0].numpy().transpose(1, 2, 0)
    expected = np.rint((outputs + 1) * 127.5).clip(0, 255)
    expected = expected[halo : halo + shape[0], halo : halo + shape[1]]
    translated = random_translator.translate(pixels)
    assert translated.dtype == np.uint8
    assert translated.shape == (*shape, 3)
    assert np.abs(translated - expected).max() <= 1


def test_halo_is_wide_enough_and_not_wasteful(random_translator):
    """Perturb one pixel: what moves lies within the halo, and some of it nearly that far."""
    side, center = 120, 60
    before = image(side, side)
    reach = 0
    for offset in range(random_translator.stride):
        after = before.copy()
        after[center + offset, center + offset] ^= 255
        moved = np.argwhere((random_translator.translate(before) != random_translator.translate(after)).any(2))
        reach = max(reach, np.abs(moved - center - offset).max())
    assert random_translator.halo - 3 * random_translator.stride <= reach <= random_translator.halo


def test_scale_multiplies_the_output():
    translator = Translator.of(torch.nn.Upsample(scale_factor=2), {}, tile_size=16)
    assert (translator.halo, translator.stride, translator.scale) == (0, 1, 2)
    pixels = image(5, 9)
    assert np.array_equal(translator.translate(pixels), pixels.repeat(2, 0).repeat(2, 1))


def windows_of(translator, pixels, side):
    """The image done window by window: each read with a halo from the mirrored image."""
    height, width, _ = pixels.shape
    halo, scale = translator.halo, translator.scale
    ends = [(halo, halo + round_up(length, side)) for length in (height, width)]
    mirrored = np.pad(pixels, (*ends, (0, 0)), mode="reflect")
    rows = []
    for top in range(0, height, side):
        row = [mirrored[top : top + side + 2 * halo, left : left + side + 2 * halo] for left in range(0, width, side)]
        rows.append(np.concatenate(list(translator.run(np.stack(row), halo)), axis=1))
    return np.concatenate(rows)[: height * scale, : width * scale]


@pytest.mark.parametrize("shape", [(1, 1), (1, 130), (7, 61), (50, 33), (64, 64)])
@pytest.mark.parametrize("side", [4, 20, 64])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_windows_with_a_halo_make_the_whole_image(random_translator, shape, side, precision):
    translator = random_translator.place("cpu", precision)
    pixels = image(*shape)
    difference = windows_of(translator, pixels, side).astype(int) - translator.translate(pixels)
    assert np.abs(difference).max() <= 1


class Enlarging(torch.nn.Module):
    """Twice as large, with padding by hand, which cannot be taken away."""

    def __init__(self, channels):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, channels, 4, stride=2),
            torch.nn.LeakyReLU(0.2),
            torch.nn.Conv2d(channels, 48, 3, padding=1),
            torch.nn.PixelShuffle(4),
        )

    def forward(self, image):
        return torch.tanh(self.layers(torch.nn.functional.pad(image, (1, 1, 1, 1))))


@pytest.fixture
def own_generator(monkeypatch):
    """Makes classes of generators known for one test."""
    known = dict(generators())
    monkeypatch.setattr("tilegan.networks.build.generators", lambda: known)
    return tilegan.register_generator


def test_a_network_of_ones_own(own_generator, tmp_path):
    own_generator("enlarging", Enlarging)
    torch.manual_seed(0)
    translator = Translator.of(Enlarging(channels=4), {"name": "enlarging", "channels": 4}, tile_size=32)
    # cell i of two pixels sees 2i - 1 .. 2i + 2, with its neighbors 2i - 3 .. 2i + 4
    assert (translator.halo, translator.stride, translator.scale, translator.unbounded) == (4, 2, 2, "")
    translator.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", "cpu", "float32")
    assert loaded.header() == translator.header()
    pixels = image(37, 50)
    difference = windows_of(loaded, pixels, 16).astype(int) - translator.translate(pixels)
    assert np.abs(difference).max() <= 1


def test_a_name_is_taken_once(own_generator):
    own_generator("enlarging", Enlarging)
    own_generator("enlarging", Enlarging)
    with pytest.raises(ModelError, match="'residual' exists already"):
        own_generator("residual", Enlarging)


class Normed(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 3, 3, padding=1)
        self.norm = torch.nn.InstanceNorm2d(3)

    def forward(self, image):
        return torch.tanh(self.norm(self.first(image)))


def test_a_network_that_sees_everything_does_combo_only(own_generator, tmp_path):
    own_generator("normed", Normed)
    Translator.of(Normed(), {"name": "normed"}, tile_size=16, name="mine").save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", "cpu", "float32")
    assert loaded.unbounded == "norm (InstanceNorm2d)"
    tiles = image(16, 32).reshape(16, 2, 16, 3).swapaxes(0, 1)
    assert loaded.run(tiles).shape == (2, 16, 16, 3)
    with pytest.raises(ModelError, match=r"'mine' cannot be exact: norm \(InstanceNorm2d\) .* --seams blend works"):
        loaded.translate(image(16, 16))
    with pytest.raises(ModelError, match="cannot be exact"):
        replace(loaded, halo=4).run(image(24, 24)[None], 4)


def test_what_the_structure_hides_the_probe_finds(monkeypatch):
    """Were reach wrong, such as for a function that it misjudges, the translator would still know."""
    monkeypatch.setattr("tilegan.tiling.proof.reach", lambda _: Reach(0, 0, 1, 1))
    assert Translator.of(Normed(), {}, tile_size=16).unbounded == "first (Conv2d)"


def test_memory_is_told_beforehand(random_translator):
    halo = random_translator.halo
    assert random_translator.peak_bytes(1, 64) * 3 == random_translator.peak_bytes(3, 64)
    padded, plain = random_translator.peak_bytes(1, 64 + 2 * halo), random_translator.peak_bytes(1, 64, halo)
    assert 64 * 64 * 3 < plain < padded
    side = 64 + 2 * halo
    # uint8 pixels, float pixels, and at full resolution 7 joined channels, padded and not, beside the coarse ones
    assert side**2 * (3 + 4 * (3 + 7 + 7)) <= padded <= side**2 * (3 + 4 * (3 + 7 + 7 + 7 + 7))


def test_unknown_device_and_precision_are_refused(random_translator):
    with pytest.raises(SettingError, match="no device 'abacus'"):
        random_translator.place("abacus")
    with pytest.raises(SettingError, match="no precision 'float7'"):
        random_translator.place("cpu", "float7")


def test_placing_copies_and_keeps_the_full_precision(random_translator, tmp_path):
    rounded = random_translator.place("cpu", "bfloat16")
    assert rounded.fingerprint() == random_translator.fingerprint()
    assert next(random_translator.generator.parameters()).dtype == torch.float32
    rounded.save(tmp_path / "copy.safetensors")
    assert load(tmp_path / "copy.safetensors", "cpu", "float32").fingerprint() == random_translator.fingerprint()


def test_a_wider_halo_does_no_harm(random_translator, tmp_path):
    wider = replace(random_translator, halo=40)
    wider.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", "cpu", "float32")
    assert loaded.halo == 40
    pixels = image(30, 45)
    assert np.abs(loaded.translate(pixels).astype(int) - random_translator.translate(pixels)).max() <= 1


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_arrays_of_another_kind_are_refused(random_translator, array):
    with pytest.raises(ImageError, match="cannot be translated"):
        random_translator.translate(array)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_a_shipped_model_is_exact_in_bfloat16_too(threads: int) -> None:
    """A trained model on an even image makes much of a last bit that depends on a place in a tensor."""
    translator = load("vangogh", "cpu", "bfloat16")
    image = np.tile(np.linspace(60, 160, 264)[None, :, None], (200, 1, 3)).astype(np.uint8)
    image[..., 2] += 60
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        whole = translator.translate(image)
        tiled = stylize_array(da.from_array(image, chunks=-1), translator, window=64).compute(scheduler="synchronous")
    finally:
        torch.set_num_threads(before)
    difference = np.abs(whole.astype(int) - tiled)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-2  # 264 pixels are no power of two
