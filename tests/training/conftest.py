"""Folders of noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

WriteNoise = Callable[..., None]


@pytest.fixture
def write_noise() -> WriteNoise:
    """Writes an image of noise: path, width, height and seed."""

    def write(path: Path, width: int, height: int, seed: int = 0) -> None:
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)

    return write


@pytest.fixture
def folder(tmp_path: Path, write_noise: WriteNoise) -> Path:
    """Three images of noise."""
    for number, (width, height) in enumerate([(80, 64), (64, 100), (200, 300)]):
        write_noise(tmp_path / "images" / f"{number}.png", width, height, number)
    return tmp_path / "images"
