import numpy as np
import pytest
from PIL import Image

from tilegan.gray import gray


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grays_stay_and_colors_get_their_luma(dtype):
    most = np.iinfo(dtype).max
    levels = np.arange(0, most + 1, 1 if most == 255 else 257, dtype=dtype)
    assert np.array_equal(gray(levels[:, None].repeat(3, 1))[:, 0], levels)
    primaries = gray(np.eye(3, dtype=dtype) * dtype(most))[:, 0]
    assert primaries == pytest.approx(np.array([0.299, 0.587, 0.114]) * most, abs=0.51 * most / 255)
    assert primaries.dtype == dtype


def test_it_is_the_luma_of_pillow():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.array_equal(gray(pixels)[..., 0], np.asarray(Image.fromarray(pixels).convert("L")))
