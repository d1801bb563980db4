from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.networks.build import build_generator
from tilegan.translator import Translator

ARCHITECTURE = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 2}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """Two sources and two targets of 90 x 100 pixels."""
    for folder in ("photos", "paintings"):
        (tmp_path / folder).mkdir()
        for number in range(2):
            random = np.random.default_rng((len(folder), number))
            small = Image.fromarray(random.integers(0, 256, (30, 20, 3), dtype=np.uint8))
            small.resize((100, 90)).save(tmp_path / folder / f"{number}.png")
    return "photos", "paintings"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A tiny untrained model of the style 'dots' with tiles of 16 pixels."""
    path = tmp_path / "dots.safetensors"
    Translator.of(build_generator(ARCHITECTURE), ARCHITECTURE, 16, name="dots").save(path)
    return path


def test_prints_a_table(run, model: Path, folders, tmp_path: Path) -> None:
    result = run("evaluate", model, *folders, "--images", "1", "--precision", "float32")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["seams", "identity", "color", "transfer", "combo", "exact", "real"]
    assert lines[1].split()[:4] == ["amplitude,", "16", "px", "(levels)"]
    assert len(lines[1]) == len(lines[0]) == 32 + 5 * 16
    assert lines[-1].startswith("dots.evaluation/evaluate.html: 1 images in ")
    assert (tmp_path / "dots.evaluation" / "evaluate.json").is_file()
    again = run("evaluate", model, *folders, "--images", "1")
    assert again.exit_code == 1
    assert again.stderr.startswith("Error: dots.evaluation exists")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("none", "photos", "paintings"), "none"),
        (("dots.safetensors", "empty", "paintings"), "empty"),
        (("dots.safetensors", "photos", "empty"), "empty"),
        (("dots.safetensors", "photos", "missing"), "missing"),
        (("dots.safetensors", "photos", "paintings", "--short-side", "60"), "80"),
        (("dots.safetensors", "photos", "paintings", "-o", "photos"), "photos"),
        (("dots.safetensors", "photos", "paintings", "--features", "dots.safetensors"), "dots.safetensors"),
        (("dots.safetensors", "photos", "paintings", "--megapixels", "0.3,0"), "0 megapixels"),
    ],
)
@pytest.mark.usefixtures("folders", "model")
def test_mistakes_are_one_line(run, tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    (tmp_path / "empty").mkdir()
    result = run("evaluate", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert named in result.stderr
