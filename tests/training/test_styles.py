"""A folder of styles, and crops of each in turn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tilegan.errors import DatasetError, SkippedImageWarning
from tilegan.training.crops import Crops
from tilegan.training.examples import Styled
from tilegan.training.images import find_images, hold_out
from tilegan.training.styles import find_styles, style_names

WriteNoise = Callable[..., None]


@pytest.fixture
def paintings(tmp_path: Path, write_noise: WriteNoise) -> Path:
    for number, name in enumerate(("monet/0", "monet/deep/1", "vangogh/2", "vangogh/3")):
        write_noise(tmp_path / "paintings" / f"{name}.png", 40, 40, number)
    (tmp_path / "paintings" / ".hidden").mkdir()
    return tmp_path / "paintings"


def test_each_folder_is_a_style(paintings: Path) -> None:
    assert style_names(paintings) == ["monet", "vangogh"]
    found = find_styles(paintings, 32, 64)
    assert [(image.path.stem, image.style) for image in found] == [("0", 0), ("1", 0), ("2", 1), ("3", 1)]


def test_what_is_no_folder_of_styles_is_told(paintings: Path, tmp_path: Path, write_noise: WriteNoise) -> None:
    with pytest.raises(DatasetError, match="no folder"):
        style_names(tmp_path / "missing")
    with pytest.raises(DatasetError, match=r"a folder each in .*monet': it has 1"):
        style_names(paintings / "monet")
    (paintings / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"no usable image in .*empty"):
        find_styles(paintings, 32, 64)
    (paintings / "empty").rmdir()
    write_noise(paintings / "alone.png", 40, 40)
    with pytest.warns(SkippedImageWarning, match=r"alone.png lies in no style's folder"):
        assert len(find_styles(paintings, 32, 64)) == 4


def test_the_same_files_are_held_out_of_a_style_as_of_its_folder(paintings: Path) -> None:
    _, held = hold_out(find_styles(paintings, 32, 64), 2)
    assert [image.path.stem for image in held] == ["1", "3"]
    for name, image in zip(("monet", "vangogh"), held, strict=True):
        assert [each.path for each in hold_out(find_images(paintings / name, 32, 64), 2)[1]] == [image.path]


def test_a_style_may_be_a_link(paintings: Path, tmp_path: Path) -> None:
    (paintings / "vangogh").rename(tmp_path / "elsewhere")
    (paintings / "vangogh").symlink_to(tmp_path / "elsewhere")
    assert [image.style for image in find_styles(paintings, 32, 64)] == [0, 0, 1, 1]


def test_no_style_may_be_held_out_altogether(paintings: Path) -> None:
    (paintings / "vangogh" / "2.png").rename(paintings / "vangogh" / "4.txt")
    (paintings / "vangogh" / "3.png").rename(paintings / "vangogh" / "5.png")
    (paintings / "vangogh" / "4.txt").write_text("no image")
    with pytest.warns(SkippedImageWarning), pytest.raises(DatasetError, match="are held out"):
        hold_out(find_styles(paintings, 32, 64), 2)


def test_targets_come_from_the_styles_in_turn(paintings: Path) -> None:
    images = find_styles(paintings, 32, 64)
    by_style = [[image for image in images if image.style == style] for style in (0, 1)]
    examples = Styled(Crops(images, 32, 10**6, 0), [Crops(each, 32, 10**6, 1) for each in by_style])
    targets = [examples.crops(number)[1] for number in range(40)]
    assert [int(target.style) for target in targets] == [0, 1] * 20
    assert len({target.pixels.tobytes() for target in targets}) > 30
