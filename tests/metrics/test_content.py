import numpy as np
import pytest
import torch

from tilegan.metrics.content import gradient_correlation, luminance, ssim


@pytest.fixture
def image() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).uniform(60, 190, (64, 96)))


def test_luminance_of_primaries() -> None:
    pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    assert luminance(pixels)[0].tolist() == pytest.approx([76.245, 149.685, 29.07, 255])


def test_contrast_and_light_keep_the_gradients(image: torch.Tensor) -> None:
    assert gradient_correlation(image, 0.5 * image + 20, 3) == pytest.approx([1, 1, 1])
    assert gradient_correlation(image, 255 - image, 3) == pytest.approx([-1, -1, -1])


def test_other_images_do_not_correlate(image: torch.Tensor) -> None:
    other = torch.from_numpy(np.random.default_rng(3).uniform(0, 255, (64, 96)))
    assert abs(gradient_correlation(image, other, 1)[0]) < 0.1


def test_slopes_by_hand() -> None:
    # gradients (2, 0) and (2, 2) everywhere: an angle of 45 degrees
    down, right = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    assert gradient_correlation(down, down + right, 1) == pytest.approx([np.sqrt(0.5)])
    flat = torch.zeros(16, 16)
    assert gradient_correlation(down, flat, 1) == [0]
    assert gradient_correlation(flat, flat + 9, 1) == [1]


def test_ssim_of_flat_images_is_that_of_their_light() -> None:
    first, second = torch.full((20, 20), 100.0).double(), torch.full((20, 20), 150.0).double()
    bend = (0.01 * 255) ** 2
    assert ssim(first, second) == pytest.approx((2 * 100 * 150 + bend) / (100**2 + 150**2 + bend))


def test_ssim_equals_the_formula_window_by_window(image: torch.Tensor) -> None:
    first, second = image[:14, :15].numpy(), (255 - 0.7 * image[:14, :15] ** 0.99).numpy()
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    weights = np.outer(taps, taps) / taps.sum() ** 2
    found = []
    for top in range(4):
        for left in range(5):
            x, y = (part[top : top + 11, left : left + 11] for part in (first, second))
            mx, my = (weights * x).sum(), (weights * y).sum()
            vx, vy, c = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum(), 0.0
            c = (weights * (x - mx) * (y - my)).sum()
            c1, c2 = 2.55**2, 7.65**2
            found.append((2 * mx * my + c1) * (2 * c + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    assert ssim(torch.from_numpy(first), torch.from_numpy(second)) == pytest.approx(np.mean(found))


def test_an_image_is_similar_to_itself(image: torch.Tensor) -> None:
    assert ssim(image, image) == pytest.approx(1)
