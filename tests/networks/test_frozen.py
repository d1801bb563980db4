"""Frozen features at four strides, of the network that is installed or of a file."""

from pathlib import Path

import pytest
import torch

from tilegan.errors import ModelError
from tilegan.networks.build import STROKE_DISCRIMINATOR, build_discriminator
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.networks.frozen import frozen_features
from tilegan.networks.style_views import view_channels, views
from tilegan.networks.vgg import DEVIATIONS, MEANS
from tiny_vgg import copying_vgg, random_vgg


def test_without_a_file_they_are_those_of_the_network_that_is_installed() -> None:
    frozen = frozen_features()
    assert isinstance(frozen, EfficientNetFeatures)
    assert frozen.channels == (16, 24, 40, 112)


def test_those_of_a_file_are_at_the_ends_of_its_first_four_blocks(tmp_path: Path) -> None:
    images = torch.full((1, 3, 16, 16), -1.0)  # red of 0 is below the mean, and cut off
    images[0, 0, 5, 9], images[0, 0, 12, 0] = 1, 0
    bright, medium = ((red - MEANS[0]) / DEVIATIONS[0] for red in (1, 0.5))
    found = frozen_features(str(copying_vgg(tmp_path / "vgg.safetensors", 5)))(images)
    for each, side, places in zip(
        found, (16, 8, 4, 2), (((5, 9), (12, 0)), ((2, 4), (6, 0)), ((1, 2), (3, 0)), ((0, 1), (1, 0))), strict=True
    ):
        expected = torch.zeros(1, 1, side, side)
        expected[0, 0][places[0]], expected[0, 0][places[1]] = bright, medium
        assert torch.allclose(each, expected, atol=1e-5)


def test_views_and_scores_are_of_as_many_channels_as_the_file_has(tmp_path: Path) -> None:
    frozen = frozen_features(str(random_vgg(tmp_path / "vgg.safetensors")))
    images = torch.rand(2, 3, 64, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features = frozen(images)
    assert frozen.channels == tuple(each.shape[1] for each in features) == (4, 5, 6, 7)
    found = views(frozen, images, features)
    assert [each.shape[1] for each in found] == list(view_channels(frozen)) == [5, 6, 7, 4, 5, 6, 3, 3, 3, 3]
    assert [64 // each.shape[2] for each in found] == [2, 4, 8, 2, 4, 8, 2, 4, 8, 16]
    judge = STROKE_DISCRIMINATOR | {"channels": 4, "width": 8, "features": frozen.channels}
    scores = build_discriminator(judge)(images, features)
    assert [tuple(each.shape[1:]) for each in scores[1:]] == [(1, 32, 16), (1, 16, 8), (1, 8, 4)]


def test_a_file_of_fewer_blocks_is_refused(tmp_path: Path) -> None:
    file = random_vgg(tmp_path / "vgg.safetensors", 3)
    with pytest.raises(ModelError, match=r"no 4 blocks of layers in .*vgg\.safetensors, only 3: give a file of VGG16"):
        frozen_features(str(file))
