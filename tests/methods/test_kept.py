"""The loss that keeps the results of a finished model."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.methods.kept import Kept, kept_distance
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.networks.generator import ResidualGenerator


class MeanColor(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))


def a_batch(seed: int = 0) -> Batch:
    random = torch.Generator().manual_seed(seed)
    source, target = (torch.rand(4, 3, 32, 32, generator=random) - 0.5 for _ in range(2))
    return Batch(source, target, seed, 0, 4)


def painter() -> ResidualGenerator:
    torch.manual_seed(0)
    generator = ResidualGenerator(8, 1, 4, 4, noise=2, drifts=2)
    nn.init.normal_(generator.tail.weight, std=0.1)
    return generator


def test_results_are_kept_if_nothing_has_changed_noise_included() -> None:
    method = Siamese(painter(), MeanColor(), SiameseSettings(keep_weight=2.0))
    losses = [method.generator_loss(a_batch(seed))["generator_kept"].item() for seed in range(2)]
    assert losses == [0, 0]


def test_distance_against_numbers_computed_by_hand() -> None:
    random = torch.Generator().manual_seed(0)
    wanted = torch.rand(2, 3, 16, 16, generator=random)
    shift = torch.tensor([0.1, 0.0, 0.0])[:, None, None]
    deepest = torch.zeros(2, 3, 1, 1), torch.ones(2, 3, 1, 1)  # does not count
    found = kept_distance(wanted, wanted + shift, [wanted, deepest[0]], [wanted + shift, deepest[1]], 7)
    by_features = 0.01 / (wanted[:, 0].var().item() + 1e-3) / 3
    assert found.item() == pytest.approx(7 * 0.01 / 3 + by_features, rel=1e-4)


def test_results_of_the_first_step_remain_the_wanted_ones_and_are_part_of_the_state() -> None:
    method = Siamese(painter(), MeanColor(), SiameseSettings(keep_weight=2.0))
    with torch.no_grad():  # a finished model's weights, set after the method was built
        method.generator.tail.bias.fill_(0.1)
    batch = a_batch()
    assert method.generator_loss(batch)["generator_kept"].item() == 0
    with torch.no_grad():
        method.generator.tail.bias.fill_(0.3)
    changed = method.generator_loss(replace(batch, made={}))["generator_kept"]
    assert changed > 0.01
    changed.backward()
    assert method.generator.tail.bias.grad is not None
    resumed = Siamese(painter(), MeanColor(), method.settings)
    for name, network in resumed.networks().items():
        network.load_state_dict(method.networks()[name].state_dict())
    assert resumed.generator_loss(replace(batch, made={}))["generator_kept"].item() == changed.item()


def test_the_kept_generator_is_not_trained() -> None:
    kept = Kept(painter())
    assert not [name for name, weight in kept.named_parameters() if weight.requires_grad]


def test_a_discriminator_that_nobody_asks_learns_nothing() -> None:
    method = Siamese(painter(), MeanColor(), SiameseSettings(adversarial_weight=0, content_weight=0))
    batch = a_batch()
    assert not {"generator_length", "generator_content"} & method.generator_loss(batch).keys()
    assert method.discriminator_loss(batch) == {}
