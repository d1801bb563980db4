"""Selection of the channels that a generator takes: all of them, or luma."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.metrics.lab import LUMA

# in parts of 65536; together they are just that, so that grays stay what they are
WEIGHTS = tuple(round(65536 * weight) for weight in LUMA)


def gray(pixels: NDArray[np.unsignedinteger[Any]]) -> Pixels:
    """Return BT.601 luma, rounded to the nearest integer.

    Args:
        pixels: uint8 or uint16 (..., 3).

    Returns:
        (..., 1) of the same dtype.
    """
    total = np.full((*pixels.shape[:-1], 1), 2**15, np.uint32)
    for channel, weight in enumerate(WEIGHTS):
        total[..., 0] += np.uint32(weight) * pixels[..., channel]
    total >>= 16
    return total.astype(pixels.dtype)


def seen(pixels: NDArray[np.unsignedinteger[Any]], channels: int) -> Pixels:
    """Return the channels of an image, or a part of it, that a generator takes.

    Args:
        pixels: uint8 or uint16 (..., 3), or (..., channels).
        channels: 1 for luma, 3, or more with further planes, which are 0 if they are missing.

    Returns:
        (..., channels) of the same dtype.
    """
    if channels == 1:
        return gray(pixels)
    beside = channels - pixels.shape[-1]
    return np.pad(pixels, [(0, 0)] * (pixels.ndim - 1) + [(0, beside)]) if beside else pixels
