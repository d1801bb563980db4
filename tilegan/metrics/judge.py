"""Position of stylized images between sources and targets, by frozen features of crops."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from tilegan.metrics.kernel import kernel_distance
from tilegan.metrics.painted import Crops, Probes
from tilegan.metrics.style import style_position
from tilegan.metrics.views import Statistics

LEAST_TARGETS = 4  # two in each half: distances within a set are of different pictures


@dataclass(frozen=True)
class Verdict:
    """Metrics of a set of images; None if there are too few files.

    Attributes:
        taken: share of crops that a probe classifies as target, 0 to 1.
        log_odds: mean log-odds of crops, from the probes; only differences are meaningful.
        painted: position of the log-odds between the sources (0) and targets unknown to the probe (1).
        distance: squared kernel distance to the targets, mean over both halves.
        near: position of the distance between the sources (0) and that of one half of the targets to the other (1).
    """

    taken: float | None
    log_odds: float | None
    painted: float | None
    distance: float | None
    near: float | None


class Judge:
    """Compares sets of images with sources and targets.

    Args:
        translated: crops of the sources that are stylized.
        others: crops of further sources, on which probes are trained as well; the same files have the same numbers.
        targets: crops of targets with different numbers, in order; every second one is in the second half.
    """

    def __init__(self, translated: Sequence[Crops], others: Sequence[Crops], targets: Sequence[Crops]) -> None:
        sources = [*translated, *others]
        known = [np.concatenate([crops.statistics for crops in pictures]) for pictures in (sources, targets)]
        self._mean = np.mean([statistics.mean(axis=0) for statistics in known], axis=0)
        self._deviation = np.sqrt(np.mean([statistics.var(axis=0) for statistics in known], axis=0)) + 1e-6
        numbers = ({crops.number for crops in pictures} for pictures in (sources, targets))
        self._probes = Probes(sources, targets) if min(map(len, numbers)) > 1 else None
        self._halves = [[self._standard(crops) for crops in targets[half::2]] for half in (0, 1)]
        self._measures = len(targets) >= LEAST_TARGETS and len(translated) > 1
        self._real_distance = kernel_distance(*self._halves) if self._measures else None
        self._source = self._figures(translated)
        self._real = self._figures(targets)

    @property
    def real(self) -> Verdict:
        """Return the metrics of the targets themselves, each by a probe that was not trained on it."""
        taken, odds, _ = self._real
        placed = None if odds is None else 1.0, None if self._real_distance is None else 1.0
        return Verdict(taken, odds, placed[0], self._real_distance, placed[1])

    def of(self, made: Sequence[Crops]) -> Verdict:
        """Return the metrics of stylized sources; images have the numbers of their source files."""
        taken, odds, distance = self._figures(made)
        painted = near = None
        if odds is not None and self._source[1] is not None and self._real[1] is not None:
            painted = style_position(-self._source[1], -odds, -self._real[1])
        if distance is not None and self._source[2] is not None and self._real_distance is not None:
            near = style_position(self._source[2], distance, self._real_distance)
        return Verdict(taken, odds, painted, distance, near)

    def _figures(self, pictures: Sequence[Crops]) -> tuple[float | None, float | None, float | None]:
        """Return the share classified as target, the mean log-odds, and the distance to the targets."""
        taken = odds = distance = None
        if self._probes is not None:
            every = np.concatenate([self._probes.log_odds(crops) for crops in pictures])
            taken, odds = float(np.mean(every > 0)), float(np.mean(every))
        if self._measures:
            standard = [self._standard(crops) for crops in pictures]
            distance = fmean(kernel_distance(standard, half) for half in self._halves)
        return taken, odds, distance

    def _standard(self, crops: Crops) -> Statistics:
        standard: Statistics = (crops.statistics - self._mean) / self._deviation
        return standard
