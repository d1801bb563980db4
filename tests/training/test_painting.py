"""One painting as the target of a training."""

from pathlib import Path

import pytest
from PIL import Image

from tilegan.errors import DatasetError
from tilegan.training.images import hold_out
from tilegan.training.painting import find_painting


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "night.png"
    Image.new("RGB", (400, 200)).save(path)
    return path


def sizes(path: Path, side: int, short_side: int) -> list[tuple[int, int]]:
    return [(image.height, image.width) for image in find_painting(path, side, short_side)]


def test_a_painting_has_two_sizes_and_is_never_enlarged(painting: Path) -> None:
    assert sizes(painting, 32, 100) == [(140, 280), (100, 200)]
    assert sizes(painting, 120, 100) == [(140, 280)]
    assert sizes(painting, 32, 190) == [(200, 400), (190, 380)]
    assert sizes(painting, 32, 512) == [(200, 400)]


def test_a_painting_is_not_held_out(painting: Path) -> None:
    images = find_painting(painting, 32, 100)
    for every in (0, 2, 3, 10):
        assert hold_out(images, every) == (images, [])


def test_a_painting_smaller_than_a_crop_is_refused_in_one_line(painting: Path) -> None:
    with pytest.raises(DatasetError, match="it is 400 x 200 pixels, and crops need 256 x 256: give a larger") as caught:
        find_painting(painting, 256, 512)
    assert "\n" not in str(caught.value)


def test_what_is_no_image_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "night.jpg").write_text("stars")
    with pytest.raises(DatasetError, match=r"cannot learn from one painting: .*night\.jpg") as caught:
        find_painting(tmp_path / "night.jpg", 32, 512)
    assert "\n" not in str(caught.value)
