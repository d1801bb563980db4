"""Statistics of a whole image for instance norms: by hand, in parts, and in the order of the pass."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.norms.layers import EPSILON, FrozenNorm
from tilegan.norms.statistics import Moments, features_at, norms_of, own_part, settle_at_once
from tilegan.tiling.places import Place


def test_moments_by_hand() -> None:
    moments = Moments().add(torch.tensor([[[[1.0, 3.0]], [[0.0, 0.0]]]])).add(torch.tensor([[[[8.0]], [[6.0]]]]))
    assert moments.count == 3
    assert moments.mean.tolist() == [4, 2]
    assert torch.allclose(moments.variance, torch.tensor([26 / 3, 8]).double())


def test_moments_of_parts_are_those_of_the_whole() -> None:
    features = torch.randn(1, 5, 40, 30) + 1000  # sums of squares in float32 would lose the deviation
    parts = Moments()
    for rows in features.split([7, 20, 13], 2):
        for part in rows.split([1, 29], 3):
            parts.add(part)
    parts.add(features[:, :, :0])  # nothing
    assert parts.count == 1200
    assert torch.allclose(parts.mean, features.double().mean((0, 2, 3)), rtol=1e-6)
    assert torch.allclose(parts.variance, features.double().var((0, 2, 3), correction=0), rtol=1e-4)


class Two(nn.Module):
    """Named against the order in which they run; 1 x 1 convolutions, so that all can be done by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.first = FrozenNorm(3), FrozenNorm(3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.first(image))
        return torch.tanh(self.last(hidden))


def test_norms_come_in_the_order_of_the_pass() -> None:
    network = Two()
    assert norms_of(network, 1) == [network.first, network.last]


def test_a_tiny_network_by_hand() -> None:
    network = Two()
    levels = torch.tensor([0, 255, 255, 0]).to(torch.uint8)
    pixels = levels.reshape(1, 1, 4, 1).expand(1, 1, 4, 3)  # the first and the last lie outside the image
    settle_at_once(network, pixels, 0, (1, 2))
    # of -1 and 1: mean 0, variance 1; then relu gives 0 and 1 / sqrt(1 + e): mean and variance of two values
    value = (1 + EPSILON) ** -0.5
    assert network.first.mean.flatten().tolist() == [0, 0, 0]
    assert torch.allclose(network.first.gain, torch.tensor(value))
    assert torch.allclose(network.last.mean, torch.tensor(value / 2))
    assert torch.allclose(network.last.gain, torch.tensor((value**2 / 4 + EPSILON) ** -0.5))


def test_what_comes_to_a_norm_and_no_further() -> None:
    network = Two()
    pixels = torch.randint(0, 256, (1, 4, 6, 3), dtype=torch.uint8)
    found = features_at(network, network.first, pixels, 1, (2, 3), Place(-1, -1))
    assert torch.allclose(found, pixels[:, 1:3, 1:4].permute(0, 3, 1, 2) / 127.5 - 1)
    assert not network.first._forward_pre_hooks


@pytest.mark.parametrize(("places", "rows"), [(24, (4, 21)), (12, (2, 11)), (6, (1, 6)), (48, (8, 42))])
def test_places_count_whose_first_pixel_is_the_images(places: int, rows: tuple[int, int]) -> None:
    features = torch.arange(places).reshape(1, 1, places, 1).expand(1, 1, places, places)
    found = own_part(features, torch.empty(1, 24, 24, 3), 4, (17, 17))
    assert found[0, 0, :, 0].tolist() == list(range(*rows))
    assert found.shape[2] == found.shape[3]


def test_norms_that_cannot_be_settled_are_refused() -> None:
    with pytest.raises(
        ModelError, match="statistics cannot be computed: 22 positions of a norm correspond to 24 pixels"
    ):
        own_part(torch.empty(1, 1, 22, 22), torch.empty(1, 24, 24, 3), 4, (17, 17))
    shared = FrozenNorm(3)
    with pytest.raises(ModelError, match=r"0 \(FrozenNorm\) runs 2 times in a pass"):
        norms_of(nn.Sequential(shared, shared), 1)
