"""How much of what a picture shows is where it was, as a frozen network sees it."""

from collections.abc import Sequence

import torch
from torch.nn import functional


def structure(source: torch.Tensor, made: torch.Tensor) -> float:
    """Cosine of two pictures' deep features, each channel's mean over its picture removed.

    1 for the same picture, whatever all of it has more or less of; 0 for unrelated ones; 1 where both are flat and 0
    where only one is.

    Args:
        source: (n, C, h, w), one picture or crops of one.
        made: of the same shape.
    """
    first, second = (features - features.mean((0, 2, 3), keepdim=True) for features in (source.double(), made.double()))
    lengths = float(first.norm()), float(second.norm())
    if 0 in lengths:
        return float(lengths[0] == lengths[1])
    return float((first * second).sum()) / (lengths[0] * lengths[1])


def feature_distance(source: Sequence[torch.Tensor], made: Sequence[torch.Tensor]) -> torch.Tensor:
    """Mean over taps of the squared distance of features that are made unit vectors at each place.

    Zhang et al. 2018, 'The Unreasonable Effectiveness of Deep Features as a Perceptual Metric', equation 1, with all
    weights 1 and the mean over taps instead of the sum: 0 for the same picture, at most 4.

    Args:
        source: by tap, float (n, C, h, w).
        made: likewise.

    Returns:
        scalar.
    """
    pairs = zip(source, made, strict=True)
    apart = [(functional.normalize(one) - functional.normalize(other)).square().sum(1).mean() for one, other in pairs]
    return torch.stack(apart).mean()
