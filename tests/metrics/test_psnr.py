import numpy as np
import pytest

from tilegan.metrics.psnr import psnr


def test_decibels_of_known_differences() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    assert psnr(black, black + 255) == 0
    assert psnr(black + 255, black) == 0
    one = black.copy()
    one[0, 0, 0] = 12  # 144 / 48 = 3
    assert psnr(one, black) == pytest.approx(10 * np.log10(65025 / 3))


def test_equal_images_have_a_number() -> None:
    image = np.full((4, 4, 3), 7, np.uint8)
    assert psnr(image, image) == pytest.approx(68.13, abs=0.01)
