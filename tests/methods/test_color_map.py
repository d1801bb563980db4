"""Color maps against moves that are known."""

import numpy as np
import pytest
import torch

from tilegan.methods.color_map import POWERS, fit_color_map, move_colors
from tilegan.metrics.lab import from_lab, to_lab


def colors_of(seed: int, count: int = 4000) -> np.ndarray:
    """Colors well inside sRGB, so that moves of them are not clipped."""
    random = np.random.default_rng(seed)
    return from_lab(random.normal((55, 5, 10), (12, 8, 10), (count, 3)))


def moved(colors: np.ndarray, color_map: list[list[float]], *shares: float) -> np.ndarray:
    images = torch.from_numpy(colors / 127.5 - 1).T[None, :, :, None]
    found = move_colors(images, torch.tensor(color_map, dtype=torch.float64)[None], *(shares or (1, 1)))
    return ((found[0, :, :, 0].T.numpy() + 1) * 127.5).round()


def test_a_map_takes_one_distribution_to_another() -> None:
    """Each color of a normal distribution has its place in another one with the same axes, linear in Lab."""
    sources = colors_of(0)
    wanted = from_lab((to_lab(sources) - (55, 5, 10)) * (0.8, 1.2, 0.9) + (60, 0, 18))
    targets = from_lab(np.random.default_rng(1).normal((60, 0, 18), (9.6, 9.6, 9), (5000, 3)))
    found = moved(sources, fit_color_map(sources, targets))
    away, before = (np.abs(each - wanted.astype(float)).mean() for each in (found, sources))
    assert away < 3 < 9 < before


def test_half_of_the_way_is_half_of_the_move() -> None:
    sources, targets = colors_of(0), colors_of(1) // 2
    color_map = fit_color_map(sources, targets)
    ends, middle = (sources + moved(sources, color_map)) / 2, moved(sources, color_map, 0.5, 0.5)
    assert np.abs(ends - middle).max() <= 1
    assert np.array_equal(moved(sources, color_map, 0, 0), sources)


def test_lightness_and_the_rest_of_a_color_move_apart() -> None:
    sources = colors_of(0)
    color_map = fit_color_map(sources, (colors_of(1) * (0.9, 0.8, 0.7)).astype(np.uint8))
    results = [moved(sources, color_map, *shares) for shares in ((1, 0), (0, 1), (1, 1))]
    inside = np.all([(each > 0) & (each < 255) for each in results], axis=(0, 2))
    start, lighter, colored, both = (each[inside].astype(float) for each in (sources, *results))
    assert len(start) > 3900
    gray, luma = lighter - start, np.array([0.299, 0.587, 0.114])
    assert np.abs(gray).mean() > 10
    assert np.abs(gray - gray.mean(1, keepdims=True)).max() <= 1  # up to rounding, the same in all channels
    assert np.abs((colored - start) @ luma).max() <= 1
    assert np.abs((lighter - both) @ luma).max() <= 1
    assert np.abs(lighter + colored - start - both).max() <= 2


def test_the_same_colors_hardly_move() -> None:
    sources = colors_of(0)
    assert np.abs(moved(sources, fit_color_map(sources, sources)) - sources).max() <= 1


def test_colors_of_one_image_of_one_color_move_to_the_targets() -> None:
    gray, red = np.full((256, 3), 128, np.uint8), np.full((100, 3), (200, 40, 40), np.uint8)
    color_map = fit_color_map(gray, red)
    assert np.isfinite(color_map).all() and np.shape(color_map) == (len(POWERS), 3) == (20, 3)
    assert moved(gray[:1], color_map)[0] == pytest.approx((200, 40, 40), abs=3)


def test_moved_colors_stay_colors_and_each_image_has_its_own_map() -> None:
    colors = torch.rand(2, 3, 4, 4) * 2 - 1
    maps = torch.zeros(2, 20, 3)
    maps[1, POWERS.index((0, 0, 0))] = torch.tensor([5.0, 0.0, -0.5])
    found = move_colors(colors, maps, 0.5, 0.5)
    assert torch.equal(found[0], colors[0])
    assert torch.equal(found[1, 0], torch.ones(4, 4)) and torch.equal(found[1, 1], colors[1, 1])
    assert torch.allclose(found[1, 2], (colors[1, 2] - 0.25).clamp(-1, 1))
