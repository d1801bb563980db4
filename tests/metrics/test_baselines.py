import numpy as np
import pytest

from tilegan.metrics.baselines import ColorStatistics, color_transfer
from tilegan.metrics.lab import from_lab, to_lab


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # as published for sRGB and D65
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colors(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert to_lab(np.array(rgb, np.uint8)) == pytest.approx(np.array(lab), abs=0.02)


def test_lab_and_back() -> None:
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    pixels = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    np.testing.assert_array_equal(from_lab(to_lab(pixels)), pixels)


def test_transfer_gives_the_targets_statistics() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(80, 170, (60, 50, 3), dtype=np.uint8)
    target = ColorStatistics(np.array([60.0, 5.0, 12.0]), np.array([6.0, 4.0, 8.0]))
    moved = ColorStatistics.of(color_transfer(pixels, target))
    assert moved.mean == pytest.approx(target.mean, abs=0.1)
    assert moved.deviation == pytest.approx(target.deviation, abs=0.1)


def test_its_own_statistics_change_nothing() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(color_transfer(pixels, ColorStatistics.of(pixels)), pixels)


def test_flat_images_take_the_mean() -> None:
    target = ColorStatistics(np.array([50.0, 0.0, 0.0]), np.array([10.0, 10.0, 10.0]))
    assert (color_transfer(np.full((4, 4, 3), 200, np.uint8), target) == 119).all()  # L = 50


def test_a_set_is_the_mean_of_its_images() -> None:
    parts = [ColorStatistics(np.full(3, value), np.full(3, 2 * value)) for value in (1.0, 4.0)]
    mean = ColorStatistics.mean_of(parts)
    assert mean.mean.tolist() == [2.5] * 3
    assert mean.deviation.tolist() == [5] * 3
