from collections.abc import Callable
from pathlib import Path

import pytest

from tilegan.errors import DatasetError, SkippedImageWarning
from tilegan.training.images import find_images, hold_out, read_reduced


def test_images_are_reduced_to_the_short_side_and_never_enlarged(folder: Path) -> None:
    images = find_images(folder, 32, 100)
    assert [(image.path.name, image.height, image.width) for image in images] == [
        ("0.png", 64, 80),
        ("1.png", 100, 64),
        ("2.png", 150, 100),
    ]
    assert read_reduced(images[2]).shape == (150, 100, 3)


def test_what_cannot_be_used_is_skipped_by_name(folder: Path) -> None:
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden").write_text("no image, but nobody asked")
    with pytest.warns(SkippedImageWarning) as caught:
        images = find_images(folder, 70, 100)
    assert [image.path.name for image in images] == ["2.png"]
    messages = sorted(str(warning.message) for warning in caught)
    assert len(messages) == 3
    assert "0.png is 80 x 64 pixels: both sides must have at least 70" in messages[0]
    assert "1.png" in messages[1]
    assert "notes.txt" in messages[2]


def test_a_folder_without_images_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no usable image in"):
        find_images(tmp_path, 32, 64)
    with pytest.raises(DatasetError, match="no folder"):
        find_images(tmp_path / "missing", 32, 64)


def test_every_nth_file_is_held_out_whatever_else_is_in_the_folder(
    tmp_path: Path, write_noise: Callable[..., None]
) -> None:
    for number in range(7):
        write_noise(tmp_path / f"{number}.png", 40, 40, number)
    (tmp_path / "1.png").write_text("no image")
    with pytest.warns(SkippedImageWarning, match=r"1\.png"):
        images = find_images(tmp_path, 32, 40)
    kept, held = ([image.path.stem for image in part] for part in hold_out(images, 3))
    assert (kept, held) == (["0", "3", "4", "6"], ["2", "5"])
    assert hold_out(images, 0) == (images, [])
    with pytest.raises(DatasetError, match="are held out"):
        hold_out([image for image in images if image.path.stem == "2"], 3)
