"""Similarity of the structure of two images, by frozen features."""

from collections.abc import Sequence

import torch
from torch.nn import functional


def structure(source: torch.Tensor, made: torch.Tensor) -> float:
    """Return the cosine of deep features of two images, minus the mean of each channel over the image.

    1 for the same image, up to a constant per channel; 0 for unrelated ones; 1 if both are flat, and 0 if only one is.

    Args:
        source: (n, C, h, w), one image or crops of one.
        made: of the same shape.
    """
    first, second = (features - features.mean((0, 2, 3), keepdim=True) for features in (source.double(), made.double()))
    lengths = float(first.norm()), float(second.norm())
    if 0 in lengths:
        return float(lengths[0] == lengths[1])
    return float((first * second).sum()) / (lengths[0] * lengths[1])


def feature_distance(source: Sequence[torch.Tensor], made: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the mean over taps of the squared distance of features, normalized to unit vectors at each position.

    Zhang et al. 2018, 'The Unreasonable Effectiveness of Deep Features as a Perceptual Metric', equation 1, with all
    weights 1 and the mean over taps instead of the sum: 0 for the same image, at most 4.

    Args:
        source: features by tap, float (n, C, h, w).
        made: likewise.

    Returns:
        scalar.
    """
    pairs = zip(source, made, strict=True)
    apart = [(functional.normalize(one) - functional.normalize(other)).square().sum(1).mean() for one, other in pairs]
    return torch.stack(apart).mean()
