"""The losses of SRGAN against numbers computed by hand."""

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.methods.base import Batch
from tilegan.methods.srgan import SRGan, SRGanSettings
from tilegan.networks.build import DEFAULT_DISCRIMINATOR
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.vgg import DEVIATIONS

SMALL = {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 4}
PATCH = {"name": "patch", "channels": 4, "layers": 2}


class Quadruple(nn.Module):
    """A generator that repeats pixels and is a quarter too bright."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.repeat_interleave(4, 2).repeat_interleave(4, 3) + 0.25


class Mean(PatchDiscriminator):
    """A discriminator whose judgment is the mean; its two layers before that are the image, and twice the image."""

    def __init__(self) -> None:
        super().__init__(channels=1, layers=2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((1, 2, 3), keepdim=True)

    def features(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [images, 2 * images, self(images)]


def minus_log_sigmoid(value: float) -> float:
    return math.log(1 + math.exp(-value))


@pytest.mark.parametrize("joined", [True, False])
def test_losses_of_a_batch(joined: bool) -> None:
    settings = SRGanSettings(
        joined=joined, pixel_weight=2, adversarial_weight=0.5, feature_weight=3, perceptual_weight=0
    )
    method = SRGan(Quadruple(), Mean(), settings)
    batch = Batch(torch.full((2, 3, 8, 8), 0.25), torch.full((2, 3, 32, 32), -0.5), 0, 0, 2)
    generator = {name: loss.item() for name, loss in method.generator_loss(batch).items()}
    # translations are 0.5: 1 away from the targets, in the first layer as well, and 2 in the second
    assert generator == pytest.approx({"pixels": 2, "generator": minus_log_sigmoid(0.5) / 2, "features": 3 * 1.5})
    discriminator = {name: loss.item() for name, loss in method.discriminator_loss(batch).items()}
    assert discriminator == pytest.approx({"real": minus_log_sigmoid(-0.5), "translated": minus_log_sigmoid(-0.5)})


def test_tiles_apart_and_their_targets_are_the_same_parts() -> None:
    """Each pixel of the target is what the generator should make of the source: then there is no distance."""
    source = torch.randn(2, 3, 8, 8)
    target = Quadruple()(source)
    for joined in (True, False):
        method = SRGan(Quadruple(), Mean(), SRGanSettings(joined=joined))
        assert method.generator_loss(Batch(source, target, 0, 0, 2))["pixels"] == 0
    given = method.generator_loss(Batch(source, target.flip(3), 0, 0, 2))
    assert given["pixels"] > 0.1


def test_the_content_loss_leads_the_generator_alone() -> None:
    method = SRGan.build(SRGanSettings(), SMALL, PATCH)
    batch = Batch(torch.randn(2, 3, 16, 16), torch.randn(2, 3, 64, 64), 0, 0, 2)
    method.discriminator.requires_grad_(False)
    sum(method.generator_loss(batch).values()).backward()  # type: ignore[union-attr]
    assert all(weight.grad is None for weight in method.discriminator.parameters())
    assert not batch.made["translated"].requires_grad


def test_features_of_a_given_network_are_compared_and_never_trained(tmp_path: Path) -> None:
    """The network is one convolution that copies red, and adds enough that no value is cut off."""
    weight = torch.zeros(1, 3, 3, 3)
    weight[0, 0, 1, 1] = 1
    save_file({"features.0.weight": weight, "features.0.bias": torch.full((1,), 10.0)}, tmp_path / "vgg.safetensors")
    settings = SRGanSettings(vgg=str(tmp_path / "vgg.safetensors"), vgg_weight=2)
    method = SRGan(Quadruple(), Mean(), settings)
    batch = Batch(torch.full((2, 3, 8, 8), 0.25), torch.full((2, 3, 32, 32), -0.5), 0, 0, 2)
    # translations are 0.5: as shares of [0, 1] red is half too bright
    assert method.generator_loss(batch)["vgg"].item() == pytest.approx(2 * (0.5 / DEVIATIONS[0]) ** 2, rel=1e-5)
    judges = method.networks()["discriminator"]
    assert {id(weight) for weight in judges.parameters()} == {
        id(weight) for weight in method.discriminator.parameters()
    }
    assert not [name for name in judges.state_dict() if "vgg" in name]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SettingError, match="adversarial weight must be 0 or more, not -1"):
        SRGanSettings(adversarial_weight=-1)
    with pytest.raises(ModelError, match="srgan compares features of a discriminator: use 'patch'"):
        SRGan.build(SRGanSettings(), SMALL, DEFAULT_DISCRIMINATOR)
