"""Training from pairs that are made of one folder, from folder to model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.methods.pix2pix import Pix2PixSettings
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.train import plan, resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")

SMALL = TrainSettings.of(
    Pix2PixSettings(),
    tile_size=16,
    short_side=64,
    batch=2,
    steps=3,
    generator={"name": "unet", "channels": 4, "downs": 2},
    discriminator={"name": "patch", "channels": 4, "layers": 2},
)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Noise in colors."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (80, 96, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("derive", ["gray", "edges"])
def test_a_cut_training_goes_on_likewise(photos: Path, tmp_path: Path, derive: str) -> None:
    train(photos, run=tmp_path / "whole", derive=derive, settings=SMALL, device="cpu")
    asked = iter([False, True])
    train(photos, run=tmp_path / "cut", derive=derive, settings=SMALL, device="cpu", stop=lambda: next(asked))
    resume(tmp_path / "cut")
    whole = load(tmp_path / "whole")
    assert load(tmp_path / "cut").fingerprint() == whole.fingerprint()
    assert whole.channels == 1
    assert whole.facts["derive"] == derive


def test_a_plan_is_made_of_one_channel(photos: Path) -> None:
    made = plan(photos, derive="gray", settings=SMALL, device="cpu")
    assert made.source_images == made.target_images == 3
    three = plan(photos, derive="gray", settings=replace(SMALL, batch=3), device="cpu")
    assert three.parameters == made.parameters


def test_it_is_measured_on_sources_derived_likewise(photos: Path, tmp_path: Path) -> None:
    train(photos, run=tmp_path / "run", derive="gray", settings=SMALL, device="cpu")
    figures = evaluate(tmp_path / "run", photos, output=tmp_path / "out", short_side=80, device="cpu").figures
    # of independent channels of variance 255^2 / 12, luma is 0.78 of it away on the average: 11.9 dB
    assert figures["identity"].psnr == pytest.approx(11.87, abs=0.2)
    assert figures["exact"].psnr is not None
    assert figures["exact"].whole.maximum <= 1
