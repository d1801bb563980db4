"""What repeats with a period, against patterns that are known."""

import pytest
import torch

from tilegan.methods.seams import repeated_energies


def test_energies_are_of_what_repeats_with_the_tile_alone() -> None:
    ramp = torch.arange(16.0) - 7.5  # from the left of a tile to its right
    right = ramp.tile(2).expand(3, 32, 32)
    down = right.transpose(1, 2)
    left_half, turned = right.clone(), right.clone()
    left_half[..., 16:] = 0
    turned[..., 16:] *= -1  # its period is two tiles
    changes = torch.stack((right, down, right + down, left_half, turned, torch.ones(3, 32, 32)))
    energies = repeated_energies(changes, 16) / ramp.square().mean()
    # rows and columns count half each
    assert energies.tolist() == pytest.approx([0.5, 0.5, 1, 0.25 / 2, 0, 0], abs=1e-6)


def test_strokes_here_and_there_have_little_of_it() -> None:
    random = torch.randn(100, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    # the mean over 64 lines and two tiles leaves a 128th of their energy
    assert repeated_energies(random, 32).mean().item() == pytest.approx(1 / 128, rel=0.1)
    # and modulo 4 pixels, that over 64 lines and 16 cells, less the mean of four phases
    assert repeated_energies(random, 4).mean().item() == pytest.approx(3 / 4 / 1024, rel=0.1)
