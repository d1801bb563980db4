"""ONNX Runtime in place of torch: the same promises, the same backend when work goes on, and one trial of both."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

import tilegan
from tilegan.errors import ModelError, SettingError
from tilegan.foreign.runtime import RuntimeNetwork
from tilegan.inference import backends
from tilegan.inference.backends import backend_of
from tilegan.inference.plan import place_model
from tilegan.names import RUNTIME, TORCH
from tilegan.settling import Choices
from tilegan.translator import Translator, load

pytest.importorskip("onnxruntime")
PIXELS = np.random.default_rng(0).integers(0, 256, (90, 100, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def by_runtime(random_translator):
    return random_translator.place("cpu", "auto", RUNTIME)


def test_windows_give_what_the_whole_image_gives(random_translator, by_runtime):
    assert by_runtime.precision == torch.float32
    whole = by_runtime.translate(PIXELS)
    assert np.abs(whole.astype(int) - random_translator.translate(PIXELS)).max() <= 1
    for window in (32, 64):
        tiled = tilegan.stylize_array(PIXELS, by_runtime, window=window, stroke=1).compute()
        np.testing.assert_array_equal(tiled, whole)
    combo = [
        tilegan.stylize_array(PIXELS, each, seams="combo", stroke=1).compute().astype(int)
        for each in (random_translator, by_runtime)
    ]
    assert np.abs(combo[0] - combo[1]).max() <= 1


def test_its_memory_is_counted_and_it_can_be_sent(by_runtime, random_translator):
    assert by_runtime.peak_bytes(1, 64, by_runtime.halo) == random_translator.peak_bytes(1, 64, by_runtime.halo)
    network = by_runtime.exact.network
    assert isinstance(network, RuntimeNetwork)
    image = torch.rand(1, 3, 80, 80)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other(image), network(image))


class Sized(nn.Module):
    """Its trace holds the size of the image as a number."""

    def forward(self, image):
        return image * (float(image.shape[-1]) / 64)


def test_a_trace_that_holds_the_size_of_its_image_is_refused():
    network = RuntimeNetwork(Sized(), 3, 64, 8)
    with pytest.raises(ModelError, match="differs from torch on images of other sizes"):
        network(torch.rand(1, 3, 72, 72))


def test_what_it_cannot_do_is_refused(random_translator, monkeypatch):
    with pytest.raises(SettingError, match="ONNX Runtime runs in float32, not in bfloat16"):
        random_translator.place("cpu", "bfloat16", RUNTIME)
    with pytest.raises(SettingError, match="no backend 'onnx': use torch or onnxruntime"):
        random_translator.place("cpu", "auto", "onnx")
    monkeypatch.setattr("onnxruntime.get_available_providers", list)
    with pytest.raises(SettingError, match="ONNX Runtime does not run on 'cpu' here"):
        random_translator.place("cpu", "auto", RUNTIME)


def test_both_are_tried_once_for_imported_networks(tmp_path, monkeypatch, random_translator):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(backends.FORCED, raising=False)
    tried = []

    def seconds(_, name):
        tried.append(name)
        return {RUNTIME: 1, TORCH: 2}[name]

    monkeypatch.setattr(backends, "_seconds", seconds)
    random_translator.save(tmp_path / "own.safetensors")
    assert backend_of(tmp_path / "own.safetensors", "cpu", "auto", "auto") == TORCH
    monkeypatch.setattr(backends, "read_header", lambda _: {"architecture": {"name": "graph"}})
    for _ in range(2):
        assert backend_of(tmp_path / "own.safetensors", "cpu", "float32", "auto") == RUNTIME
    assert sorted(tried) == sorted([RUNTIME, TORCH])
    assert (tmp_path / "tilegan" / "backends.json").is_file()
    assert backend_of(tmp_path / "own.safetensors", "cpu", "bfloat16", "auto") == TORCH
    assert backend_of(tmp_path / "own.safetensors", "cpu", "float32", TORCH) == TORCH
    monkeypatch.setenv(backends.FORCED, TORCH)
    assert backend_of(tmp_path / "own.safetensors", "cpu", "float32", "auto") == TORCH
    monkeypatch.setenv(backends.FORCED, "onnx")
    with pytest.raises(SettingError, match="TILEGAN_BACKEND is 'onnx'"):
        backend_of(tmp_path / "own.safetensors", "cpu", "float32", "auto")


def test_a_trial_times_passes_and_one_that_fails_never_wins(random_translator, monkeypatch):
    monkeypatch.setattr(backends, "SIDE", 32)
    assert 0 < backends._seconds(random_translator, RUNTIME) < np.inf
    monkeypatch.setattr("tilegan.foreign.runtime._exported", lambda *_: b"no network")
    assert backends._seconds(random_translator, RUNTIME) == np.inf


def test_files_and_translators_keep_their_backend(tmp_path, by_runtime):
    by_runtime.save(tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors", "cpu", "float32").backend == TORCH
    assert place_model(tmp_path / "model.safetensors", "cpu", "auto", RUNTIME).backend == RUNTIME
    assert place_model(by_runtime) is by_runtime
    assert place_model(by_runtime, "cpu", "auto", TORCH).backend == TORCH
    settled = Translator.of(nn.Conv2d(3, 3, 1), {"name": "some"}, 16).place("cpu", "auto", RUNTIME)
    assert settled.settled(Choices()).backend == RUNTIME
