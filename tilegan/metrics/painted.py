"""Whether crops are taken for the target's: linear probes of frozen features, each scoring only what is new to it.

A probe is a logistic regression (Alain and Bengio 2016, 'Understanding intermediate layers using linear classifier
probes'), fitted by Newton's method in float64: nothing is drawn by chance.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from tilegan.metrics.views import Statistics

FOLDS = 5
PENALTY = 0.03  # of the squared weights, beside the mean loss
_STEPS = 50
_SETTLED = 1e-8
_LEAST = 1e-6  # deviation of a value, and curvature: keeps what never changes finite


class Crops(NamedTuple):
    """Of one picture.

    Attributes:
        number: of its file: what is made of one file in several ways has one number.
        statistics: (n, d), of its crops.
    """

    number: int
    statistics: Statistics


class Probe(NamedTuple):
    """A linear function of standardized values.

    Attributes:
        mean, deviation: (d,), by which values are standardized.
        weights: (d,), of the standardized ones.
        offset: added to their sum.
    """

    mean: Statistics
    deviation: Statistics
    weights: Statistics
    offset: float

    @classmethod
    def fit(cls, sources: Statistics, targets: Statistics) -> Self:
        """Tell targets (m, d) from sources (n, d); both sets weigh the same, however large they are.

        Minimises the mean of ``log(1 + exp(-s x))``, s = 1 for targets and -1 for sources, plus ``PENALTY / 2`` times
        the squared weights.
        """
        both = np.concatenate([sources, targets])
        shares = np.concatenate([np.full(len(some), 0.5 / len(some)) for some in (sources, targets)])
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
        """Of each crop (n, d) to be a target's: (n,)."""
        odds: Statistics = ((crops - self.mean) / self.deviation) @ self.weights + self.offset
        return odds


class Probes:
    """As many probes as there are folds; a picture is scored by the one that has not learned from its file.

    Args:
        sources: pictures of files of at least two numbers.
        targets: likewise; what their numbers name is other files.
    """

    def __init__(self, sources: Sequence[Crops], targets: Sequence[Crops]) -> None:
        self._folds = min(FOLDS, *(len({crops.number for crops in some}) for some in (sources, targets)))
        self._probes = [
            Probe.fit(*(self._all_but(fold, some) for some in (sources, targets))) for fold in range(self._folds)
        ]

    def log_odds(self, picture: Crops) -> Statistics:
        """Of each crop of a source, of what is made of it, or of a target to be a target's: (n,)."""
        return self._probes[picture.number % self._folds].log_odds(picture.statistics)

    def _all_but(self, fold: int, pictures: Sequence[Crops]) -> Statistics:
        return np.concatenate([some.statistics for some in pictures if some.number % self._folds != fold])
