"""What generators look at of pixels: all of them, or shades of gray."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.metrics.lab import LUMA

# in parts of 65536; together they are just that, so that grays stay what they are
WEIGHTS = tuple(round(65536 * weight) for weight in LUMA)


def gray(pixels: NDArray[np.unsignedinteger[Any]]) -> Pixels:
    """Luma of BT.601, rounded to the nearest level.

    Args:
        pixels: uint8 or uint16 (..., 3).

    Returns:
        (..., 1) of the same type.
    """
    total = np.full((*pixels.shape[:-1], 1), 2**15, np.uint32)
    for channel, weight in enumerate(WEIGHTS):
        total[..., 0] += np.uint32(weight) * pixels[..., channel]
    total >>= 16
    return total.astype(pixels.dtype)


def seen(pixels: NDArray[np.unsignedinteger[Any]], channels: int) -> Pixels:
    """What a generator of so many channels looks at of an image or a part of it.

    Args:
        pixels: uint8 or uint16 (..., 3), or (..., channels).
        channels: 1 for luma, 3, or more for planes beside the colors, which are 0 where they are not given.

    Returns:
        (..., channels) of the same type.
    """
    if channels == 1:
        return gray(pixels)
    beside = channels - pixels.shape[-1]
    return np.pad(pixels, [(0, 0)] * (pixels.ndim - 1) + [(0, beside)]) if beside else pixels
