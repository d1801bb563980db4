"""Datasets: what is held out, what figures are of, and what a run records of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest

from tilegan.errors import ResumeError, SettingError
from tilegan.methods.base import PAIRED, REDUCED, UNPAIRED
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders


@pytest.fixture
def folders(tmp_path: Path, write_noise: Callable[..., None]) -> Folders:
    """Five sources and five targets of the same names; of the latter two styles, if they are looked for."""
    for number in range(5):
        write_noise(tmp_path / "a" / f"{number}.png", 64, 48, number)
        write_noise(tmp_path / "b" / f"{number // 3}" / f"{number}.png", 64, 48, number)
    return Folders(tmp_path / "a", tmp_path / "b")


def names(images: list) -> list[str]:
    return [image.path.stem for image in images]


def test_every_third_file_is_held_out_of_both(folders: Folders) -> None:
    dataset = Dataset.find(folders, UNPAIRED, (32, 32), 48, hold_out=3)
    assert [names(part) for part in dataset.trained] == [["0", "1", "3", "4"]] * 2
    assert [names(part) for part in dataset.held_out] == [["2"]] * 2
    assert dataset.shown == dataset.held_out and not dataset.lacks_held_out
    assert dataset.bytes == 8 * 64 * 48 * 3
    assert not replace(dataset, hold_out=0).lacks_held_out


def test_a_style_without_any_held_out_is_shown_by_what_is_trained_on(folders: Folders) -> None:
    dataset = Dataset.find(folders, UNPAIRED, (32, 32), 48, hold_out=3, styles=("0", "1"))
    assert dataset.lacks_held_out  # of the second one, of two images
    assert names(dataset.shown[1]) == ["2", "3", "4"]


def test_of_reductions_only_targets_are_kept_in_memory(folders: Folders) -> None:
    alone = replace(folders, target=folders.source)
    dataset = Dataset.find(alone, REDUCED, (32, 32), 48, scale=2)
    assert dataset.sources == dataset.targets
    assert dataset.bytes == 5 * 64 * 48 * 3
    source, target = dataset.examples(dataset.trained, 16, 10**6, 0, labels=False).crops(0)
    assert (source.pixels.shape, target.pixels.shape) == ((16, 16, 3), (32, 32, 3))


def test_images_that_correspond_need_the_larger_side(folders: Folders) -> None:
    derived = replace(folders, target=folders.source, derive="gray")
    dataset = Dataset.find(derived, PAIRED, (16, 48), 48)
    assert {image.derived for image in dataset.sources} == {"gray"}
    assert {image.derived for image in dataset.targets} == {""}


def test_the_same_images_have_the_same_digests_wherever_they_are(folders: Folders, tmp_path: Path) -> None:
    dataset = Dataset.find(folders, UNPAIRED, (32, 32), 48)
    folders.source.rename(tmp_path / "c")
    with pytest.raises(ResumeError, match=r"no folder or file '.*a', which the run learns from"):
        folders.check_there()
    moved = folders.moved(tmp_path / "c", None, None)
    again = Dataset.find(moved, UNPAIRED, (32, 32), 48)
    again.check_same(dataset.digests)
    (tmp_path / "c" / "0.png").unlink()
    with pytest.raises(ResumeError, match="are not those the run was started with"):
        Dataset.find(moved, UNPAIRED, (32, 32), 48).check_same(dataset.digests)


def test_what_a_run_records_of_folders() -> None:
    folders = Folders(Path("/a"), Path("/b"), paired="by-name", instances=Path("/c"))
    assert Folders.from_json(folders.to_json()) == folders
    assert Folders.from_json(replace(folders, instances=None).to_json()).instances is None
    with pytest.raises(SettingError, match="without instance maps"):
        replace(folders, instances=None).moved(None, None, "/d")
    both = Folders.of("/a", None, None, paired="side-by-side", direction="b-to-a", derive="")
    assert both.moved("/e", None, None).target == Path("/e")


def test_records_have_slashes_on_every_system() -> None:
    windows = cast(Path, PureWindowsPath("C:\\photos\\old"))
    assert Folders(windows, windows, instances=windows).to_json()["instances"] == "C:/photos/old"
