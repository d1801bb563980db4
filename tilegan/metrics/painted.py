"""Classification of crops as target: linear probes of frozen features, which score only files they were not trained on.

A probe is a logistic regression (Alain and Bengio 2016, 'Understanding intermediate layers using linear classifier
probes'), fitted by Newton's method in float64: the result is deterministic.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from tilegan.metrics.views import Statistics

FOLDS = 5
PENALTY = 0.03  # weight of the squared weights relative to the mean loss
_STEPS = 50
_SETTLED = 1e-8
_LEAST = 1e-6  # smallest deviation of a value, and curvature: keeps constants finite


class Crops(NamedTuple):
    """The crops of one image.

    Attributes:
        number: number of its file; results of the same file have the same number.
        statistics: statistics (n, d) of its crops.
    """

    number: int
    statistics: Statistics


class Probe(NamedTuple):
    """A linear function of standardized values.

    Attributes:
        mean, deviation: (d,), for standardizing values.
        weights: (d,), weights of the standardized values.
        offset: constant that is added.
    """

    mean: Statistics
    deviation: Statistics
    weights: Statistics
    offset: float

    @classmethod
    def fit(cls, sources: Statistics, targets: Statistics) -> Self:
        """Fit a classifier of targets (m, d) and sources (n, d); both sets have the same weight, whatever their sizes.

        It minimizes the mean of ``log(1 + exp(-s x))``, s = 1 for targets and -1 for sources, plus ``PENALTY / 2``
        times the squared weights.
        """
        both = np.concatenate([sources, targets])
        shares = np.concatenate([np.full(len(crops), 0.5 / len(crops)) for crops in (sources, targets)])
        wanted = np.repeat([0.0, 1.0], [len(sources), len(targets)])
        mean = shares @ both
        deviation = np.sqrt(shares @ (both - mean) ** 2) + _LEAST
        known = np.column_stack([(both - mean) / deviation, np.ones(len(both))])
        penalty = PENALTY * np.array([*np.ones(both.shape[1]), 0])
        found = np.zeros(known.shape[1])
        for _ in range(_STEPS):
            chances = 0.5 * (1 + np.tanh(known @ found / 2))
            slope = known.T @ (shares * (chances - wanted)) + penalty * found
            curves = shares * (chances * (1 - chances) + _LEAST)
            step = np.linalg.solve((known.T * curves) @ known + np.diag(penalty), slope)
            found = found - step
            if np.abs(step).max() < _SETTLED:
                break
        return cls(mean, deviation, found[:-1], float(found[-1]))

    def log_odds(self, crops: Statistics) -> Statistics:
        """Return the log-odds that each crop (n, d) is from a target: (n,)."""
        odds: Statistics = ((crops - self.mean) / self.deviation) @ self.weights + self.offset
        return odds


class Probes:
    """One probe per fold; an image is scored by the probe that was not trained on its file.

    Args:
        sources: images with at least two different file numbers.
        targets: likewise; their numbers refer to other files.
    """

    def __init__(self, sources: Sequence[Crops], targets: Sequence[Crops]) -> None:
        self._folds = min(FOLDS, *(len({crops.number for crops in pictures}) for pictures in (sources, targets)))
        self._probes = [
            Probe.fit(self._all_but(fold, sources), self._all_but(fold, targets)) for fold in range(self._folds)
        ]

    def log_odds(self, picture: Crops) -> Statistics:
        """Return the log-odds that each crop of a source, of its output, or of a target is from a target: (n,)."""
        return self._probes[picture.number % self._folds].log_odds(picture.statistics)

    def _all_but(self, fold: int, pictures: Sequence[Crops]) -> Statistics:
        return np.concatenate([crops.statistics for crops in pictures if crops.number % self._folds != fold])
