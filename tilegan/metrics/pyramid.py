"""Gaussian and Laplacian pyramids (Burt and Adelson 1983, 'The Laplacian Pyramid as a Compact Image Code')."""

from itertools import pairwise

import torch
from torch.nn import functional

COARSEST = 16  # pixels: the short side of the last level has at least these


def max_levels(side: int) -> int:
    """Return the number of levels for a short side of ``side`` pixels, at least 16: the last has 16 to 31 pixels."""
    return (side // COARSEST).bit_length()


def gaussian_pyramid(image: torch.Tensor, levels: int) -> list[torch.Tensor]:
    """Return an image and its reductions by 2, 4, 8 ...: level 0 is the image itself without odd rows at its ends.

    Args:
        image: float (C, h, w).
        levels: at most ``max_levels(min(h, w))``.

    Returns:
        ``levels`` images (C, h / 2^k, w / 2^k); h and w are cut to multiples of 2^(levels - 1), so that all fit.
    """
    multiple = 1 << (levels - 1)
    height, width = (side // multiple * multiple for side in image.shape[1:])
    pyramid = [image[:, :height, :width]]
    for _ in range(levels - 1):
        pyramid.append(_blur(pyramid[-1])[:, ::2, ::2])
    return pyramid


def laplacian_pyramid(image: torch.Tensor, levels: int) -> list[torch.Tensor]:
    """Return differences of each Gaussian level and the next one, enlarged; the last level is unchanged."""
    pyramid = gaussian_pyramid(image, levels)
    finer = [fine - _enlarge(coarse) for fine, coarse in pairwise(pyramid)]
    return [*finer, pyramid[-1]]


def _blur(image: torch.Tensor) -> torch.Tensor:
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=image.dtype) / 16
    padded = functional.pad(image[:, None], (2, 2, 2, 2), mode="reflect")
    across = functional.conv2d(padded, taps[None, None, None, :])
    return functional.conv2d(across, taps[None, None, :, None])[:, 0]


def _enlarge(image: torch.Tensor) -> torch.Tensor:
    channels, height, width = image.shape
    sparse = image.new_zeros(channels, 2 * height, 2 * width)
    sparse[:, ::2, ::2] = 4 * image
    return _blur(sparse)
