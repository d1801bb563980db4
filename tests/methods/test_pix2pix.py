"""The losses of pix2pix against numbers computed by hand."""

import math

import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.methods.base import Batch
from tilegan.methods.pix2pix import Pix2Pix, Pix2PixSettings, cross_entropy


class Brighten(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + 0.5


class Difference(nn.Module):
    """A discriminator of pairs: by how much the target's mean is above the source's."""

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        return (pairs[:, 3:] - pairs[:, :3]).mean((1, 2, 3), keepdim=True)


def minus_log_sigmoid(value: float) -> float:
    return math.log(1 + math.exp(-value))


def test_cross_entropy_is_of_what_is_wanted() -> None:
    judgment = torch.tensor([2.0, -1.0])
    assert cross_entropy(judgment, 1).item() == pytest.approx((minus_log_sigmoid(2) + minus_log_sigmoid(-1)) / 2)
    assert cross_entropy(judgment, 0).item() == pytest.approx((minus_log_sigmoid(-2) + minus_log_sigmoid(1)) / 2)


def test_losses_of_a_batch() -> None:
    method = Pix2Pix(Brighten(), Difference(), Pix2PixSettings(l1_weight=8.0))
    batch = Batch(torch.full((2, 3, 8, 8), 0.25), torch.full((2, 3, 8, 8), -0.5), 0, 0, 2)
    generator = {name: loss.item() for name, loss in method.generator_loss(batch).items()}
    assert generator == pytest.approx({"generator": minus_log_sigmoid(0.5), "l1": 8 * 1.25})
    discriminator = {name: loss.item() for name, loss in method.discriminator_loss(batch).items()}
    assert discriminator == pytest.approx(
        {"real": minus_log_sigmoid(-0.75) / 2, "translated": minus_log_sigmoid(-0.5) / 2}
    )


def test_the_papers_map_at_256_pixels() -> None:
    method = Pix2Pix.build(
        Pix2PixSettings(), {"name": "unet", "channels": 4, "downs": 3}, {**Pix2Pix.architectures[1], "channels": 4}
    )
    pair = torch.randn(1, 6, 256, 256)
    assert method.discriminator(pair).shape == (1, 1, 30, 30)


def test_a_weight_below_0_is_refused() -> None:
    with pytest.raises(SettingError, match="l1 weight"):
        Pix2PixSettings(l1_weight=-1)
