"""What the command's tests share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tilegan.cli.main import main
from tilegan.networks.build import build_generator
from tilegan.translator import Translator

ARCHITECTURE = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 2}
FACTS = {"steps": 3, "losses": {"content": 0.123456, "generator": 2.0}, "init": None}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in an empty folder, without a terminal."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def dots() -> Translator:
    """A tiny untrained model, nearly the identity, of the style 'dots'."""
    translator = Translator.of(build_generator(ARCHITECTURE), ARCHITECTURE, 64, name="dots", facts=FACTS)
    return replace(translator, proof=translator.prove())


@pytest.fixture
def model(tmp_path: Path, dots: Translator) -> Path:
    """The same as a file."""
    path = tmp_path / "dots.safetensors"
    dots.save(path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """An image of 70 x 90 pixels."""
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)).save(path)
    return path
