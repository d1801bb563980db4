"""The baseline of global color transfer. The other baseline, the unchanged source, needs no code."""

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.metrics.lab import from_lab, to_lab


class ColorStatistics(NamedTuple):
    """Means and standard deviations of L, a and b, (3,) each."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> Self:
        """Return the statistics of an image (h, w, 3)."""
        lab = to_lab(pixels)
        return cls(lab.mean(axis=(0, 1)), lab.std(axis=(0, 1)))

    @classmethod
    def mean_of(cls, many: Iterable[Self]) -> Self:
        """Return the average of the statistics of a set of images."""
        means, deviations = zip(*many, strict=True)
        return cls(np.mean(means, axis=0), np.mean(deviations, axis=0))


def color_transfer(pixels: NDArray[np.uint8], target: ColorStatistics) -> NDArray[np.uint8]:
    """Give an image the means and standard deviations of a target, separately for each channel of Lab.

    Reinhard et al. 2001, 'Color Transfer between Images', equations 10 and 11. The paper works in l-alpha-beta; this is
    CIE Lab, like the palette distance.

    Args:
        pixels: (h, w, 3).
        target: the wanted statistics; colors outside sRGB are clipped, so that they may not be reached exactly.

    Returns:
        (h, w, 3).
    """
    own = ColorStatistics.of(pixels)
    stretch = target.deviation / np.where(own.deviation > 0, own.deviation, 1)
    return from_lab((to_lab(pixels) - own.mean) * stretch + target.mean)
