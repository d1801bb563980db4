"""Normalizations: chosen by name, with weights that fit each other."""

from typing import Any

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.methods.registry import methods
from tilegan.networks.build import NAMED_GENERATORS, build_generator, with_norm
from tilegan.norms.layers import NORMS, BatchNorm, ChannelNorm, FrozenNorm, InstanceNorm, batch_norms_in_use, norm_layer
from tilegan.tiling.reach import reach

SMALL: list[dict[str, Any]] = [
    {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
    {"name": "unet", "channels": 4, "downs": 3},
    {"name": "resnet", "channels": 4, "blocks": 1},
    {"name": "pix2pixhd", "channels": 8, "downs": 1, "blocks": 1, "enhancers": 1, "enhancer_blocks": 1},
    {"name": "srresnet", "channels": 8, "blocks": 1, "scale": 2},
    {"name": "spade", "channels": 4, "downs": 1, "hidden": 4, "labels": [[0, 0, 0], [255, 255, 255]]},
]
EXTRA = {"frozen": {"mean"}, "batch": {"mean", "variance"}}


def test_an_instance_norm_by_hand() -> None:
    norm = InstanceNorm(2)
    norm.gain.data[0, 1] = 10
    features = torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]])  # means 2 and 4, variances 1 and 16
    expected = torch.tensor([[[[-1.0, 1.0]], [[-10.0, 10.0]]]])
    assert torch.allclose(norm(features), expected, atol=1e-4)


def test_a_frozen_norm_by_hand() -> None:
    norm = FrozenNorm(2)
    norm.gain.data[0, 1] = 10
    features = torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]])
    assert torch.equal(norm(features), features * norm.gain)  # not yet settled
    norm.settle(torch.tensor([2.0, 4.0]).double(), torch.tensor([1.0, 16.0]).double())
    assert torch.allclose(norm(features), torch.tensor([[[[-1.0, 1.0]], [[-10.0, 10.0]]]]), atol=1e-4)


def test_a_batch_norm_by_hand() -> None:
    norm = BatchNorm(2)
    norm.gain.data[0, 1] = 10
    features = torch.tensor([[[[1.0]], [[0.0]]], [[[3.0]], [[8.0]]]])  # means 2 and 4, variances 1 and 16
    expected = torch.tensor([[[[-1.0]], [[-10.0]]], [[[1.0]], [[10.0]]]])
    assert torch.allclose(norm(features), expected, atol=1e-4)
    # a tenth of the way from 0 and 1 to the means, and to the variances, 2 and 32, of which these are samples
    assert torch.allclose(norm.mean.flatten(), torch.tensor([0.2, 0.4]))
    assert torch.allclose(norm.variance.flatten(), torch.tensor([1.1, 4.1]))
    used = norm.eval()(features[:1])
    assert torch.allclose(used.flatten(), torch.tensor([0.8 / 1.1**0.5, -4 / 4.1**0.5]), atol=1e-4)
    assert torch.allclose(norm.mean.flatten(), torch.tensor([0.2, 0.4]))  # use changes nothing


def test_batch_norms_learn_again_after_use_even_if_it_failed() -> None:
    network = nn.Sequential(BatchNorm(2), nn.Identity())
    with pytest.raises(ValueError, match="failed"), batch_norms_in_use(network):
        assert not network[0].training
        raise ValueError("failed")
    assert network[0].training
    network[0].eval()
    with batch_norms_in_use(network):
        pass
    assert not network[0].training  # it was not learning before


def test_each_image_of_a_batch_has_statistics_of_its_own() -> None:
    features = torch.randn(2, 3, 5, 5) * torch.tensor([1.0, 50.0]).reshape(2, 1, 1, 1)
    norm = InstanceNorm(3)
    assert torch.allclose(norm(features)[:1], norm(features[:1]), atol=1e-5)


def test_a_single_place_does_not_differ_from_its_mean() -> None:
    assert InstanceNorm(3)(torch.randn(2, 3, 1, 1)).abs().max() < 1e-4


def test_instance_norms_are_computed_in_float32() -> None:
    features = torch.full((1, 1, 40, 40), 300.0).index_fill(3, torch.arange(20), 302.0).bfloat16()
    assert InstanceNorm(1).bfloat16()(features).abs().float().sub(1).abs().max() < 0.01


@pytest.mark.parametrize("architecture", SMALL, ids=lambda each: each["name"])
def test_weights_of_one_norm_fit_the_others(architecture: dict[str, Any]) -> None:
    plain = build_generator(architecture)
    for norm in NORMS:
        other = build_generator(architecture | {"norm": norm})
        other.load_state_dict(other.state_dict() | plain.state_dict())
        extra = {name.split(".")[-1] for name in other.state_dict().keys() - plain.state_dict().keys()}
        assert extra == EXTRA.get(norm, set())
        assert any(isinstance(layer, NORMS[norm]) for layer in other.modules())


@pytest.mark.parametrize("architecture", SMALL, ids=lambda each: each["name"])
def test_all_but_instance_norms_are_bounded(architecture: dict[str, Any]) -> None:
    found = {norm: reach(build_generator(architecture | {"norm": norm})) for norm in NORMS}
    assert "(InstanceNorm)" in found["instance"].unbounded
    assert found["channel"] == found["batch"] == found["frozen"] == reach(build_generator(architecture))
    assert not found["channel"].unbounded


@pytest.mark.parametrize("architecture", SMALL, ids=lambda each: each["name"])
def test_norms_are_over_channels_where_nothing_is_said(architecture: dict[str, Any]) -> None:
    layers = list(build_generator(architecture).modules())
    assert any(isinstance(layer, ChannelNorm) for layer in layers)
    assert not any(isinstance(layer, InstanceNorm | BatchNorm | FrozenNorm) for layer in layers)


def test_choosing_a_norm_for_an_architecture() -> None:
    assert with_norm(SMALL[0], "instance") == SMALL[0] | {"norm": "instance"}
    for architecture, norm, why in (
        ({"name": "plain"}, "instance", "'plain' has no choice of norms"),
        (SMALL[0], "group", "no norm 'group' to learn with: give channel or instance or batch"),
        (SMALL[0], "frozen", "no norm 'frozen' to learn with"),
    ):
        with pytest.raises(SettingError, match=why):
            with_norm(architecture, norm)
    with pytest.raises(ModelError, match="no norm 'group': there are channel, instance, batch, frozen"):
        norm_layer("group", 3)


def test_defaults_are_known_by_name() -> None:
    names = {method.architectures[0]["name"] for method in methods().values()}
    assert names - set(NAMED_GENERATORS) == {"filling", "srresnet", "spade", "stacked", "pix2pixhd"}
    assert all(name == architecture["name"] for name, architecture in NAMED_GENERATORS.items())
