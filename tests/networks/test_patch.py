"""The PatchGAN discriminator."""

import pytest
import torch

from tilegan.networks.build import PATCH_DISCRIMINATOR, build_discriminator


@pytest.mark.parametrize(("side", "judgments"), [(256, 30), (128, 14), (64, 6)])
def test_the_map_has_the_papers_sides(side: int, judgments: int) -> None:
    discriminator = build_discriminator(PATCH_DISCRIMINATOR | {"channels": 4})
    assert discriminator(torch.randn(2, 3, side, side)).shape == (2, 1, judgments, judgments)


def test_each_output_sees_70_by_70_pixels() -> None:
    discriminator = build_discriminator(PATCH_DISCRIMINATOR | {"channels": 4}).double()
    for layer in list(discriminator.modules()):
        if isinstance(layer, torch.nn.InstanceNorm2d):  # which sees all
            layer.forward = lambda features: features  # type: ignore[method-assign]
    image = torch.randn(1, 3, 256, 256, requires_grad=True, dtype=torch.double)
    discriminator(image)[0, 0, 15, 15].backward()
    assert image.grad is not None
    rows = image.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 70


def test_as_many_weights_as_in_the_paper() -> None:
    """C64-C128-C256-C512 with 4 x 4 kernels, and the norms' two numbers a channel."""
    expected = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 1 + 2 * (128 + 256 + 512)
    assert sum(weight.numel() for weight in build_discriminator(PATCH_DISCRIMINATOR).parameters()) == expected


def test_features_are_those_of_each_layer_and_end_in_the_judgment() -> None:
    discriminator = build_discriminator(PATCH_DISCRIMINATOR | {"channels": 4})
    images = torch.randn(2, 3, 64, 64)
    features = discriminator.features(images)
    assert [layer.shape[1] for layer in features] == [4, 8, 16, 32, 1]
    assert [layer.shape[2] for layer in features] == [32, 16, 8, 7, 6]
    assert torch.equal(features[-1], discriminator(images))
    first = torch.nn.functional.leaky_relu(discriminator.stages[0](images), 0.2)
    assert torch.equal(features[0], first)
