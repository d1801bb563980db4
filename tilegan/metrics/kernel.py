"""How far two sets of pictures are apart, by statistics of their crops: a kernel distance, unbiased for few pictures.

Binkowski et al. 2018, 'Demystifying MMD GANs', section 4: the squared maximum mean discrepancy of a cubic kernel. A
Frechet distance needs covariances: of 384 values, from crops of a few dozen pictures, they are so poor that its bias,
which depends on the number of pictures, is a third of what is measured.
"""

from collections.abc import Sequence

import numpy as np

from tilegan.metrics.views import Statistics


def kernel_distance(first: Sequence[Statistics], second: Sequence[Statistics]) -> float:
    """Squared distance of two sets of pictures; its expectation is 0 for draws of the same, so it may be below 0.

    ``E k(x, x') + E k(y, y') - 2 E k(x, y)`` with ``k(x, y) = (x y / d + 1)^3``. Crops of one picture are alike, so x
    and x' (y and y') are of different pictures of their set: as unbiased as a picture's crops are one draw.

    Args:
        first: of each picture the statistics of its crops, (n_i, d); two pictures or more.
        second: likewise.
    """
    between = _kernel(np.concatenate(first), np.concatenate(second)).mean()
    return float(_within(first) + _within(second) - 2 * between)


def _within(pictures: Sequence[Statistics]) -> float:
    crops = np.concatenate(pictures)
    owners = np.repeat(np.arange(len(pictures)), [len(some) for some in pictures])
    apart = owners[:, None] != owners[None]
    return float(_kernel(crops, crops)[apart].mean())


def _kernel(first: Statistics, second: Statistics) -> Statistics:
    values: Statistics = (first @ second.T / first.shape[1] + 1) ** 3
    return values
