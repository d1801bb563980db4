"""The loss on frozen features."""

import pytest
import torch

from tilegan.errors import SettingError
from tilegan.methods.perceptual import Perceptual, PerceptualSettings
from tilegan.metrics.structure import feature_distance
from tilegan.networks.efficientnet import EfficientNetFeatures


class Nothing(torch.nn.Module):
    """No network."""


def test_the_distance_is_weighted_and_teaches_the_translation_alone() -> None:
    method = Perceptual(Nothing(), Nothing(), PerceptualSettings(perceptual_weight=3.0))
    draw = torch.Generator().manual_seed(0)
    targets, translations = torch.rand(2, 2, 3, 32, 48, generator=draw).unbind()
    targets.requires_grad_(), translations.requires_grad_()
    (loss,) = method.perceptual_loss(targets, translations).values()
    loss.backward()
    frozen = EfficientNetFeatures.read()
    expected = feature_distance(frozen(targets), frozen(translations)).item()
    assert 0.1 < expected < 4
    assert loss.item() == pytest.approx(3 * expected)
    assert targets.grad is None
    assert translations.grad is not None
    assert translations.grad.abs().max() > 0
    assert method.perceptual_loss(targets, targets)["perceptual"].item() == 0


def test_a_weight_of_0_takes_no_network() -> None:
    judge = Nothing()
    method = Perceptual(Nothing(), judge, PerceptualSettings(perceptual_weight=0.0))
    images = torch.zeros(1, 3, 32, 32)
    assert method.perceptual_loss(images, images) == {}
    assert method.networks()["discriminator"] is judge


def test_weights_below_0_are_refused() -> None:
    with pytest.raises(SettingError, match="perceptual weight must be 0 or more"):
        PerceptualSettings(perceptual_weight=-1.0)
