"""Metrics inside of holes, and baselines, against numbers computed by hand."""

import math

import numpy as np
import pytest
import torch

from tilegan.metrics.holes import (
    detail_in_holes,
    diffused,
    features_in_holes,
    mean_filled,
    psnr_in_holes,
    ssim_in_holes,
)

MASK = np.zeros((16, 16), np.uint8)
MASK[4:9, 5:11] = 255


def test_only_pixels_in_holes_count() -> None:
    wanted = np.full((16, 16, 3), 100, np.uint8)
    filled = wanted.copy()
    filled[0, 0] = 255
    assert psnr_in_holes(filled, wanted, MASK) == pytest.approx(10 * math.log10(255**2 / 0.01))
    filled[MASK > 0] = 110
    assert psnr_in_holes(filled, wanted, MASK) == pytest.approx(20 * math.log10(255 / 10))
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert ssim_in_holes(noise, noise, MASK) == pytest.approx(1)
    assert ssim_in_holes(mean_filled(noise, MASK), noise, MASK) < 0.7
    assert ssim_in_holes(noise, noise[::-1], np.eye(16, dtype=np.uint8) * 0) == 1


def test_diffusion_continues_a_ramp_and_the_mean_does_not() -> None:
    ramp = np.broadcast_to((np.arange(16) * 10).astype(np.uint8)[None, :, None], (16, 16, 3))
    holed = np.where(MASK[..., None] > 0, np.uint8(0), ramp)
    assert np.abs(diffused(holed, MASK).astype(int) - ramp).max() <= 1
    mean = ramp[MASK == 0].mean().round()
    assert (mean_filled(holed, MASK)[MASK > 0] == mean).all()
    assert (mean_filled(holed, MASK)[MASK == 0] == ramp[MASK == 0]).all()


def test_features_are_compared_where_they_touch_holes() -> None:
    wanted = [torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 2, 2)]
    for tap in wanted:
        tap[:, 0] = 3.0
    filled = [tap.clone() for tap in wanted]
    filled[0][0, :, 0, 0] = torch.tensor([0.0, 1.0])  # beside all holes
    assert features_in_holes(wanted, filled, MASK) == 0
    filled[0][0, :, 2, 3] = torch.tensor([0.0, 5.0])  # of the 3 x 4 positions that touch the hole; at right angles
    filled[1][0, :, 1, 1] = torch.tensor([-1.0, 0.0])  # of the four; opposite
    assert features_in_holes(wanted, filled, MASK) == pytest.approx((2 / 12 + 4 / 4) / 2)


def test_detail_is_that_of_neighbors_in_holes() -> None:
    wanted = np.zeros((16, 16, 3), np.uint8)
    wanted[:, ::2] = 100
    filled = wanted // 4
    filled[0] = 77
    assert detail_in_holes(filled, wanted, MASK) == pytest.approx(0.25)
    assert detail_in_holes(wanted * 0 + 9, wanted, MASK) == 0
    assert detail_in_holes(wanted, wanted * 0, MASK) == 1
