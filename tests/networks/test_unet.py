"""The U-Net."""

import pytest
import torch

from tilegan.errors import ModelError
from tilegan.networks.build import UNET_GENERATOR, build_generator
from tilegan.tiling.reach import reach


@pytest.mark.parametrize("downs", [2, 5])
def test_the_output_is_as_large_as_the_input_and_within_range(downs: int) -> None:
    generator = build_generator({"name": "unet", "channels": 4, "downs": downs}).eval()
    output = generator(torch.randn(2, 3, 64, 96))
    assert output.shape == (2, 3, 64, 96)
    assert output.abs().max() <= 1


def test_the_default_has_a_halo_below_192_and_a_stride_of_32() -> None:
    found = reach(build_generator(UNET_GENERATOR | {"channels": 4}))
    assert (found.stride, found.scale, found.unbounded) == (32, 1, "")
    assert found.radius <= 192


def test_every_skip_is_used() -> None:
    generator = build_generator({"name": "unet", "channels": 4, "downs": 4}).eval()
    image = torch.randn(1, 3, 32, 32, requires_grad=True)
    generator(image).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in generator.parameters())
    # channels as in the paper: twice as many come into each layer of the decoder but the first
    ups = [layer for layer in generator.modules() if isinstance(layer, torch.nn.ConvTranspose2d)]
    assert [(up.in_channels, up.out_channels) for up in ups] == [(32, 16), (32, 8), (16, 4), (8, 3)]


def test_noise_is_there_in_training_alone() -> None:
    generator = build_generator({"name": "unet", "channels": 4, "downs": 4})
    image = torch.randn(1, 3, 32, 32)
    assert not torch.equal(generator(image), generator(image))
    generator.eval()
    assert torch.equal(generator(image), generator(image))
    assert sum(isinstance(layer, torch.nn.Dropout) for layer in generator.modules()) == 3


def test_too_few_layers_are_refused() -> None:
    with pytest.raises(ModelError, match="2 or more"):
        build_generator({"name": "unet", "channels": 4, "downs": 1})
