"""Peak signal-to-noise ratio of an image and its reference."""

import math

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-2  # lower bound of the mean squared difference: equal images have 68 dB, so that means are finite


def psnr(made: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio, ``10 log10(255^2 / mean squared difference)`` over all values, in dB.

    It is at most 68 dB. (The paper of SRGAN, Ledig et al. 2017, table 2, computes it of luma only.)

    Args:
        made: sRGB (h, w, 3).
        wanted: of the same shape.
    """
    difference = np.square(made.astype(np.float64) - wanted).mean()
    return 10 * math.log10(255**2 / max(float(difference), LEAST))
