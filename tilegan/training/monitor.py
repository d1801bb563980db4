"""Metrics of a training on fixed crops: style, content, palette, and signs of collapse."""

import warnings
from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

import numpy as np

from tilegan.errors import CollapseWarning
from tilegan.geometry import means
from tilegan.metrics.content import gradient_correlation, luminance
from tilegan.metrics.lab import to_lab
from tilegan.metrics.psnr import psnr
from tilegan.metrics.pyramid import max_levels
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.metrics.style import style_position

LEAST_SPREAD = 0.3  # relative to the sources: below it nearly all outputs have the same colors
LEAST_CONTENT = 0.3


class Monitor:
    """Measures outputs for the same crops during a training.

    Args:
        sources: uint8 (h, w, 3) each, preferably from held-out images.
        targets: likewise from the target domain, at least two.
        scale: factor by which targets are larger than sources: style and palette are compared at their size.
        correspond: whether each target is the wanted output of its source.
    """

    def __init__(
        self, sources: Sequence[Picture], targets: Sequence[Picture], scale: int = 1, correspond: bool = False
    ) -> None:
        self.sources = sources
        self._scale = scale
        self._wanted = targets if correspond else ()
        enlarged = [picture.repeat(scale, 0).repeat(scale, 1) for picture in sources]
        side = min(min(picture.shape[:2]) for picture in (*enlarged, *targets))
        self._levels, self._style_levels = max_levels(side // scale), max_levels(side)
        middle = len(targets) // 2  # styles alternate, so that each half contains all of them
        halves = targets[:middle], targets[middle:]
        self._size = max(len(sources), *map(len, halves))
        self._targets = Targets(*(self._set_of(half) for half in halves))
        self._of_sources = self._targets.style_distances(self._set_of(enlarged))
        self.spreads = spreads(sources)

    def measure(self, translations: Sequence[Picture]) -> dict[str, float]:
        """Compute metrics of the outputs for the sources.

        Args:
            translations: uint8 (h * n, w * n, 3), one for each source (h, w, 3), where n is a multiple of ``scale``;
                they are reduced to the size of the images that they are compared with.

        Returns:
            ``style``: mean over the levels of a Laplacian pyramid: 0 is as far from the targets as the sources, 1 as
            near as other targets; missing if the sources are as near. ``content``: correlation of gradients with the
            source, mean over the levels. ``palette``: distance of colors to the targets, in units of Lab.
            ``spread_between`` and ``spread_within``: differences of colors between and within the images, relative to
            those of the sources. See ``docs/evaluate.md``. ``psnr``: for pairs, the PSNR of outputs and targets, in dB.
        """
        fine, small = (
            [
                means(picture, picture.shape[0] // (source.shape[0] * scale))
                for source, picture in zip(self.sources, translations, strict=True)
            ]
            for scale in (self._scale, 1)
        )
        own = self._set_of(fine)
        distances = zip(self._of_sources, self._targets.style_distances(own), self._targets.style, strict=True)
        placed = [value for value in (style_position(*three) for three in distances) if value is not None]
        content = [
            fmean(gradient_correlation(luminance(source), luminance(picture), self._levels))
            for source, picture in zip(self.sources, small, strict=True)
        ]
        between, within = (
            spread / max(before, 1e-6) for spread, before in zip(spreads(small), self.spreads, strict=True)
        )
        return (
            ({"style": fmean(placed)} if placed else {})
            | {
                "content": fmean(content),
                "palette": self._targets.palette_distance(own),
                "spread_between": between,
                "spread_within": within,
            }
            | ({"psnr": fmean(map(psnr, fine, self._wanted))} if self._wanted else {})
        )

    def _set_of(self, pictures: Sequence[Picture]) -> StyleSet:
        found = StyleSet(len(pictures), self._style_levels, self._size)
        for picture in pictures:
            found.add(picture)
        return found


def warn_of_collapse(figures: dict[str, float], step: int) -> None:
    """Issue a ``CollapseWarning`` for metrics of ``Monitor.measure`` that indicate a failure."""
    signs = {
        "all pictures get the same colors (mode collapse)": figures["spread_between"] < LEAST_SPREAD,
        "pictures lose their colors (palette collapse)": figures["spread_within"] < LEAST_SPREAD,
        "pictures lose their content": figures["content"] < LEAST_CONTENT,
    }
    for sign, seen in signs.items():
        if seen:
            values = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
            warnings.warn(f"step {step}: {sign}: {values}", CollapseWarning, stacklevel=2)


def spreads(pictures: Sequence[Picture]) -> tuple[float, float]:
    """Return the mean distance of the mean colors of images, and the mean deviation within them, in units of Lab."""
    middles, within = [], []
    for picture in pictures:
        colors = to_lab(picture.reshape(-1, 3))
        middles.append(colors.mean(0))
        within.append(float(np.sqrt(colors.var(0).sum())))
    between = [float(np.linalg.norm(first - second)) for first, second in combinations(middles, 2)]
    return fmean(between) if between else 0.0, fmean(within)
