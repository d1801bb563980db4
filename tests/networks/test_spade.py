"""The generator that is told labels at every scale."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.build import SPADE_GENERATOR, build_generator
from tilegan.networks.spade import Spade, SpadeBlock
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded

TABLE = [[0, 0, 0], [255, 0, 0], [255, 255, 0]]
SMALL = SPADE_GENERATOR | {"channels": 4, "downs": 2, "hidden": 4, "labels": TABLE}


@torch.no_grad()
def test_a_norm_whose_gains_and_shifts_are_told_by_labels() -> None:
    layer = Spade(2, 3, 4)
    nn.init.zeros_(layer.shared.weight)
    nn.init.zeros_(layer.modulation.weight)
    layer.shared.bias.zero_()
    layer.modulation.bias.copy_(torch.tensor([0.5, -1, 0, 0.25]))  # gains are 1.5 and 0, shifts 0 and 0.25
    features = torch.tensor([3.0, 4.0])[:, None, None].expand(1, 2, 5, 5)  # root mean square: 5 / sqrt(2)
    made = layer(features, torch.zeros(1, 3, 5, 5))
    assert made[0, :, 2, 2].tolist() == pytest.approx([1.5 * 3 * 2**0.5 / 5, 0.25])


def test_gains_and_shifts_follow_their_labels() -> None:
    torch.manual_seed(0)
    layer = Spade(2, 3, 4)
    labels = nn.functional.one_hot(torch.arange(12).clamp(max=6) // 4, 3).T[None, :, None].expand(1, 3, 8, 12).float()
    made = layer(torch.ones(1, 2, 8, 12), labels)
    assert torch.equal(made[..., 0], made[..., 1])  # what is around is the same there
    assert not torch.isclose(made[..., 0], made[..., 4]).any()


def test_a_block_changes_channels() -> None:
    assert SpadeBlock(8, 4, 3, 4)(torch.randn(2, 8, 6, 6), torch.zeros(2, 3, 6, 6)).shape == (2, 4, 6, 6)


@pytest.mark.parametrize("side", [4, 32])
def test_pictures_are_as_large_as_their_maps(side: int) -> None:
    made = build_generator(SMALL)(torch.rand(2, 3, side, side) * 2 - 1)
    assert made.shape == (2, 3, side, side)
    assert made.abs().max() <= 1


def test_nothing_but_labels_is_looked_at() -> None:
    generator = build_generator(SMALL)
    clean = torch.tensor(TABLE)[torch.randint(3, (1, 16, 16))].permute(0, 3, 1, 2) / 127.5 - 1
    noisy = clean + (torch.rand_like(clean) - 0.5) * 0.3
    assert torch.equal(generator(clean), generator(noisy))


def test_its_reach_is_within_a_halo_of_112_and_padding_can_go() -> None:
    small = build_generator(SMALL)
    found = reach(small)
    assert (found.radius, found.context, found.stride, found.scale) == (26, 24, 4, 1)
    plain = unpadded(small, found)
    assert plain is not None
    maps = torch.rand(1, 3, 64, 64) * 2 - 1
    twin, lost = plain
    assert torch.allclose(twin(maps), small(maps)[..., lost:-lost, lost:-lost], atol=1e-5)
    found = reach(build_generator(SPADE_GENERATOR | {"channels": 1, "hidden": 1, "labels": TABLE}))
    assert (found.radius, found.stride) == (110, 16)


def test_no_labels_no_generator() -> None:
    with pytest.raises(ModelError, match="missing 1 required positional argument: 'labels'"):
        build_generator(SPADE_GENERATOR)
