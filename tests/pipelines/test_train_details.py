"""Trainings of a generator that sees the details that its blur removes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import SettingError
from tilegan.pipelines.train_data import prepared
from tilegan.pipelines.train_settings import TrainRequest


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("photos", "paintings"):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.fromarray(np.full((128, 128, 3), 90 * number, np.uint8)).save(tmp_path / name / f"{number}.png")
    return tmp_path / "photos", tmp_path / "paintings"


@pytest.mark.parametrize("init", ["none", "monet"])
def test_details_are_seen_from_the_start_or_from_a_model_without_them(folders: tuple[Path, Path], init: str) -> None:
    settings, _ = prepared(*folders, TrainRequest.of(init=init, details=True))
    assert settings.generator["details"] and settings.generator["squint"] == 5
    settings, _ = prepared(*folders, TrainRequest.of(init=init))
    assert not settings.generator.get("details")


def test_generators_that_blur_nothing_are_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(SettingError, match="'unet' blurs no details: leave details out"):
        prepared(*folders, TrainRequest.of(generator="unet", details=True))
