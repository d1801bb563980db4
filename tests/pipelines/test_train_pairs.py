"""Training from images that correspond, from folder to model."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ResumeError, SettingError
from tilegan.methods.registry import method_settings
from tilegan.pipelines.train import plan, resume, train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")

SMALL = TrainSettings.of(
    method_settings("pix2pix", {}),
    tile_size=16,
    short_side=40,
    batch=2,
    steps=3,
    generator={"name": "unet", "channels": 4, "downs": 2},
    discriminator={"name": "patch", "channels": 4, "layers": 2},
)


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Noise, its inverse, and both side by side."""
    folders = tmp_path / "noise", tmp_path / "inverse", tmp_path / "both"
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (44, 48, 3), dtype=np.uint8)
        for folder, image in zip(folders, (pixels, 255 - pixels, np.hstack((pixels, 255 - pixels))), strict=True):
            folder.mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / f"{number}.png")
    return folders


@pytest.mark.slow
def test_both_kinds_of_pairs_give_the_same_model(pairs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    train(*pairs[:2], tmp_path / "named", paired="by-name", settings=SMALL, device="cpu")
    train(pairs[2], run=tmp_path / "halves", paired="side-by-side", settings=SMALL, device="cpu")
    turned = tmp_path / "turned"
    train(pairs[2], run=turned, paired="side-by-side", direction="b-to-a", settings=SMALL, device="cpu")
    named, halves, other = (load(tmp_path / run).fingerprint() for run in ("named", "halves", "turned"))
    assert named == halves
    assert other != named
    facts = load(tmp_path / "named").facts
    assert (facts["method"], facts["source_images"], facts["target_images"]) == ("pix2pix", 3, 3)


@pytest.mark.slow
def test_a_cut_training_goes_on_with_its_pairs(pairs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    train(*pairs[:2], tmp_path / "whole", paired="by-name", settings=SMALL, device="cpu")
    asked = iter([False, True])
    arguments = {"paired": "side-by-side", "settings": SMALL, "device": "cpu", "stop": lambda: next(asked)}
    train(pairs[2], run=tmp_path / "cut", **arguments)  # type: ignore[arg-type]
    resume(tmp_path / "cut")
    assert load(tmp_path / "cut").fingerprint() == load(tmp_path / "whole").fingerprint()
    (pairs[2] / "1.png").unlink()
    with pytest.raises(ResumeError, match="are not those"):
        resume(tmp_path / "cut", steps=5)


def test_what_does_not_go_together_is_told(pairs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    unpaired = TrainSettings(tile_size=16, short_side=40)
    for folders, paired, settings, message in (
        (pairs[:2], "", SMALL, "pix2pix learns from pairs: give their pairing"),
        (pairs[:2], "by-name", unpaired, "siamese does not learn from pairs"),
        (pairs[:2], "side-by-side", SMALL, "are in one folder: give just that"),
        (pairs[:1], "by-name", SMALL, "is both: give sources, then targets"),
        (pairs[:2], "by-eye", SMALL, "no pairing 'by-eye'"),
    ):
        with pytest.raises(SettingError, match=message):
            train(*folders, run=tmp_path / "run", paired=paired, settings=settings, device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_plan_counts_pairs(pairs: tuple[Path, Path, Path]) -> None:
    made = plan(pairs[2], paired="side-by-side", settings=SMALL, device="cpu")
    assert (made.source_images, made.target_images) == (3, 3)
    assert made.cache_needed == 2 * 3 * (3 * 40 * 44)
