"""The losses of neural style."""

import math

import pytest
import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.methods.neural_style import NeuralStyle, NeuralStyleSettings
from tilegan.networks.frozen import frozen_features
from tilegan.networks.style_samples import KEPT, PER_CROP, StyleSamples, vectors


class Same(nn.Module):
    """Translates an image to itself."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images


class Scores(nn.Module):
    """Gives each patch of images the score 2, and those of features 0 and 1."""

    def forward(self, images: torch.Tensor, features: list[torch.Tensor]) -> list[torch.Tensor]:
        assert [each.shape[2] for each in features] == [images.shape[2] // stride for stride in (2, 4, 8, 16)]
        return [torch.full((len(images), 1, 3, 3), score) for score in (2.0, 0.0, 1.0)]


def entropy(sign: float) -> float:
    """Half of the cross entropy for a score of 2, and half of the mean for 0 and 1."""
    of_patches, *of_features = (math.log(1 + math.exp(-sign * score)) for score in (2.0, 0.0, 1.0))
    return of_patches / 2 + sum(of_features) / 4


def test_samples_are_of_the_same_places_in_all_images_and_stay_when_they_are_full() -> None:
    features = torch.arange(32.0).reshape(2, 1, 4, 4)
    rows = vectors(features, 5, seed=3)
    assert rows.shape == (2, 5, 1)
    assert torch.equal(rows[0] + 16, rows[1])
    samples = StyleSamples((1,))
    samples.remember([features], 0)
    assert samples.of(0).flatten().sort().values.tolist() == list(range(32))
    for number in range(KEPT // PER_CROP):
        assert not samples.full
        samples.remember([torch.full((1, 1, 16, 17), float(number))], number)
    assert samples.full
    assert samples.of(0)[-1].item() == KEPT // PER_CROP - 1
    some = samples.some(0, 100, seed=4)
    assert some.shape == (100, 1)
    assert len(some.unique()) > 10
    assert torch.equal(some, samples.some(0, 100, seed=4))
    assert torch.equal(samples.some(0, KEPT + 1, seed=4).sort(0).values, samples.of(0).sort(0).values)
    samples.remember([torch.full((1, 1, 16, 17), -1.0)], 0)
    assert samples.of(0).min().item() == 0


def test_a_target_that_is_its_own_source_leaves_the_adversary_alone() -> None:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    method = NeuralStyle(Same(), Scores(), NeuralStyleSettings(whole_share=1.0), frozen_features())
    batch = Batch(images, images, 0, 0, 2)
    losses = {name: value.item() for name, value in method.generator_loss(batch).items()}
    assert losses.pop("generator") == pytest.approx(0.6 * entropy(1))
    assert losses.keys() == {"style", "content", "generator_tone", "generator_seams", "generator_weave"}
    assert all(value == pytest.approx(0, abs=1e-9) for value in losses.values())
    told = {name: value.item() for name, value in method.discriminator_loss(batch).items()}
    assert told["real"] == pytest.approx(entropy(1))
    assert told["translated"] == pytest.approx(entropy(-1))


def test_areas_are_compared_with_those_of_their_color() -> None:
    """Dark noise beside even light becomes even light beside dark noise: the same regions, elsewhere."""
    noise = torch.rand(2, 3, 64, 32, generator=torch.Generator().manual_seed(0)) * 0.4 - 1
    source = torch.cat((noise, torch.full((2, 3, 64, 32), 0.8)), 3)
    swapped = torch.cat((torch.full((2, 3, 64, 32), -0.8), noise + 1.6), 3)  # even dark, and light noise
    apart, together = (
        [
            NeuralStyle(Same(), Scores(), NeuralStyleSettings(regions=count, whole_share=1.0), frozen_features())
            .generator_loss(Batch(source, target, 0, 0, 2))["style"]
            .item()
            for target in (source.flip(3), swapped)
        ]
        for count in (2, 1)
    )
    assert apart[1] - apart[0] > 1.5 * (together[1] - together[0]) > 0


def test_another_target_counts_by_the_weight_of_style() -> None:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    batch = Batch(images, images.flip(1) / 2, 0, 0, 2)
    once, twice = (
        NeuralStyle(Same(), Scores(), NeuralStyleSettings(style_weight=weight), frozen_features())
        .generator_loss(batch)["style"]
        .item()
        for weight in (1.0, 2.0)
    )
    assert once > 0.1
    assert twice == pytest.approx(2 * once)
