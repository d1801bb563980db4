"""Sources that are made of their targets."""

from pathlib import Path

import numpy as np
import pytest

from tilegan.errors import SettingError
from tilegan.methods.pix2pix import Pix2PixSettings
from tilegan.methods.pix2pixhd import Pix2PixHDSettings
from tilegan.pipelines.train_data import with_networks
from tilegan.training.dataset import Dataset
from tilegan.training.derive import edges_picture, gray_picture
from tilegan.training.folders import Folders
from tilegan.training.images import read_reduced
from tilegan.training.pairs import check_pairing
from tilegan.training.settings import TrainSettings


def test_gray_is_luma_three_times():
    picture = gray_picture(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8))
    assert picture.tolist() == [[[76, 76, 76], [9, 9, 9]]]


def test_edges_are_dark_where_a_step_is_and_white_elsewhere():
    step = np.zeros((3, 6, 3), np.uint8)
    step[:, 3:] = 20
    # the operator has 1 + 2 + 1 = 4 times a step of 20 levels on both sides of it, 80 levels below white
    assert edges_picture(step)[..., 0].tolist() == [[255, 255, 175, 175, 255, 255]] * 3
    assert (edges_picture(step.transpose(1, 0, 2)) == edges_picture(step).transpose(1, 0, 2)).all()
    step[:, 3:] = 255
    assert edges_picture(step).min() == 0


def settings() -> TrainSettings:
    return TrainSettings.of(Pix2PixSettings(), tile_size=16, short_side=48)


def test_one_folder_gives_pairs(folder: Path) -> None:
    dataset = Dataset.for_training(Folders(folder, folder, derive="gray"), settings())
    sources, targets = dataset.sources, dataset.targets
    assert [image.path for image in sources] == [image.path for image in targets]
    for source, target in zip(sources, targets, strict=True):
        assert np.array_equal(read_reduced(source), gray_picture(read_reduced(target)))


def test_its_generator_has_one_channel() -> None:
    assert with_networks(settings(), None, [], "edges").generator["inputs"] == 1
    assert "inputs" not in with_networks(settings(), None, []).generator
    assert "inputs" not in with_networks(TrainSettings.of(Pix2PixHDSettings()), None, [], "gray").generator


@pytest.mark.parametrize(
    ("paired", "derive", "said"),
    [
        ("", "grey", "no derivation 'grey': use gray or edges"),
        ("by-name", "gray", "sources derived from targets are paired already: leave out by-name"),
    ],
)
def test_what_cannot_be(paired: str, derive: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        check_pairing(paired, "a-to-b", derive)


def test_two_folders_cannot_be_derived(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="which are in one folder: give just that"):
        Dataset.for_training(Folders(folder, tmp_path, derive="gray"), settings())


def test_methods_without_pairs_refuse(folder: Path) -> None:
    with pytest.raises(SettingError, match="siamese does not learn from pairs"):
        Dataset.for_training(Folders(folder, folder, derive="gray"), TrainSettings())
