"""What siamese makes of the frozen features of its discriminator."""

import pytest
import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.networks.projected import JointDiscriminator
from tilegan.networks.stroke_directions import stroke_directions
from tilegan.networks.style_memory import StyleMemory, channel_statistics, color_textures


class Brighten(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + 0.5


class Halves(nn.Module):
    """In place of frozen features: the image and its means over 2 x 2 pixels."""

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [images, nn.functional.avg_pool2d(images, 2)]


class Frozen(JointDiscriminator):
    """A discriminator with frozen features that can be computed by hand."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.features, self.memory, self.textures = Halves(), StyleMemory(1, 2 * (3 + 3)), StyleMemory(1, 15)
        self.directions = StyleMemory(1, 9)

    def forward(self, images: torch.Tensor, features: list[torch.Tensor] | None = None) -> torch.Tensor:
        assert features is not None
        assert all(torch.equal(*each) for each in zip(features, self.features(images), strict=True))
        return images.mean((2, 3))


def test_content_is_also_kept_by_the_deepest_frozen_features() -> None:
    method = Siamese(Brighten(), Frozen(), SiameseSettings(feature_weight=3.0, palette=0, lightness=0))
    random = torch.Generator().manual_seed(0)
    source, target = (torch.rand(2, 3, 32, 32, generator=random) - 0.5 for _ in range(2))
    batch = Batch(source, target, 0, 0, 2)
    assert method.generator_loss(batch)["generator_features"].item() == pytest.approx(0, abs=1e-4)
    method.discriminator_loss(batch)  # the features of sources and translations are those that are known
    method.generator = nn.Conv2d(3, 3, 1)
    method.generator.weight = nn.Parameter(-torch.eye(3)[:, :, None, None])
    assert method.generator_loss(batch)["generator_features"].item() == pytest.approx(3 * 4, rel=0.02)


def test_statistics_of_frozen_features_are_remembered_and_compared() -> None:
    method = Siamese(
        Brighten(),
        Frozen(),
        SiameseSettings(style_weight=3.0, texture_weight=5.0, palette=0, style_start=0.5, color_jitter=0),
    )
    random = torch.Generator().manual_seed(0)
    for _ in range(8):
        source, target = (torch.rand(2, 3, 32, 32, generator=random) - 0.5 for _ in range(2))
        batch = Batch(source, target, 0, 0, 2, progress=0.5)
        losses = method.generator_loss(batch)
        assert losses["generator_style"].item() == 0  # too little is remembered
        method.discriminator_loss(batch)
    memory = method.discriminator.memory
    assert memory.counts.tolist() == [[16, 16]]
    rows = channel_statistics(Halves()(source + 0.5))
    torch.testing.assert_close(memory.translations[0, 14:16], rows)
    wanted = 3 * memory.distance(rows, torch.zeros(2, dtype=torch.int64))
    torch.testing.assert_close(method.generator_loss(batch)["generator_style"], wanted)
    textures, rows = method.discriminator.textures, color_textures(source + 0.5)
    torch.testing.assert_close(textures.translations[0, 16:18], rows)
    batch.progress = 0.49
    losses = method.generator_loss(batch)
    assert losses["generator_style"].item() == losses["generator_textures"].item() == 0
    assert textures.counts.tolist() == [[16, 20]]


def test_textures_and_directions_are_those_of_translations_and_of_targets_as_they_are() -> None:
    method = Siamese(Brighten(), Frozen(), SiameseSettings(texture_weight=5.0, direction_weight=7.0, style_start=0))
    random = torch.Generator().manual_seed(0)
    for _ in range(8):
        source, target = (torch.rand(2, 3, 32, 32, generator=random) - 0.5 for _ in range(2))
        batch = Batch(source, target, 0, 0, 2)
        method.generator_loss(batch)
        method.discriminator_loss(batch)
    for name, weight, statistics in (("textures", 5, color_textures), ("directions", 7, stroke_directions)):
        memory = getattr(method.discriminator, name)
        torch.testing.assert_close(memory.targets[0, 14:16], statistics(target))
        wanted = weight * memory.distance(statistics(source + 0.5), torch.zeros(2, dtype=torch.int64))
        torch.testing.assert_close(method.generator_loss(batch)[f"generator_{name}"], wanted)
