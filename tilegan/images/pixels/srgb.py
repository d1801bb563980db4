"""The transfer curve of sRGB: levels to linear light and back.

Source: IEC 61966-2-1. Light 0 is black and 1 is white.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels

Floats = NDArray[np.floating[Any]]


@lru_cache
def light_of_levels(levels: np.dtype[Any]) -> NDArray[np.float64]:
    """Return the linear light of every level of a dtype, uint8 or uint16."""
    value = np.linspace(0, 1, np.iinfo(levels).max + 1)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def levels_of_light(light: Floats, levels: np.dtype[Any]) -> Pixels:
    """Convert linear light to the nearest levels of a dtype, uint8 or uint16; light is clipped to 0 to 1."""
    light = light.clip(0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * np.iinfo(levels).max + 0.5).astype(levels)
