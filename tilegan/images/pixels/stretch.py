"""Map values of any numeric type to levels (pixel values), by one rule for the whole image.

Without a named rule, 8-bit values stay unchanged, and values of fewer bits are scaled to the full range. Integers that
represent pictures (in a picture format, or with a color profile) span the range of their type. All other values are
measurements: their lowest and highest levels are the 0.5th and 99.5th percentiles of the valid, finite values of an
overview, over all bands that are read together, so that the color balance is kept. Values beyond them are clipped; NaN
becomes 0. If fewer than 16 levels would result, because nearly everything is background, percentiles are taken of the
values that differ from the background, or else minimum and maximum are used.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tilegan.errors import SettingError
from tilegan.geometry import Pixels

OVERVIEW = 1024  # longest side of the overview for percentiles, in pixels
PERCENTILES = (0.5, 99.5)
_ROWS = 256
_FEW = 16  # a stretch to fewer levels than these shows visible steps
_SPARSE = "percentile of what is not background, of which there is too much"
_WHOLE = "minmax, since percentiles would leave fewer than 16 levels"
_NAMES = ("percentile", "minmax", "dtype")
_PICTURES = {"PNG", "JPEG", "WEBP", "AVIF", "JPEGXL", "JXL", "HEIF", "BMP", "TGA"}  # names in GDAL and Pillow


@dataclass(frozen=True)
class Stretch:
    """A linear map from ``low`` to level 0 and ``high`` to the highest level.

    Attributes:
        low, high: values.
        rule: how they were found, for people; ignored in comparisons.
    """

    low: float = 0.0
    high: float = 255.0
    rule: str = field(default="dtype", compare=False)

    @classmethod
    def choose(
        cls,
        rule: str | None,
        dtype: np.dtype[Any],
        bits: int,
        overview: Callable[[], tuple[NDArray[Any], NDArray[np.bool_] | None]],
    ) -> Self:
        """Choose the stretch of an image.

        Args:
            rule: ``Reading.stretch``.
            dtype: dtype of the values.
            bits: bits that the values use; those of the dtype if the file does not say.
            overview: returns a reduced image (h, w, bands) and its valid pixels, bool (h, w) (None: all); called only
                by rules that need it.

        Raises:
            SettingError: there is no such rule.
        """
        named = named_range(rule)
        if named is not None:
            return cls(*named, "as asked for")
        if rule == "dtype" or (rule is None and (dtype == np.bool_ or (dtype == np.uint8 and bits <= 8))):
            return cls(*type_range(dtype, bits))
        return cls.measure(*overview(), "minmax" if rule == "minmax" else "percentile")

    @classmethod
    def measure(
        cls,
        values: NDArray[Any],
        valid: NDArray[np.bool_] | None = None,
        rule: str = "percentile",
    ) -> Self:
        """Measure the stretch of an image from an overview.

        Args:
            values: numbers of any type, (h, w, bands); complex numbers count by their magnitude.
            valid: bool (h, w), where the values are valid; None if all are.
            rule: 'percentile' or 'minmax'.
        """
        values = _real(values)
        chosen = values if valid is None else values[valid]
        chosen = chosen[np.isfinite(chosen)]
        if chosen.size == 0:
            return cls(0.0, 1.0, rule)
        stretch = cls._between(chosen, PERCENTILES if rule == "percentile" else (0.0, 100.0), rule)
        if rule == "minmax" or stretch._tells_apart(chosen) >= _FEW:
            return stretch
        # The signal is so sparse that both percentiles are background.
        kinds, counts = np.unique(chosen, return_counts=True)
        background = float(kinds[counts.argmax()])
        signal = cls._between(np.append(chosen[chosen != background], background), PERCENTILES, _SPARSE)
        signal = replace(signal, low=min(signal.low, background), high=max(signal.high, background))
        whole = cls._between(chosen, (0.0, 100.0), _WHOLE)
        best = signal if signal._tells_apart(chosen) >= min(_FEW, whole._tells_apart(chosen)) else whole
        return best if best._tells_apart(chosen) > stretch._tells_apart(chosen) else stretch

    @classmethod
    def _between(cls, values: NDArray[np.float64], percentiles: tuple[float, float], rule: str) -> Self:
        low, high = (float(edge) for edge in np.percentile(values, percentiles))
        return cls(low, high if high > low else max(low + 1, math.nextafter(low, math.inf)), rule)

    def _tells_apart(self, values: NDArray[np.float64]) -> int:
        """Count the distinct 8-bit levels to which the values are mapped."""
        return int(np.bincount(self.apply(values.reshape(-1, 1, 1)).reshape(-1), minlength=1).astype(bool).sum())

    def apply(self, values: NDArray[Any], levels: DTypeLike = np.uint8) -> Pixels:
        """Map values to levels of the same shape, rounded to the nearest.

        Args:
            values: numbers of any type.
            levels: dtype of the levels, uint8 or uint16, whose full range they fill.
        """
        levels = np.dtype(levels)
        highest = float(np.iinfo(levels).max)
        if values.dtype == levels and (self.low, self.high) == (0.0, highest):
            return values
        result = np.empty(values.shape, levels)
        for top in range(0, len(values), _ROWS):  # in parts: float64 takes eight bytes per value
            with np.errstate(invalid="ignore", over="ignore"):
                part = (_real(values[top : top + _ROWS]) - self.low) * (highest / (self.high - self.low)) + 0.5
            result[top : top + _ROWS] = np.nan_to_num(part, nan=0.0, posinf=highest, neginf=0.0).clip(0, highest)
        return result


def pixel_dtype(depth: str, dtype: np.dtype[Any], bits: int) -> np.dtype[Any]:
    """Return the dtype of pixels: uint16 for depth 'keep' and values of more than 8 bits, else uint8."""
    return np.dtype(np.uint16 if depth == "keep" and dtype.itemsize > 1 and bits > 8 else np.uint8)


def is_picture(format_name: str | None, dtype: np.dtype[Any]) -> bool:
    """Whether values represent a picture: unsigned integers of a format that holds no measurements.

    Args:
        format_name: name of the GDAL driver, or Pillow's name of the format.
        dtype: dtype of the values.
    """
    return format_name in _PICTURES and dtype.kind == "u"


def bits_of(dtype: np.dtype[Any]) -> int:
    """Return the number of bits of a dtype; 1 for bool."""
    return 1 if dtype == np.bool_ else 8 * dtype.itemsize


def type_range(dtype: np.dtype[Any], bits: int | None = None) -> tuple[float, float]:
    """Return the lowest and highest value of an integer dtype of which ``bits`` are used; 0 and 1 for other dtypes."""
    if dtype.kind not in "iu":
        return 0.0, 1.0
    info = np.iinfo(dtype)
    if bits is not None and bits < info.bits and dtype.kind == "u":
        return 0.0, float(2**bits - 1)
    return float(info.min), float(info.max)


def named_range(rule: str | None) -> tuple[float, float] | None:
    """Parse a rule 'LOW,HIGH'; None for other rules.

    Raises:
        SettingError: there is no such rule.
    """
    if rule is None or rule in _NAMES:
        return None
    try:
        low, high = (float(edge) for edge in rule.split(","))
    except ValueError:
        low = high = 0.0
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SettingError(f"no stretch '{rule}': give {', '.join(_NAMES)}, or LOW,HIGH with LOW below HIGH")
    return low, high


def to_opacity(alpha: NDArray[Any], levels: np.dtype[Any]) -> Pixels:
    """Convert an opacity channel of any dtype to levels.

    The highest value of an integer dtype, or 1, is opaque; values above 0 do not become 0.
    """
    opacity = Stretch(0.0, type_range(alpha.dtype)[1]).apply(alpha, levels)
    return opacity if alpha.dtype == levels else np.maximum(opacity, (alpha > 0).astype(levels))


def to_rgb(levels: Pixels) -> Pixels:
    """Convert (h, w, 1 or 3) to RGB (h, w, 3) of the same dtype; gray is repeated."""
    bands = [levels[..., 0]] * 3 if levels.shape[2] == 1 else [levels[..., band] for band in range(3)]
    return np.stack(bands, axis=-1)


def _real(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinities become levels later
        return (np.abs(values) if np.iscomplexobj(values) else values).astype(np.float64)
