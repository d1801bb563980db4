"""Several styles in one network."""

from typing import Any

import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.networks.build import build_discriminator, build_generator
from tilegan.networks.context import conditions
from tilegan.networks.generator import ResidualGenerator
from tilegan.networks.styles import style_weights, with_planes

ARCHITECTURE = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}


def generator(**more: object) -> ResidualGenerator:
    torch.manual_seed(0)
    made = build_generator(ARCHITECTURE | {"styles": ["a", "b", "c"]} | more)
    assert isinstance(made, ResidualGenerator)
    nn.init.normal_(made.tail.weight, std=0.3)
    for film in (made.film, made.style_film):
        if film is not None:
            nn.init.normal_(film.weight)
    return made


def image() -> torch.Tensor:
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_shares_are_put_in_order_and_add_up_to_1() -> None:
    assert style_weights(["a", "b", "c"], {"c": 3.0, "a": 1.0}, "x") == [0.25, 0.0, 0.75]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({}, "'x' has several styles: choose from a, b"),
        ({"d": 1.0}, "no style 'd': choose from a, b"),
        ({"a": -1.0, "b": 2.0}, "0 or more"),
        ({"a": 0.0}, "0 or more, and one of them above 0"),
        ({"a": float("nan")}, "0 or more"),
        ({"a": float("inf")}, "0 or more"),
    ],
)
def test_shares_that_cannot_be_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        style_weights(["a", "b"], shares, "x")


def test_planes_say_which_style_it_is() -> None:
    images = torch.zeros(2, 3, 4, 5)
    assert with_planes(images, None) is images
    told = with_planes(images, torch.tensor([[1.0, 0.0], [0.25, 0.75]]))
    assert told.shape == (2, 5, 4, 5)
    assert told[:, 3:, 2, 2].tolist() == [[1.0, 0.0], [0.25, 0.75]]
    siamese = {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4, "inputs": 5}
    patch = {"name": "patch", "channels": 4, "layers": 2, "inputs": 5}
    for architecture in (siamese, patch):
        wide = with_planes(torch.zeros(2, 3, 32, 32), torch.tensor([[1.0, 0.0], [0.25, 0.75]]))
        first, second = build_discriminator(architecture)(wide)
        assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "architecture",
    [{"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4}, {"name": "patch", "channels": 4, "layers": 2}],
    ids=lambda each: each["name"],
)
def test_a_discriminator_sees_images_otherwise_in_each_style(architecture: dict[str, Any]) -> None:
    """What a style does is not the same for all images, as a sum would be."""
    torch.manual_seed(0)
    network = build_discriminator(architecture | {"inputs": 5, "styles": 2})
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    shares = [torch.tensor([[1.0, 0.0]]).expand(2, -1), torch.tensor([[0.0, 1.0]]).expand(2, -1)]
    plain = build_discriminator(architecture | {"inputs": 5})
    plain.load_state_dict({name: value for name, value in network.state_dict().items() if "gains" not in name})
    assert torch.equal(network(with_planes(images, shares[0])), plain(with_planes(images, shares[0])))  # to begin with
    for gains in network.gains:
        nn.init.normal_(gains.gains.weight)
    first, second = (network(with_planes(images, share)) for share in shares)
    effect = (first - second).flatten(1)
    assert (effect[0] - effect[1]).abs().max() > 0.1 * effect.abs().max()


def test_each_style_and_each_mixture_paints_in_its_own_way() -> None:
    network = generator()
    shares = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    first, second, mixed = network(image().expand(3, -1, -1, -1), *conditions(network, None, shares))
    assert (first - second).abs().max() > 0.05
    assert min((mixed - first).abs().max(), (mixed - second).abs().max()) > 0.01


@pytest.mark.parametrize("context", [0, 5])
def test_a_generator_in_one_style_is_an_ordinary_one(context: int) -> None:
    network, shares = generator(context=context), torch.tensor([0.25, 0.0, 0.75])
    plain = network.in_style(shares)
    assert plain.styles == ()
    expected = build_generator(ARCHITECTURE | {"context": context})
    assert plain.state_dict().keys() == expected.state_dict().keys()
    told = network(image(), *conditions(network, None, shares[None]))
    assert torch.allclose(plain(image()), told, atol=1e-5)


def test_style_and_image_may_be_settled_in_either_order() -> None:
    network, shares = generator(context=5), torch.tensor([0.25, 0.0, 0.75])
    thumbnail = image().flip(2)
    told = network(image(), *conditions(network, thumbnail, shares[None]))
    first = network.in_style(shares).for_image(thumbnail)
    second = network.for_image(thumbnail).in_style(shares)
    assert torch.allclose(first(image()), told, atol=2e-3)
    assert torch.allclose(first(image()), second(image()), atol=1e-5)
