"""How near an image is to the one that it should be."""

import math

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-2  # mean squared difference, in levels: equal images get 68 dB, so that means over images stay numbers


def psnr(made: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio, ``10 log10(255^2 / mean squared difference)`` over all values, in dB; at most 68.

    (The paper of SRGAN, Ledig et al. 2017, table 2, has it of luma alone.)

    Args:
        made: sRGB (h, w, 3).
        wanted: of the same shape.
    """
    difference = np.square(made.astype(np.float64) - wanted).mean()
    return 10 * math.log10(255**2 / max(float(difference), LEAST))
