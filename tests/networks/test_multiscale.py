"""PatchGANs at several scales."""

import pytest
import torch

from tilegan.networks.build import MULTISCALE_DISCRIMINATOR, build_discriminator
from tilegan.networks.multiscale import MultiscaleDiscriminator

SMALL = MULTISCALE_DISCRIMINATOR | {"channels": 4}


@pytest.mark.parametrize(
    ("side", "sides"), [(256, [35, 19, 11]), (128, [19, 11, 7]), (64, [11, 7, 5]), (32, [7, 5, 4])]
)
def test_each_scale_has_a_map(side: int, sides: list[int]) -> None:
    made = build_discriminator(SMALL | {"inputs": 6})(torch.randn(2, 6, side, side))
    assert [scale[-1].shape for scale in made] == [(2, 1, rows, rows) for rows in sides]


def test_each_scale_gives_the_features_of_each_layer() -> None:
    made = build_discriminator(SMALL)(torch.randn(1, 3, 64, 64))
    assert [[layer.shape[1] for layer in scale] for scale in made] == [[4, 8, 16, 32, 1]] * 3
    assert [[layer.shape[2] for layer in scale] for scale in made] == [
        [33, 17, 9, 10, 11],
        [17, 9, 5, 6, 7],
        [9, 5, 3, 4, 5],
    ]


def test_scales_see_means_and_have_weights_of_their_own() -> None:
    discriminator = MultiscaleDiscriminator(channels=4, layers=2, scales=3)
    images = torch.randn(1, 3, 64, 64)
    quarter = images.reshape(1, 3, 16, 4, 16, 4).mean((3, 5))
    coarsest = discriminator.scales[2]
    assert torch.allclose(discriminator(images)[2][-1], coarsest(quarter), atol=1e-5)
    assert not torch.equal(discriminator.scales[0](quarter), coarsest(quarter))
