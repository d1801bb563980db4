"""Kernel distance of two sets of images by statistics of their crops, unbiased for few images.

Binkowski et al. 2018, 'Demystifying MMD GANs', section 4: the squared maximum mean discrepancy of a cubic kernel. A
Frechet distance needs covariances: those of 384 values from crops of a few dozen images are so inaccurate that its
bias, which depends on the number of images, is a third of the measured value.
"""

from collections.abc import Sequence

import numpy as np

from tilegan.metrics.views import Statistics


def kernel_distance(first: Sequence[Statistics], second: Sequence[Statistics]) -> float:
    """Return the squared distance of two sets of images; its expectation for equal distributions is 0.

    It may be negative. It is ``E k(x, x') + E k(y, y') - 2 E k(x, y)`` with ``k(x, y) = (x y / d + 1)^3``. Crops of one
    image are correlated, so x and x' (y and y') are from different images of their set: it is unbiased if the crops of
    an image are regarded as one draw.

    Args:
        first: for each image the statistics of its crops, (n_i, d); two images or more.
        second: likewise.
    """
    between = _kernel(np.concatenate(first), np.concatenate(second)).mean()
    return float(_within(first) + _within(second) - 2 * between)


def _within(pictures: Sequence[Statistics]) -> float:
    crops = np.concatenate(pictures)
    owners = np.repeat(np.arange(len(pictures)), [len(crops) for crops in pictures])
    apart = owners[:, None] != owners[None]
    return float(_kernel(crops, crops)[apart].mean())


def _kernel(first: Statistics, second: Statistics) -> Statistics:
    values: Statistics = (first @ second.T / first.shape[1] + 1) ** 3
    return values
