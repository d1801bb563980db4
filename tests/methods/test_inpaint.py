"""The losses of filling against numbers computed by hand."""

import math

import pytest
import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.methods.inpaint import Inpaint, InpaintSettings, hole_distance


class Fixed(nn.Module):
    """A generator that fills holes with 0.5 and keeps all else."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.where(images[:, 3:] > 0, 0.5, images[:, :3])


class Means(nn.Module):
    """A discriminator whose patches are columns: their means, and that of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.ones(3))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images.mean((1, 2), keepdim=True), images.mean((1, 2, 3), keepdim=True)[..., 0, 0]


def minus_log_sigmoid(value: float) -> float:
    return math.log(1 + math.exp(-value))


@pytest.mark.parametrize("joined", [True, False])
def test_losses_of_a_batch(joined: bool) -> None:
    settings = InpaintSettings(joined=joined, global_weight=0.5, patch_weight=0.25, adversary_from=0.25)
    method = Inpaint(Fixed(), Means(), settings)
    target = torch.full((2, 3, 8, 8), -0.5)
    mask = torch.full((2, 1, 8, 8), -1.0)
    mask[..., ::2] = 1  # every second column is a hole
    batch = Batch(torch.cat((target, mask), 1), target, 0, 0, 2, progress=0.25)
    generator = {name: loss.item() for name, loss in method.generator_loss(batch).items()}
    patches = minus_log_sigmoid(0.5)  # those of filled columns: the others, half of them, do not count
    assert generator == pytest.approx(
        {"reconstruction": 0.995 * 1.0, "global": 0.5 * math.log(2), "patch": 0.25 * patches}
    )
    discriminator = {name: loss.item() for name, loss in method.discriminator_loss(batch).items()}
    # of the target all scores are -0.5; of the filled image filled columns have 0.5, and the whole has 0
    filled = (minus_log_sigmoid(-0.5) + math.log(2)) / 2
    assert discriminator == pytest.approx({"real": minus_log_sigmoid(-0.5), "filled": filled})
    batch.progress = 0.24  # before, only distances count
    losses = method.generator_loss(batch) | method.discriminator_loss(batch)
    assert [loss.item() for loss in losses.values()] == pytest.approx([0.995, 0, 0, 0, 0])


def test_the_distance_is_that_in_holes_however_few() -> None:
    target, filled, mask = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), torch.full((1, 1, 4, 4), -1.0)
    assert hole_distance(filled, target, mask) == 0
    filled[0, 0, 1, 1], filled[0, :, 3, 3], mask[0, 0, 1, 1:3] = 0.6, 9.0, 1.0
    assert hole_distance(filled, target, mask).item() == pytest.approx(0.6 / 6)
