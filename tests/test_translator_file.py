"""Models as files: saved and loaded they are the same, and what is no model is refused in one line."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tilegan.errors import ModelError
from tilegan.model_file import find, read_header
from tilegan.translator import load


def image(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


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


def test_a_contract_that_is_not_the_generators_is_not_saved(random_translator, tmp_path):
    with pytest.raises(ModelError, match="cannot be saved"):
        replace(random_translator, halo=20).save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        {"stride": 0},
        {"stride": 8},
        {"scale": 2},
        {"halo": 24},
        {"halo": 30},
        {"architecture": []},
        {"name": None, "facts": 3},
        {"extra": 1},
    ],
)
def test_damaged_headers_are_refused(random_translator, tmp_path, change):
    path = tmp_path / "model.safetensors"
    header = {**random_translator.header(), **change}
    save_file(random_translator.weights(), path, {"format": "tilegan/1", "tilegan": json.dumps(header)})
    with pytest.raises(ModelError, match="model"):
        load(path)
