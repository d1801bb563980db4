"""Change between paintings of one photograph, such as those with different codes: of colors, and of the manner."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from tilegan.metrics.lab import to_lab
from tilegan.metrics.sets import Picture
from tilegan.metrics.views import Statistics, View
from tilegan.networks.efficientnet import CHANNELS, EfficientNetFeatures

VISIBLE = 1.0  # units of Lab: mean differences below are hardly visible, even in pictures that alternate
DISTINCT = 0.15  # share of the change of features: pictures with less looked alike


@dataclass(frozen=True)
class Change:
    """Mean change over all pairs of pictures.

    Attributes:
        levels: mean absolute difference of 8-bit values.
        lab: mean distance of colors, in units of Lab.
        features: distance of the statistics of frozen features, as a share of that of a painting from the photograph.
    """

    levels: float
    lab: float
    features: float

    @property
    def visible(self) -> bool:
        """Return whether the pictures differ visibly."""
        return self.lab >= VISIBLE

    @property
    def of_manner(self) -> bool:
        """Return whether they differ in more than places of strokes, or colors."""
        return self.visible and self.features >= DISTINCT


class Changes:
    """Measures changes between paintings of one photograph.

    Args:
        network: the frozen network.
        photograph: uint8 (h, w, 3), at least 16 x 16.
        painting: uint8 (h, w, 3), the painting that others are varied from.
    """

    def __init__(self, network: EfficientNetFeatures, photograph: Picture, painting: Picture) -> None:
        self._network = network
        before = self._statistics(photograph)
        self._scale = _deviations(before) + 1e-3
        self._whole = max(self._distance(before, self._statistics(painting)), 1e-6)

    def between(self, pictures: Sequence[Picture]) -> Change:
        """Return the mean change over all pairs of pictures, uint8 (h, w, 3), at least two."""
        known = [(picture.astype(float), to_lab(picture), self._statistics(picture)) for picture in pictures]
        pairs = list(combinations(known, 2))
        return Change(
            levels=fmean(float(np.abs(first - second).mean()) for (first, *_), (second, *_) in pairs),
            lab=fmean(float(np.linalg.norm(one[1] - other[1], axis=-1).mean()) for one, other in pairs),
            features=fmean(self._distance(one[2], other[2]) for one, other in pairs) / self._whole,
        )

    def _statistics(self, picture: Picture) -> Statistics:
        found: Statistics = View.whole(self._network, picture).statistics[0]
        return found

    def _distance(self, first: Statistics, second: Statistics) -> float:
        return float(np.sqrt(np.square((first - second) / self._scale).mean()))


def _deviations(statistics: Statistics) -> Statistics:
    """Return the deviation of each channel, (384,), in the places of both its mean and its deviation."""
    parts, first = [], 0
    for channels in CHANNELS:
        parts += [statistics[first + channels : first + 2 * channels]] * 2
        first += 2 * channels
    scales: Statistics = np.concatenate(parts)
    return scales
