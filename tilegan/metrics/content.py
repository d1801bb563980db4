"""Metrics of how much of the content of a source is preserved in its output."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tilegan.metrics.lab import LUMA
from tilegan.metrics.pyramid import gaussian_pyramid

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def luminance(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Return BT.601 luma, float64 (h, w) from 0 to 255, of sRGB (h, w, 3)."""
    return torch.from_numpy(pixels @ np.array(LUMA))


def gradient_correlation(source: torch.Tensor, translated: torch.Tensor, levels: int) -> list[float]:
    """Return the cosine between the gradients of two images for each pyramid level.

    1 if all edges have the same positions and directions, whatever the contrast; 0 for unrelated images; -1 for a
    negative. Gradients are central differences of the levels of a Gaussian pyramid; the result is 1 if both are flat,
    and 0 if only one is.

    Args:
        source: luminance (h, w).
        translated: of the same shape.
        levels: number of pyramid levels.

    Returns:
        ``levels`` values, finest first.
    """
    pyramids = (gaussian_pyramid(image[None], levels) for image in (source, translated))
    return [_cosine(_gradient(first[0]), _gradient(second[0])) for first, second in zip(*pyramids, strict=True)]


def ssim(source: torch.Tensor, translated: torch.Tensor) -> float:
    """Return the mean structural similarity of luminance.

    Wang et al. 2004, 'Image Quality Assessment: From Error Visibility to Structural Similarity', equation 13: Gaussian
    windows of 11 x 11 pixels, sigma 1.5, K1 = 0.01, K2 = 0.03, only windows inside the image.

    Args:
        source: (h, w) from 0 to 255, at least 11 x 11.
        translated: of the same shape.
    """
    return float(ssim_map(source, translated).mean())


def ssim_map(source: torch.Tensor, translated: torch.Tensor) -> torch.Tensor:
    """Return the structural similarity of each window of 11 x 11 pixels: (h, w) from 0 to 255 -> (h - 10, w - 10)."""
    x, y = source, translated
    mean_x, mean_y = _average(x), _average(y)
    variance_x, variance_y = _average(x * x) - mean_x**2, _average(y * y) - mean_y**2
    covariance = _average(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return light * structure


def _gradient(image: torch.Tensor) -> torch.Tensor:
    down = image[2:, 1:-1] - image[:-2, 1:-1]
    right = image[1:-1, 2:] - image[1:-1, :-2]
    return torch.stack([down, right])


def _cosine(first: torch.Tensor, second: torch.Tensor) -> float:
    lengths = float(first.norm()), float(second.norm())
    if 0 in lengths:
        return float(lengths[0] == lengths[1])
    return float((first * second).sum()) / (lengths[0] * lengths[1])


def _average(image: torch.Tensor) -> torch.Tensor:
    """Return Gaussian means of all windows inside the image."""
    taps = torch.exp(-((torch.arange(_WINDOW, dtype=image.dtype) - _WINDOW // 2) ** 2) / (2 * _SIGMA**2))
    taps /= taps.sum()
    across = functional.conv2d(image[None, None], taps[None, None, None, :])
    return functional.conv2d(across, taps[None, None, :, None])[0, 0]
