"""CycleGAN's own generator."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.build import RESNET_GENERATOR, build_generator
from tilegan.norms.layers import InstanceNorm
from tilegan.tiling.probe import probe
from tilegan.tiling.reach import reach


def test_its_layers_are_those_of_the_paper() -> None:
    generator = build_generator(RESNET_GENERATOR | {"norm": "instance"})
    found = [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0])
        for layer in generator.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    blocks = [(256, 256, 3, 1)] * 18
    ends = [(3, 64, 7, 1), (64, 128, 3, 2), (128, 256, 3, 2)], [(256, 128, 3, 2), (128, 64, 3, 2), (64, 3, 7, 1)]
    assert found == [*ends[0], *blocks, *ends[1]]
    assert sum(isinstance(layer, InstanceNorm) for layer in generator.modules()) == 23


def test_the_halo_of_nine_blocks() -> None:
    found = reach(build_generator(RESNET_GENERATOR | {"channels": 2}))
    assert (found.context, found.stride, found.scale, found.unbounded) == (84, 4, 1, "")


@pytest.mark.parametrize("norm", ["channel", "frozen"])
def test_windows_with_a_halo_are_as_the_whole(norm: str) -> None:
    torch.manual_seed(0)
    generator = build_generator({"name": "resnet", "channels": 4, "blocks": 1, "norm": norm})
    found = reach(generator)
    assert probe(generator, found.context, found.stride, found.scale) == ""


def test_the_output_is_as_large_as_the_input_and_within_range() -> None:
    output = build_generator({"name": "resnet", "channels": 4, "blocks": 2})(torch.randn(2, 3, 32, 48))
    assert output.shape == (2, 3, 32, 48)
    assert output.abs().max() <= 1


def test_no_channels_are_refused() -> None:
    with pytest.raises(ModelError, match="of 0 channels and 9 blocks cannot be"):
        build_generator({"name": "resnet", "channels": 0, "blocks": 9})
