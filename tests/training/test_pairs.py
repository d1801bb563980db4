"""Images that correspond one by one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import DatasetError, SettingError, SkippedImageWarning
from tilegan.training.images import hold_out, read_reduced
from tilegan.training.pairs import check_pairing, find_halves, find_pairs

WriteNoise = Callable[..., None]


def test_files_are_matched_by_name_whatever_their_ending(tmp_path: Path, write_noise: WriteNoise) -> None:
    for name in ("b", "a", "deep/c"):
        write_noise(tmp_path / "first" / f"{name}.png", 40, 50)
        write_noise(tmp_path / "second" / f"{name}.tif", 40, 50)
    sources, targets = find_pairs(tmp_path / "first", tmp_path / "second", 32, 64)
    assert [image.path.stem for image in sources] == [image.path.stem for image in targets] == ["a", "b", "c"]
    assert {image.path.suffix for image in targets} == {".tif"}


def test_files_without_a_partner_are_named(tmp_path: Path, write_noise: WriteNoise) -> None:
    for folder, names in (("first", "abcdefgh"), ("second", "hi")):
        for name in names:
            write_noise(tmp_path / folder / f"{name}.png", 40, 40)
    message = r"a only in '.*first', b only in .*, e only in '.*first' and 3 more: rename or remove them"
    with pytest.raises(DatasetError, match=message):
        find_pairs(tmp_path / "first", tmp_path / "second", 32, 64)


def test_pairs_of_different_sizes_are_named(tmp_path: Path, write_noise: WriteNoise) -> None:
    for name, width in (("a", 40), ("b", 41)):
        write_noise(tmp_path / "first" / f"{name}.png", 40, 40)
        write_noise(tmp_path / "second" / f"{name}.png", width, 40)
    with pytest.raises(DatasetError, match="pairs of different sizes: b:"):
        find_pairs(tmp_path / "first", tmp_path / "second", 32, 64)


@pytest.mark.parametrize("direction", ["a-to-b", "b-to-a"])
def test_halves_are_left_and_right(tmp_path: Path, direction: str) -> None:
    pixels = np.zeros((40, 81, 3), np.uint8)  # of an odd width: the middle column is of neither
    pixels[:, :40], pixels[:, 41:] = 50, 200
    pixels[0, 0] = pixels[0, 41] = 7
    Image.fromarray(pixels).save(tmp_path / "both.png")
    sources, targets = find_halves(tmp_path, 32, 64, direction)
    left, right = read_reduced(sources[0]), read_reduced(targets[0])
    if direction == "b-to-a":
        left, right = right, left
    assert np.array_equal(left, pixels[:, :40])
    assert np.array_equal(right, pixels[:, 41:])


def test_halves_are_reduced_as_images_are(tmp_path: Path, write_noise: WriteNoise) -> None:
    write_noise(tmp_path / "both.png", 400, 100)
    sources, _ = find_halves(tmp_path, 32, 50, "a-to-b")
    assert (sources[0].height, sources[0].width) == (50, 100)
    assert read_reduced(sources[0]).shape == (50, 100, 3)


def test_halves_that_are_too_narrow_are_named_and_skipped(tmp_path: Path, write_noise: WriteNoise) -> None:
    write_noise(tmp_path / "narrow.png", 100, 80)
    with (
        pytest.warns(SkippedImageWarning, match=r"narrow.png is 100 x 80 pixels: halves need 64 x 64"),
        pytest.raises(DatasetError, match="no usable image"),
    ):
        find_halves(tmp_path, 64, 64, "a-to-b")
    write_noise(tmp_path / "wide.png", 160, 80)
    with pytest.warns(SkippedImageWarning, match=r"narrow.png"):
        sources, _ = find_halves(tmp_path, 64, 64, "a-to-b")
    assert [image.path.stem for image in sources] == ["wide"]


def test_pairs_stay_pairs_when_some_are_held_out(tmp_path: Path, write_noise: WriteNoise) -> None:
    for name in "abcdef":
        for folder in ("first", "second"):
            write_noise(tmp_path / folder / f"{name}.png", 40, 40)
    (tmp_path / "second" / "a note.txt").write_text("no image")
    with pytest.warns(SkippedImageWarning, match="a note"):
        domains = find_pairs(tmp_path / "first", tmp_path / "second", 32, 64)
    kept, held = zip(*(hold_out(images, 3) for images in domains), strict=True)
    for parts in (kept, held):
        assert [image.path.stem for image in parts[0]] == [image.path.stem for image in parts[1]]


def test_two_files_of_one_name_are_refused(tmp_path: Path, write_noise: WriteNoise) -> None:
    for path in ("first/a.png", "second/a.png", "second/a.tif"):
        write_noise(tmp_path / path, 40, 40)
    with pytest.raises(DatasetError, match=r"a.png and .*a.tif have the same name"):
        find_pairs(tmp_path / "first", tmp_path / "second", 32, 64)


def test_unknown_words_are_refused() -> None:
    check_pairing("", "a-to-b")
    with pytest.raises(SettingError, match="no pairing 'twins'"):
        check_pairing("twins", "a-to-b")
    with pytest.raises(SettingError, match="no direction 'up'"):
        check_pairing("by-name", "up")
    with pytest.raises(SettingError, match="b-to-a is for images side by side: swap the two folders"):
        check_pairing("by-name", "b-to-a")
    check_pairing("side-by-side", "b-to-a")
