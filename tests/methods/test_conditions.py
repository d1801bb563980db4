"""What a generator is told of the whole image while it learns."""

import pytest
import torch
from torch import nn

from tilegan.combo import Combo
from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.conditions import learning_conditions
from tilegan.methods.passes import judged, translate
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.networks.build import build_discriminator, build_generator


class OptionInfo(nn.Module):
    """A generator that paints the mean color of the whole image over its own."""

    def conditioned_by(self, thumbnails: torch.Tensor | None, styles: torch.Tensor | None) -> torch.Tensor | None:
        del styles
        return None if thumbnails is None else thumbnails.mean((2, 3))

    def forward(self, images: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[..., None, None].expand_as(images)


def batch(count: int, seed: int = 0, first: int = 0, total: int | None = None) -> Batch:
    levels = (torch.arange(first, first + count) + 1.0)[:, None, None, None] / 100
    crops, thumbnails = levels.expand(-1, 3, 32, 32), levels.expand(-1, 3, 64, 64)
    return Batch(crops, crops, seed, first, total or count, thumbnails)


def test_nothing_is_told_of_unknown_images_or_to_who_wants_none() -> None:
    assert learning_conditions(nn.Identity(), batch(2)) == ()
    unknown = batch(2)
    unknown.thumbnails = None
    assert learning_conditions(OptionInfo(), unknown) == ()


def test_a_tenth_of_the_crops_is_told_nothing() -> None:
    told = [learning_conditions(OptionInfo(), batch(10, seed))[0] for seed in range(40)]
    expected = batch(10).source[:, :, 0, 0]
    silent = [(vectors == 0).all(1) for vectors in told]
    assert 20 <= sum(int(each.sum()) for each in silent) <= 60
    for vectors, none in zip(told, silent, strict=True):
        assert torch.allclose(vectors[~none], expected[~none])


def test_parts_of_a_batch_are_told_what_the_whole_is() -> None:
    for seed in range(10):
        whole = learning_conditions(OptionInfo(), batch(4, seed))[0]
        parts = [learning_conditions(OptionInfo(), batch(2, seed, first, 4))[0] for first in (0, 2)]
        assert torch.equal(whole, torch.cat(parts))


def test_all_tiles_of_an_image_are_told_the_same() -> None:
    vectors = torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    joined = Combo(OptionInfo())(torch.zeros(2, 3, 8, 8), vectors)
    assert torch.equal(joined, vectors[..., None, None].expand(-1, -1, 8, 8))


@pytest.mark.parametrize("joined", [True, False])
def test_each_crop_is_translated_with_its_own_image_in_mind_whole_or_tile_by_tile(joined: bool) -> None:
    settings = MethodSettings(whole_share=0.5, joined=joined)
    given = judged(batch(4, seed=3), settings)
    (expected,) = learning_conditions(OptionInfo(), given)
    assert len(expected) == (4 if joined else 16)
    translated = translate(OptionInfo(), given, settings)
    assert torch.equal(translated, expected[..., None, None].expand_as(translated))


def test_the_encoder_learns() -> None:
    torch.manual_seed(0)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "context": 4}
    generator = build_generator(architecture)
    nn.init.normal_(generator.film.weight)
    nn.init.normal_(generator.tail.weight)
    discriminator = build_discriminator({"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4})
    noise = torch.rand(3, 3, 64, 64) * 2 - 1
    losses = Siamese(generator, discriminator, SiameseSettings()).generator_loss(Batch(noise, noise, 0, 0, 3, noise))
    sum(losses.values()).backward()
    assert all(value.grad is not None and value.grad.abs().max() > 0 for value in generator.encoder.parameters())
