"""The probe: it finds by numbers what reach computes by structure."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.build import build_generator
from tilegan.tiling.probe import probe


def test_it_needs_just_the_context():
    generator = build_generator({"name": "residual", "channels": 4, "blocks": 2, "stride": 4, "detail": 2})
    assert probe(generator, 24, 4, 1) == ""
    assert probe(generator, 60, 4, 1) == ""
    assert probe(generator, 20, 4, 1) == "blur (Conv2d)"


def test_weights_of_zero_hide_nothing():
    layer = nn.Conv2d(3, 3, 5, padding=2)
    nn.init.zeros_(layer.weight)
    assert probe(nn.Sequential(layer), 2, 1, 1) == ""
    assert probe(nn.Sequential(layer), 1, 1, 1) == "0 (Conv2d)"


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, features):
        return features * self.pool(features)


class Coordinates(nn.Module):
    def forward(self, image):
        return image + torch.arange(image.shape[-1])


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (nn.InstanceNorm2d(3), "1.0 (InstanceNorm2d)"),
        (nn.GroupNorm(1, 3), "1.0 (GroupNorm)"),
        (SqueezeExcite(), "1.0.pool (AdaptiveAvgPool2d)"),
        (Coordinates(), "(Sequential)"),  # no NaN travels: that places differ is seen at the end only
    ],
)
def test_the_layer_that_offends_is_named(layer, named):
    network = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Sequential(layer, nn.Tanh()), nn.InstanceNorm2d(3))
    network[2] = nn.Identity()
    assert probe(network, 8, 1, 1) == named


def test_a_stride_that_is_too_small_is_found():
    network = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 12, 1), nn.PixelShuffle(2))
    assert probe(network, 4, 2, 1) == ""
    assert probe(network, 4, 4, 1) == ""
    with pytest.raises(ModelError, match="cannot be run on 12 x 12 pixels"):
        probe(nn.Sequential(nn.PixelUnshuffle(8), nn.PixelShuffle(8)), 4, 1, 1)


def test_an_enlarging_network():
    network = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2))
    assert probe(network, 1, 1, 2) == ""
    assert probe(network, 0, 1, 2) == "0 (Conv2d)"


def test_the_generator_stays_as_it_is():
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Dropout()).train()
    assert probe(network, 0, 1, 1) == ""
    assert network.training
    assert next(network.parameters()).dtype == torch.float32
