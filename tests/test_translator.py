"""The translator's contract, its file, and the whole-image reference."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tilegan.errors import ImageError, ModelError, SettingError
from tilegan.translator import Translator, find, load, read_header


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
    side, centre = 120, 60
    before = image(side, side)
    reach = 0
    for offset in range(random_translator.stride):
        after = before.copy()
        after[centre + offset, centre + offset] ^= 255
        moved = np.argwhere((random_translator.translate(before) != random_translator.translate(after)).any(2))
        reach = max(reach, np.abs(moved - centre - offset).max())
    assert random_translator.halo - 3 * random_translator.stride <= reach <= random_translator.halo


def test_scale_multiplies_the_output():
    generator = torch.nn.Upsample(scale_factor=2)
    translator = Translator(generator, {}, tile_size=16, halo=4, stride=4, scale=2)
    pixels = image(5, 9)
    assert np.array_equal(translator.translate(pixels), pixels.repeat(2, 0).repeat(2, 1))


def test_saved_and_loaded_again_it_is_the_same(random_translator, tmp_path):
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    loaded = load(path, "cpu", "float32")
    assert loaded.header() == random_translator.header()
    assert loaded.fingerprint() == random_translator.fingerprint()
    pixels = image(20, 30)
    assert np.array_equal(loaded.translate(pixels), random_translator.translate(pixels))
    assert list(tmp_path.iterdir()) == [path]


def test_fingerprint_tells_weights_apart_but_not_names(random_translator, tmp_path):
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    other = load(path, "cpu", "float32")
    with torch.no_grad():
        next(other.generator.parameters())[0, 0, 0, 0] += 1e-6
    assert other.fingerprint() != random_translator.fingerprint()
    renamed = replace(random_translator, name="b")
    assert renamed.fingerprint() == random_translator.fingerprint()


def test_a_run_folder_is_a_model(random_translator, tmp_path):
    random_translator.save(tmp_path / "translator.safetensors")
    assert find(tmp_path) == tmp_path / "translator.safetensors"
    assert read_header(tmp_path)["name"] == "random"


def write_foreign(path):
    save_file({"weight": torch.zeros(1)}, path)


def write_other_format(path):
    save_file({"weight": torch.zeros(1)}, path, {"format": "tilegan/99"})


def write_wrong_weights(path):
    header = {"architecture": {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}}
    header |= {"tile_size": 16, "halo": 28, "stride": 4, "scale": 1, "name": "x", "facts": {}}
    save_file({"weight": torch.zeros(1)}, path, {"format": "tilegan/1", "tilegan": json.dumps(header)})


def write_unknown_network(path):
    header = {"architecture": {"name": "from the future"}}
    save_file({"weight": torch.zeros(1)}, path, {"format": "tilegan/1", "tilegan": json.dumps(header)})


def write_garbage(path):
    path.write_bytes(b"\x80\x04not a model")


def write_broken_header(path):
    save_file({"weight": torch.zeros(1)}, path, {"format": "tilegan/1", "tilegan": "{"})


@pytest.mark.parametrize(
    "write",
    [write_foreign, write_other_format, write_wrong_weights, write_unknown_network, write_garbage, write_broken_header],
)
def test_what_is_no_model_is_refused_in_one_line(write, tmp_path):
    path = tmp_path / "model.safetensors"
    write(path)
    with pytest.raises(ModelError) as caught:
        load(path, "cpu")
    assert "\n" not in str(caught.value)


def test_a_missing_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"no model '.*nowhere'"):
        load(tmp_path / "nowhere")


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


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_arrays_of_another_kind_are_refused(random_translator, array):
    with pytest.raises(ImageError, match="cannot be translated"):
        random_translator.translate(array)


@pytest.mark.parametrize(
    "change",
    [{"stride": 0}, {"stride": 8}, {"halo": 4}, {"architecture": []}, {"name": None, "facts": 3}, {"extra": 1}],
)
def test_damaged_headers_are_refused(random_translator, tmp_path, change):
    path = tmp_path / "model.safetensors"
    header = {**random_translator.header(), **change}
    save_file(random_translator.weights(), path, {"format": "tilegan/1", "tilegan": json.dumps(header)})
    with pytest.raises(ModelError, match="model"):
        load(path)
