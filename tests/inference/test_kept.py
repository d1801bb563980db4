"""Models that are loaded once a process, and again when their file is another one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ModelError
from tilegan.inference import kept
from tilegan.inference.kept import load_once
from tilegan.inference.plan import place_model
from tilegan.pipelines import stylize


@pytest.fixture
def loads(monkeypatch):
    """The files that are loaded."""
    loaded, load = [], kept.load
    monkeypatch.setattr(kept, "load", lambda path, *how: (loaded.append(path), load(path, *how))[1])
    kept._loaded.cache_clear()
    yield loaded
    kept._loaded.cache_clear()


def test_a_model_is_loaded_once_for_a_device_and_precision(random_translator, tmp_path, loads):
    random_translator.save(tmp_path / "a.safetensors")
    first = load_once(tmp_path / "a.safetensors", "cpu", "float32")
    assert load_once(str(tmp_path / "a.safetensors"), "cpu", "float32") is first
    assert place_model(tmp_path / "a.safetensors", "cpu", "float32") is first
    assert place_model(tmp_path / "a.safetensors", "cpu", "bfloat16") is not first
    assert len(loads) == 2


def test_another_file_of_the_same_name_is_another_model(random_translator, context_translator, tmp_path):
    path = tmp_path / "a.safetensors"
    for translator in (random_translator, context_translator, random_translator):
        translator.save(path)
        assert load_once(path, "cpu", "float32").fingerprint() == translator.fingerprint()
    path.unlink()
    with pytest.raises(ModelError, match="no model"):
        load_once(path)


def test_images_in_a_loop_share_the_model_and_are_as_those_of_a_translator(context_translator, tmp_path: Path, loads):
    """Each image has a context of its own, which the shared model must not keep."""
    context_translator.save(tmp_path / "a.safetensors")
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 80 * (number + 1), (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        how = {"device": "cpu", "precision": "float32"}
        stylize(tmp_path / f"{number}.png", tmp_path / "file.png", tmp_path / "a.safetensors", overwrite=True, **how)
        stylize(tmp_path / f"{number}.png", tmp_path / "given.png", context_translator, overwrite=True, **how)
        one, other = (np.asarray(Image.open(tmp_path / f"{name}.png")).astype(int) for name in ("file", "given"))
        assert np.abs(one - other).max() <= 1
    assert len(loads) == 1
