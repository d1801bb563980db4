"""Skewness of lightness gradients, as statistics in which generated images should resemble a painter's.

Strokes that all have a bright edge on one side and a dark one on the other look embossed, as if lit from there: the
gradients in this direction are then skewed. Discriminators accept this in each crop; the distribution over all crops
tells the difference (see ``style_memory``).
"""

import torch
from torch import nn

from tilegan.metrics.lab import LUMA

SIZES = 3  # gradients over 1, 2 and 4 pixels
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows and columns: to the right, down, and along both diagonals
SKEWNESSES = SIZES * len(STEPS)
_LEAST_VARIANCE = 1e-4  # of gradients, below which there is no relief


def gradient_skewness(images: torch.Tensor) -> torch.Tensor:
    """Return the skewness of luma gradients in four directions, ``E[g^3] / E[g^2]^1.5``: 0 without relief.

    Args:
        images: float (N, 3, H, W) in [-1, 1], H and W multiples of 4.

    Returns:
        float32 (N, 12): for gradients over 1, 2 and 4 pixels (of a mean pyramid) the skewness to the right, down, down
        to the right, and down to the left.
    """
    luma = (images.float() * images.new_tensor(LUMA).float().reshape(3, 1, 1)).sum(1)
    parts = []
    for _ in range(SIZES):
        parts += [_skewness(luma, *step) for step in STEPS]
        luma = nn.functional.avg_pool2d(luma, 2)
    return torch.stack(parts, 1)


def _skewness(luma: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Return the skewness of differences to the pixel that is so many rows and columns away, (N, H, W) -> (N,)."""
    height, width = luma.shape[1:]
    before = luma[:, : height - rows, max(0, -columns) : width - max(0, columns)]
    after = luma[:, rows:, max(0, columns) : width - max(0, -columns)]
    gradients = (after - before).flatten(1)
    return gradients.pow(3).mean(1) / (gradients.square().mean(1) + _LEAST_VARIANCE).pow(1.5)
