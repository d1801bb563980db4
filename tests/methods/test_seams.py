"""What repeats with a period, against patterns that are known."""

import pytest
import torch

from tilegan.methods.seams import common_energy, seam_energies, weave_patterns


def test_energies_are_of_what_repeats_with_the_tile_alone() -> None:
    ramp = torch.arange(16.0) - 7.5  # from the left of a tile to its right
    right = ramp.tile(2).expand(3, 32, 32)
    down = right.transpose(1, 2)
    left_half, turned = right.clone(), right.clone()
    left_half[..., 16:] = 0
    turned[..., 16:] *= -1  # its period is two tiles
    changes = torch.stack((right, down, right + down, left_half, turned, torch.ones(3, 32, 32)))
    energies = seam_energies(changes) / ramp.square().mean()
    # rows and columns count half each
    assert energies.tolist() == pytest.approx([0.5, 0.5, 1, 0.25 / 2, 0, 0], abs=1e-6)


def test_strokes_here_and_there_have_little_of_it() -> None:
    random = torch.randn(100, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    # the mean over 64 lines and two tiles leaves a 128th of their energy
    assert seam_energies(random).mean().item() == pytest.approx(1 / 128, rel=0.1)


def weave_energy(images: torch.Tensor, cell: int, codes: torch.Tensor | None = None) -> float:
    return common_energy(weave_patterns(images, cell), codes).item()


def test_the_weave_is_what_images_have_in_common() -> None:
    pattern = torch.tensor([[0.3, -0.1], [-0.1, -0.1]])
    woven = pattern.tile(8, 8).expand(4, 3, 16, 16)
    energy = pattern.square().mean().item()
    assert weave_energy(woven, 2) == pytest.approx(energy)
    assert weave_energy(woven + torch.arange(4.0)[:, None, None, None], 2) == pytest.approx(energy)
    assert weave_energy(torch.cat((woven, -woven)), 2) == pytest.approx(energy * (0 - 8) / (8 * 7))
    assert weave_energy(woven[:1], 2) == 0
    random = torch.randn(400, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    own = 15 / 16 / 64  # of a single image's pattern
    assert abs(weave_energy(random, 4)) < own / 400


def test_opposite_weaves_of_two_codes_are_as_bad_as_one_weave() -> None:
    pattern = torch.tensor([[0.3, -0.1], [-0.1, -0.1]])
    woven = pattern.tile(8, 8).expand(2, 3, 16, 16)
    images = torch.cat((woven, -woven))[[0, 2, 1, 3]]
    energy = pattern.square().mean().item()
    codes = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    assert weave_energy(images, 2, codes) == pytest.approx(energy)
    assert weave_energy(images, 2) == pytest.approx(-energy / 3)
    assert weave_energy(images[:2], 2, codes[:2]) == 0
