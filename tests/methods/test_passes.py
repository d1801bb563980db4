"""Whole passes, passes tile by tile, single tiles."""

import pytest
import torch
from torch import nn

from tilegan.combo import join_quadrants
from tilegan.errors import SettingError
from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.passes import judged, translate
from tilegan.networks.build import build_generator
from tilegan.norms.layers import BatchNorm


@pytest.fixture
def generator() -> nn.Module:
    torch.manual_seed(0)
    made = build_generator({"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4})
    nn.init.normal_(made.tail.weight)
    return made


@pytest.mark.parametrize(("share", "crossing"), [(0.0, 0), (0.5, 2), (1.0, 4)])
def test_only_the_whole_share_of_a_batch_lets_neighboring_tiles_see_each_other(
    generator: nn.Module, share: float, crossing: int
) -> None:
    source = torch.randn(4, 3, 32, 32, requires_grad=True)
    translated = translate(generator, Batch(source, source, 0, 0, 4), MethodSettings(whole_share=share))
    translated[:, :, :16, :16].sum().backward()
    assert source.grad is not None
    crosses = source.grad[:, :, :16, 16:].abs().sum((1, 2, 3)) > 0
    assert crosses.sum() == crossing


def test_one_of_two_images_is_translated_whole(generator: nn.Module) -> None:
    source = torch.randn(2, 3, 32, 32)
    translated = translate(generator, Batch(source, source, 0, 0, 2), MethodSettings(whole_share=0.25))
    assert torch.equal(translated[:1], generator(source[:1]))
    assert not torch.allclose(translated[1:], generator(source[1:]))


def test_batch_norms_have_the_statistics_of_tiles() -> None:
    norm = BatchNorm(3)
    source = torch.randn(4, 3, 16, 16) + torch.tensor([9.0, 1, 1, 1]).reshape(4, 1, 1, 1)
    translated = translate(norm, Batch(source, source, 0, 0, 4), MethodSettings(whole_share=0.25))
    assert torch.equal(translated[0], source[0] / (1 + 1e-5) ** 0.5)  # with the averages at the beginning
    assert translated[1:].mean().abs() < 1e-5
    assert torch.allclose(norm.mean.flatten(), 0.1 * source[1:].mean((0, 2, 3)))
    assert norm.training
    translate(norm, Batch(source, source, 0, 0, 4), MethodSettings(whole_share=1))
    assert norm.mean.mean() > 0.3  # where all are whole, theirs


def test_parts_of_a_batch_are_translated_as_in_the_whole(generator: nn.Module) -> None:
    settings = MethodSettings(whole_share=0.5)
    source = torch.randn(4, 3, 32, 32)
    parts = [Batch(source[first : first + 2], source, 3, first, 4) for first in (0, 2)]
    translated = torch.cat([translate(generator, part, settings) for part in parts])
    assert torch.allclose(translated, translate(generator, Batch(source, source, 3, 0, 4), settings), atol=1e-6)


def test_single_tiles_are_judged_apart_where_nothing_is_joined(generator: nn.Module) -> None:
    images = torch.randn(2, 3, 32, 32)
    batch = Batch(images, images, 0, 1, 3)
    assert judged(batch, MethodSettings()) is batch
    tiles = judged(batch, MethodSettings(joined=False))
    assert tiles.source.shape == (8, 3, 16, 16)
    assert (tiles.first, tiles.total) == (4, 12)
    assert torch.equal(translate(generator, tiles, MethodSettings(joined=False)), generator(tiles.source))


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(SettingError, match="whole share"):
        MethodSettings(whole_share=1.5)


def test_noise_that_drifts_continues_from_tile_to_tile() -> None:
    drifting = build_generator({"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 4, "drifts": 1})
    seen: list[torch.Tensor] = []
    drifting.drift.register_forward_hook(lambda *call: seen.append(call[2]))
    nn.init.zeros_(drifting.drift.convolution.weight)
    drifting.drift.convolution.weight.data[:, :, 1, 1] = 1
    source = torch.zeros(2, 3, 64, 64)
    translate(drifting, Batch(source, source, 0, 0, 2), MethodSettings(whole_share=0))
    joined = join_quadrants(seen[0])[:, 0]
    within, across = (
        (joined.diff(dim=axis).abs() for axis in (1, 2)),
        (joined[:, 7:9].diff(dim=1).abs(), joined[:, :, 7:9].diff(dim=2).abs()),
    )
    for steps, edges in zip(within, across, strict=True):
        assert edges.max() <= steps.max()
        assert edges.mean() < 2 * steps.mean()
    assert not torch.allclose(joined[0], joined[1])
