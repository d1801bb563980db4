"""Trainings of a generator that moves colors first."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import SettingError
from tilegan.pipelines.train_data import prepared
from tilegan.pipelines.train_settings import TrainRequest


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of colored images and one of gray ones, and one with two styles around the latter."""
    random = np.random.default_rng(0)
    for name, channels in {"photos": 3, "styles/prints": 1, "styles/plates": 1}.items():
        (tmp_path / name).mkdir(parents=True)
        for number in range(2):
            levels = random.integers(0, 256, (64, 64, channels), np.uint8)
            Image.fromarray(np.broadcast_to(levels, (64, 64, 3)).copy()).save(tmp_path / name / f"{number}.png")
    return tmp_path / "photos", tmp_path / "styles/prints"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"method": "cyclegan"}, "cyclegan has no map of colors"),
        ({"generator": "resnet"}, "'resnet' moves no colors"),
    ],
)
def test_what_moves_no_colors_is_refused(folders: tuple[Path, Path], values: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        prepared(*folders, TrainRequest.of(recolor=True, **values))


@pytest.mark.parametrize("values", [{"recolor": True}, {"init": "ukiyoe"}])
def test_several_styles_are_refused(folders: tuple[Path, Path], values: dict[str, bool | str]) -> None:
    with pytest.raises(SettingError, match="one style only"):
        prepared(folders[0], folders[1].parent, TrainRequest.of(styles=True, **values))
