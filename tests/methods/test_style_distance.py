"""Distances of distributions of features."""

import pytest
import torch

from tilegan.methods.style_distance import LEAST, palette_regions, region_of, regional_distance, sliced_distance


def test_distances_are_of_sorted_projections() -> None:
    made, wanted = torch.tensor([[2.0, 7.0], [0.0, 5.0]]), torch.tensor([[1.0, 5.0], [3.0, 8.0]])
    # along x (0, 2) and (1, 3): 1, 1; along y (5, 7) and (5, 8): 0, 1
    assert sliced_distance(made, wanted, torch.eye(2)).item() == pytest.approx((1 + 1 + 0 + 1) / 4)
    slanted = torch.tensor([[0.6], [0.8]])  # (4, 6.8) and (4.6, 8.2)
    assert sliced_distance(made, wanted, slanted).item() == pytest.approx((0.6**2 + 1.4**2) / 2)
    with torch.autocast("cpu", torch.bfloat16):
        assert sliced_distance(made, wanted, slanted).item() == pytest.approx((0.6**2 + 1.4**2) / 2)


def test_more_vectors_are_compared_at_the_same_quantiles() -> None:
    made, wanted = torch.tensor([[2.0], [0.0]]), torch.tensor([[3.0], [1.0], [0.0], [2.0]])
    # a quarter and three quarters of 0, 1, 2, 3 are 0.5 and 2.5
    assert sliced_distance(made, wanted, torch.ones(1, 1)).item() == pytest.approx(0.5**2)
    assert sliced_distance(wanted[:1], made, torch.ones(1, 1)).item() == pytest.approx((3 - 1) ** 2)


def test_regions_are_the_means_of_groups_of_colors() -> None:
    dark, light = [[-1.0, -1.0, -0.8], [-1.0, -0.8, -1.0]], [[0.9, 0.9, 0.9], [0.7, 0.9, 0.9], [0.5, 0.9, 0.9]]
    tones = torch.tensor([light[0], *dark, *light[1:]])
    centers = palette_regions(tones, 2)
    assert torch.allclose(centers, torch.tensor([[-1.0, -0.9, -0.9], [0.7, 0.9, 0.9]]))
    assert region_of(tones, centers).tolist() == [1, 0, 0, 1, 1]
    assert torch.allclose(palette_regions(tones, 1), tones.mean(0, keepdim=True))
    assert torch.equal(palette_regions(tones[:1], 3), tones[:1].expand(3, 3))  # fewer colors than regions


def test_vectors_are_compared_with_those_of_their_region_alone() -> None:
    one = torch.ones(1, 1)
    made = torch.tensor([0.0] * 24 + [5.0] * 8)[:, None]
    wanted = torch.tensor([1.0] * 8 + [7.0] * 16)[:, None]
    places = (made[:, 0] > 2).long(), (wanted[:, 0] > 2).long()
    assert regional_distance(made, wanted, places, one).item() == pytest.approx(0.75 * 1**2 + 0.25 * 2**2)
    together = (torch.zeros(32, dtype=torch.int64), torch.zeros(24, dtype=torch.int64))
    expected = sliced_distance(made, wanted, one).item()
    assert regional_distance(made, wanted, together, one).item() == pytest.approx(expected)
    few = places[0], torch.tensor([0] * 8 + [1] * (LEAST - 1) + [2] * (16 - LEAST + 1))
    assert regional_distance(made, wanted, few, one).item() == pytest.approx(0.75 * 1**2)  # region 1 has too few
