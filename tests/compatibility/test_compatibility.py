"""What an earlier version wrote stays readable: ``make.py`` beside this tells how ``data`` was made."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tilegan
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.pipelines import stylize
from tilegan.pipelines.train import resume

DATA = Path(__file__).parent / "data"
MODIFIED = 1_700_000_000  # as in make.py; no copy of the repository keeps times of files

# of steps 3 and 4
LOSSES = (
    {"generator_length": 0.751792, "generator_content": -0.397462, "generator_tone": 0.0148956, "real_length": 0.57832},
    {
        "generator_length": 0.753814,
        "generator_content": -0.394062,
        "generator_tone": 0.00902537,
        "real_length": 0.579318,
    },
)

pytestmark = pytest.mark.usefixtures("no_curves")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    shutil.copy(DATA / "picture.png", path)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


def pixels(store: Path) -> np.ndarray:
    opened = Store.open(store)
    return opened.read(0, Window(0, 0, *opened.shape(0))).astype(int)


def test_a_store_reads_as_it_was_written() -> None:
    found = pixels(DATA / "store.zarr")
    assert found.shape == (72, 88, 3)
    assert found[[0, 35, 71], [0, 40, 87]].tolist() == [[236, 225, 134], [171, 32, 40], [81, 181, 230]]


def test_a_model_translates_as_it_did(picture: Path) -> None:
    model = tilegan.load(DATA / "model.safetensors", "cpu", "float32")
    assert (model.name, model.stride, model.halo, model.scale, model.tile_size) == ("random", 4, 20, 1, 16)
    assert model.facts == {"steps": 12}
    assert model.fingerprint() == "438292c308e28867a57388b1cd61a513a7d6308644409be640a140121145993f"
    translated = model.translate(np.asarray(Image.open(picture)))
    assert np.abs(translated - pixels(DATA / "store.zarr")).max() <= 1


def test_an_unfinished_run_of_stylize_goes_on(picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(DATA / "unfinished", tmp_path / "out.zarr.partial")
    written = []
    real = Store.write_shard
    monkeypatch.setattr(Store, "write_shard", lambda *a: (written.append(a[2]), real(*a)))
    result = stylize(picture, tmp_path / "out.zarr", DATA / "model.safetensors", resume=True)
    assert (result.window, result.shard) == (16, 32)
    finished = {path.name for path in (DATA / "unfinished" / "journal" / "0").iterdir()}
    assert len(finished) == 2
    assert sorted(written) == [
        (row, column) for row in range(3) for column in range(3) if f"{row}.{column}" not in finished
    ]
    assert np.abs(pixels(tmp_path / "out.zarr") - pixels(DATA / "store.zarr")).max() <= 1


def test_an_unfinished_training_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(DATA / "run", run)
    before = (run / "metrics.jsonl").read_text().splitlines()
    assert tilegan.load(run).facts["steps"] == 2
    result = resume(run, DATA / "photos", DATA / "paintings")
    assert (result.steps, result.finished) == (4, True)
    lines = (run / "metrics.jsonl").read_text().splitlines()
    assert lines[:2] == before
    for line, known in zip(lines[2:], LOSSES, strict=True):
        losses = json.loads(line)["losses"]
        assert {name: losses[name] for name in known} == pytest.approx(known, rel=0.02, abs=0.001)
