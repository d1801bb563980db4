"""What a model's file keeps of what was proven: ready sooner where it holds, proven again where it does not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
from safetensors.torch import load_file, save_file

from tilegan import model_file
from tilegan.errors import ModelError
from tilegan.pipelines import sample, stylize
from tilegan.proven import Proven
from tilegan.translator import Translator, load

TRIALS = (
    "tilegan.tiling.proof.reach",
    "tilegan.tiling.proof.probe",
    "tilegan.proven.reach",
    "tilegan.proven.peak_bytes",
)


@pytest.fixture
def saved(random_translator: Translator, tmp_path: Path) -> Path:
    random_translator.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def no_trials(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, a trial pass is an error."""

    def refuse(*_: object) -> None:
        pytest.fail("a trial pass")

    return lambda: [monkeypatch.setattr(name, refuse) for name in TRIALS] and None


@pytest.mark.parametrize("seams", ["exact", "combo"])
def test_a_saved_model_is_ready_without_trial_passes(
    saved: Path, random_translator: Translator, tmp_path: Path, seams: str, no_trials: Callable[[], None]
) -> None:
    sample(tmp_path / "image.png", height=70, width=90)
    before = stylize(tmp_path / "image.png", tmp_path / "before.png", random_translator, seams=seams, overwrite=True)
    no_trials()
    after = stylize(tmp_path / "image.png", tmp_path / "after.png", load(saved, "cpu", "float32"), seams=seams)
    assert before.output.read_bytes() == after.output.read_bytes()


def test_what_is_kept_is_what_is_found(saved: Path, random_translator: Translator) -> None:
    kept = load(saved, "cpu", "bfloat16")
    fresh = replace(random_translator, proof=None).place("cpu", "bfloat16")
    assert kept.proof is not None and fresh.proof is None
    assert (kept.exact.cut, kept.exact.trim) == (fresh.exact.cut, fresh.exact.trim)
    for asked in ((1, 1024, kept.halo), (32 * 32, 16, 0), (4, 1024, kept.halo), (1, 64, kept.halo)):
        assert kept.peak_bytes(*asked) == fresh.peak_bytes(*asked)
    assert kept.known_bytes(1, 64, kept.halo, np.uint8) is None


def test_a_proof_of_other_weights_is_not_believed(saved: Path, tmp_path: Path) -> None:
    weights, metadata = load_file(saved), _metadata(saved)
    weights["tail.bias"] += 1
    save_file(weights, tmp_path / "other.safetensors", metadata)
    other = load(tmp_path / "other.safetensors", "cpu", "float32")
    assert other.proof is None
    other.save(tmp_path / "again.safetensors")
    assert load(tmp_path / "again.safetensors").proof is not None


def test_a_proof_of_another_contract_is_not_believed(saved: Path, tmp_path: Path) -> None:
    metadata = _metadata(saved)
    header = json.loads(metadata["tilegan"]) | {"halo": 24}
    save_file(load_file(saved), tmp_path / "other.safetensors", metadata | {"tilegan": json.dumps(header)})
    with pytest.raises(ModelError, match="damaged model"):
        load(tmp_path / "other.safetensors")


def test_a_proof_does_not_outlive_its_weights(saved: Path, tmp_path: Path) -> None:
    changed = load(saved, "cpu", "float32")
    with torch.no_grad():
        changed.generator.tail.bias += 1
    changed.save(tmp_path / "changed.safetensors")
    proof = load(tmp_path / "changed.safetensors").proof
    assert proof is not None and proof.of == changed.fingerprint()


def test_a_file_without_a_proof_is_proven(saved: Path, tmp_path: Path) -> None:
    metadata = _metadata(saved)
    del metadata["proof"]
    save_file(load_file(saved), tmp_path / "old.safetensors", metadata)
    old = load(tmp_path / "old.safetensors")
    assert old.proof is None and old.header() == load(saved).header()


def test_models_of_the_package_keep_their_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """If not: ``tilegan.load(file).save(file)`` for each, and ``RULES`` raised if a network changed."""
    monkeypatch.setattr(Translator, "_usual", Proven._usual)
    known: dict[str, Translator] = {}
    for bundled in model_file.bundled().values():
        translator = load(bundled.path, "cpu", "float32")
        assert translator.proof is not None, f"{bundled.path} keeps no proof"
        like = known.setdefault(json.dumps(translator.architecture, sort_keys=True), translator)
        assert like.proof is not None and translator.proof == replace(like.proof, of=translator.proof.of)
    for translator in known.values():
        assert translator.proof == replace(translator, proof=None).prove()


def _metadata(path: Path) -> dict[str, str]:
    with safetensors.safe_open(path, framework="np") as file:
        return dict(file.metadata())
