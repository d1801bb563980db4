"""What a translation has to beat: global color transfer. The other baseline, the source as it is, needs no code."""

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
        """Those of an image (h, w, 3)."""
        lab = to_lab(pixels)
        return cls(lab.mean(axis=(0, 1)), lab.std(axis=(0, 1)))

    @classmethod
    def mean_of(cls, many: Iterable[Self]) -> Self:
        """Those of the average image of a set: the means of its images' means and deviations."""
        means, deviations = zip(*many, strict=True)
        return cls(np.mean(means, axis=0), np.mean(deviations, axis=0))


def color_transfer(pixels: NDArray[np.uint8], target: ColorStatistics) -> NDArray[np.uint8]:
    """Give an image the means and deviations of a target, each channel of Lab for itself.

    Reinhard et al. 2001, 'Color Transfer between Images', equations 10 and 11. The paper works in l-alpha-beta; this is
    CIE Lab, like the palette distance.

    Args:
        pixels: (h, w, 3).
        target: what it shall have; colors that sRGB has not are clipped, so that it may come out a little less.

    Returns:
        (h, w, 3).
    """
    own = ColorStatistics.of(pixels)
    stretch = target.deviation / np.where(own.deviation > 0, own.deviation, 1)
    return from_lab((to_lab(pixels) - own.mean) * stretch + target.mean)
