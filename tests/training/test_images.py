from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import DatasetError, ImageError, SkippedImageWarning
from tilegan.training.images import find_images, hold_out, read_reduced
from tilegan.training.pairs import find_halves
from tilegan.training.styles import find_styles


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


def test_folders_made_of_links_are_folders_of_images(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    for place in (linked / "first" / "inside", linked / "second"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(folder)
    (linked / "loop").symlink_to(linked)
    names = ["0.png", "1.png", "2.png"]
    assert [image.path.name for image in find_images(linked, 32, 100)] == names * 2
    (linked / "loop").unlink()
    images = find_styles(linked, 32, 100)
    assert [(image.path.name, image.style) for image in images] == [(name, style) for style in (0, 1) for name in names]


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


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_label_maps_are_reduced_without_new_colors(tmp_path: Path, ending: str) -> None:
    levels = np.random.default_rng(0).integers(0, 2, (600, 400), np.uint8) * 255
    Image.fromarray(levels).save(tmp_path / f"a.{ending}")
    (image,) = find_images(tmp_path, 32, 100)
    reduced = read_reduced(image, labels=True)
    assert np.array_equal(reduced, np.stack([levels[2::4, 2::4]] * 3, 2))
    assert len(np.unique(read_reduced(image))) > 2


def test_halves_of_label_maps_are_halves(tmp_path: Path) -> None:
    levels = np.arange(80, dtype=np.uint8) + np.zeros((40, 1), np.uint8)
    Image.fromarray(levels).save(tmp_path / "a.png")
    left, right = find_halves(tmp_path, 20, 20, "a-to-b")
    assert read_reduced(left[0], labels=True)[0, :, 0].tolist() == list(range(1, 40, 2))
    assert read_reduced(right[0], labels=True)[0, :, 0].tolist() == list(range(41, 80, 2))


def test_label_maps_of_16_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((40, 40), np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"a\.png has values of uint16: save it with 8 bits"):
        read_reduced(find_images(tmp_path, 32, 40)[0], labels=True)
