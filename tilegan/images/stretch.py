"""Values of any numeric type to 8-bit levels, by one rule for the whole image.

The rule: 8-bit values stay as they are; values of fewer bits fill 0..255; for all other types the levels 0 and 255 are
the 0.5th and 99.5th percentile of the valid, finite values of an overview, over the bands that are read together, so
that colours keep their balance. What lies beyond is clipped; values that are no number become 0.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

OVERVIEW = 1024  # longest side of the overview that percentiles are taken from, in pixels
PERCENTILES = (0.5, 99.5)
_ROWS = 256


@dataclass(frozen=True)
class Stretch:
    """A linear map that takes ``low`` to level 0 and ``high`` to level 255."""

    low: float = 0.0
    high: float = 255.0

    @classmethod
    def measure(cls, values: NDArray[Any], valid: NDArray[np.bool_] | None = None) -> Self:
        """The stretch of an image from an overview of it.

        Args:
            values: numbers of any type, (h, w, bands); of complex ones the magnitude counts.
            valid: bool (h, w), where the values mean something; None if all do.
        """
        values = _real(values)
        chosen = values if valid is None else values[valid]
        chosen = chosen[np.isfinite(chosen)]
        if chosen.size == 0:
            return cls(0.0, 1.0)
        low, high = (float(edge) for edge in np.percentile(chosen, PERCENTILES))
        return cls(low, high if high > low else low + 1)

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Levels of values, of the same shape, rounded to the nearest."""
        if values.dtype == np.uint8 and (self.low, self.high) == (0.0, 255.0):
            return np.asarray(values)
        levels = np.empty(values.shape, np.uint8)
        for top in range(0, len(values), _ROWS):  # in parts, for each takes eight bytes a value
            with np.errstate(invalid="ignore", over="ignore"):
                part = (_real(values[top : top + _ROWS]) - self.low) * (255 / (self.high - self.low)) + 0.5
            levels[top : top + _ROWS] = np.nan_to_num(part, nan=0.0, posinf=255.0, neginf=0.0).clip(0, 255)
        return levels


def to_rgb(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (h, w, 1 or 3) as RGB (h, w, 3); gray is repeated."""
    bands = [levels[..., 0]] * 3 if levels.shape[2] == 1 else [levels[..., band] for band in range(3)]
    return np.stack(bands, axis=-1)


def _real(values: NDArray[Any]) -> NDArray[np.float64]:
    if np.iscomplexobj(values):
        values = np.abs(values)
    return values.astype(np.float64)
