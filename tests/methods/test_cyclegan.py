"""CycleGAN's losses against numbers computed by hand."""

import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.methods.base import Batch
from tilegan.methods.cyclegan import CycleGan, CycleGanSettings, squared_error


class Add(nn.Module):
    """A generator that adds a number."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.tensor(number))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + self.number


class Mean(nn.Module):
    """A discriminator: the mean of the image, times a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.factor * images.mean((1, 2, 3), keepdim=True)


def batch(source: float, target: float, side: int = 8) -> Batch:
    return Batch(torch.full((2, 3, side, side), source), torch.full((2, 3, side, side), target), 0, 0, 2)


def test_squared_error_is_of_what_is_wanted() -> None:
    assert squared_error(torch.tensor([0.0, 3.0]), 1).item() == pytest.approx((1 + 4) / 2)


def test_losses_of_a_batch() -> None:
    settings = CycleGanSettings(cycle_weight=4.0, identity_weight=0.25, feature_weight=0.0)
    method = CycleGan([Add(0.5), Add(-0.25)], [Mean(2.0), Mean(3.0)], settings)
    given = batch(0.125, 0.5)
    losses = {name: loss.item() for name, loss in method.generator_loss(given).items()}
    # G(a) = 0.625, judged 1.25; F(b) = 0.25, judged 0.75; both cycles end 0.25 too high
    assert losses == pytest.approx(
        {
            "generator_there": 0.25**2,
            "generator_back": 0.25**2,
            "cycle": 4 * (0.25 + 0.25),
            "identity": 0.25 * 4 * (0.5 + 0.25),
        }
    )
    losses = {name: loss.item() for name, loss in method.discriminator_loss(given).items()}
    # targets: real 1.0, made 1.25; sources: real 0.375, made 0.75
    assert losses == pytest.approx(
        {
            "discriminator_translated": (0.0 + 1.25**2) / 2,
            "discriminator_returned": (0.625**2 + 0.75**2) / 2,
        }
    )


class FirstStyle(nn.Module):
    """A discriminator of targets: red of the first style, 0 of others."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images[:, :1] * images[:, 3:4]).mean((1, 2, 3), keepdim=True)


def test_targets_by_the_name_of_another_style_are_not_real() -> None:
    method = CycleGan([Add(0.5), Add(-0.5)], [FirstStyle(), Mean(1.0)], CycleGanSettings(feature_weight=0.0))
    given = batch(0.125, 0.5)
    given.styles = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    given.made = {"translated": given.source, "returned": given.target}
    # each has the next style: the second image then has the first one
    assert method.discriminator_loss(given)["other_style"].item() == pytest.approx(0.5**2 / 2 / 2)


def test_frozen_features_are_judged_too() -> None:
    settings = CycleGanSettings(feature_weight=0.5)
    method = CycleGan([Add(0.5), Add(-0.25)], [Mean(2.0), Mean(3.0)], settings)
    frozen = method.frozen
    assert frozen is not None
    given = batch(0.125, 0.5, side=32)
    there = method.generator_loss(given)["generator_there"]
    there.backward()
    assert method.generator.number.grad not in (None, 0)
    assert all(weight.grad is None for weight in frozen.parameters())
    scores = method.of_features["targets"].of_features(frozen(given.source + 0.5))
    assert [each.shape[2:] for each in scores] == [(8, 8), (4, 4), (2, 2)]
    by_features = torch.stack([(each - 1).square().mean() for each in scores]).mean()
    assert there.detach().item() == pytest.approx(0.25**2 + 0.5 * by_features.item())
    assert any(name.startswith("features.sources") for name in method.networks()["discriminator"].state_dict())


def test_both_generators_learn_from_both_ways() -> None:
    method = CycleGan(
        [Add(0.5), Add(-0.25)], [Mean(2.0), Mean(3.0)], CycleGanSettings(identity_weight=0.0, feature_weight=0.0)
    )
    losses = method.generator_loss(batch(0.0, 0.5))
    assert "identity" not in losses
    losses["cycle"].backward()
    assert all(generator.number.grad not in (None, 0) for generator in (method.generator, method.backward))


def test_discriminators_see_earlier_translations() -> None:
    method = CycleGan([Add(0.5), Add(-0.25)], [Mean(2.0), Mean(3.0)], CycleGanSettings(feature_weight=0.0))
    seen = set()
    for step in range(60):
        given = batch(step / 100, 0.0)
        given.seed = step
        method.generator_loss(given)
        loss = method.discriminator_loss(given)["discriminator_translated"].item()
        seen.add(loss == pytest.approx((1 + 4 * (step / 100 + 0.5) ** 2) / 2))
    assert seen == {True, False}


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(SettingError, match="cycle weight"):
        CycleGanSettings(cycle_weight=-1)
    with pytest.raises(SettingError, match="identity weight"):
        CycleGanSettings(identity_weight=-1)
