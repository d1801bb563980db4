"""Evaluations of what learned from pairs: outputs are compared with the images that they should be."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictures import blots
from tilegan.networks.build import build_generator
from tilegan.pipelines import evaluate
from tilegan.pipelines.evaluation.table import table
from tilegan.translator import Translator

CPU = {"device": "cpu", "precision": "float32"}


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Sources, targets that are 10 levels brighter, and both side by side."""
    folders = tmp_path / "sources", tmp_path / "targets", tmp_path / "both"
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 240, (96, 96, 3), dtype=np.uint8)
        for folder, image in zip(folders, (pixels, pixels + 10, np.hstack((pixels + 10, pixels))), strict=True):
            folder.mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / f"{number}.png")
    return folders


def test_images_that_correspond_are_compared(
    pairs: tuple[Path, Path, Path], tmp_path: Path, random_translator: Translator
) -> None:
    random_translator.save(tmp_path / "model.safetensors")
    both = tmp_path / "model.safetensors", CPU | {"images": 2, "held_out": 2}
    named = evaluate(both[0], *pairs[:2], tmp_path / "named", paired="by-name", **both[1])
    halves = evaluate(
        both[0], pairs[2], None, tmp_path / "halves", paired="side-by-side", direction="b-to-a", **both[1]
    )
    assert named.sources == halves.sources == ["1.png", "3.png"]
    assert named.figures == halves.figures
    assert named.figures["identity"].psnr == pytest.approx(20 * np.log10(255 / 10))
    assert named.figures["exact"].psnr < named.figures["identity"].psnr
    assert "PSNR to the true output (dB)" in [row.label for row in table(named)]


def test_what_enlarges_is_compared_with_the_images_and_with_bicubic_enlargement(tmp_path: Path) -> None:
    """Before it has learned anything such a generator enlarges bicubically."""
    architecture = {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 2}
    translator = Translator.of(build_generator(architecture), architecture, tile_size=16)
    translator.save(tmp_path / "model.safetensors")
    photos = blots(tmp_path / "photos", 4, 195, 240, 4)
    options = {"images": 2, "short_side": 97, **CPU}
    result = evaluate(tmp_path / "model.safetensors", photos, None, tmp_path / "out", **options)
    figures = result.figures
    assert result.enlarged == 2
    assert figures["exact"].psnr == pytest.approx(figures["identity"].psnr, abs=0.15)  # edges differ
    assert figures["identity"].psnr > 30
    assert figures["exact"].content == pytest.approx(figures["identity"].content, abs=0.01)
    assert figures["exact"].whole.maximum <= 1
    assert "96 x 96 pixels" in (tmp_path / "out" / "evaluate.html").read_text()
    same = evaluate(tmp_path / "model.safetensors", photos, photos, tmp_path / "same", **options)
    assert same.figures == figures
