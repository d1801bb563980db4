"""Color spaces: sRGB to CIE L*a*b* and back, as floats (in which equal distances look about equal), and luma."""

import numpy as np
from numpy.typing import NDArray

LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue (ITU-R BT.601)
# IEC 61966-2-1: linear sRGB to XYZ; rows sum to the white point D65
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)
_BEND = 6 / 29  # threshold of CIE 15 between cube root and line

Lab = NDArray[np.float64]


def to_lab(pixels: NDArray[np.uint8]) -> Lab:
    """Convert 8-bit sRGB (..., 3) to Lab (..., 3): L from 0 to 100, a and b about -110 to 110 (CIE 15, white D65)."""
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)[pixels]
    ratios = linear @ (_TO_XYZ / _WHITE[:, None]).T
    x, y, z = np.moveaxis(np.where(ratios > _BEND**3, np.cbrt(ratios), ratios / (3 * _BEND**2) + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_lab(lab: Lab) -> NDArray[np.uint8]:
    """Convert Lab to 8-bit sRGB, rounded; colors outside sRGB are clipped per channel."""
    y = (lab[..., 0] + 16) / 116
    bent = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    ratios = np.where(bent > _BEND, bent**3, 3 * _BEND**2 * (bent - 4 / 29))
    linear = ((ratios * _WHITE) @ np.linalg.inv(_TO_XYZ).T).clip(0, 1)
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    pixels: NDArray[np.uint8] = (255 * levels + 0.5).astype(np.uint8)
    return pixels
