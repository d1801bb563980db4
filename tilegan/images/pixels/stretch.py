"""Values of any numeric type to levels, by one rule for the whole image.

The rule, unless another one is named: 8-bit values stay as they are; values of fewer bits fill the levels. Integers
that were made to be looked at (of a format of pictures, or of a colour profile) span the range of their type. All
others are measurements: the lowest and the highest level are the 0.5th and 99.5th percentile of the valid, finite
values of an overview, over the bands that are read together, so that colours keep their balance. What lies beyond is
clipped; values that are no number become 0. Where that would leave fewer than 16 levels, because nearly all is
background, the percentiles are those of what differs from it, or else the extremes count.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tilegan.errors import SettingError
from tilegan.geometry import Pixels

OVERVIEW = 1024  # longest side of the overview that percentiles are taken from, in pixels
PERCENTILES = (0.5, 99.5)
_ROWS = 256
_FEW = 16  # levels; a stretch that leaves fewer makes patches of a picture
_SPARSE = "percentile of what is not background, of which there is too much"
_WHOLE = "minmax, since percentiles would leave fewer than 16 levels"
_NAMES = ("percentile", "minmax", "dtype")
_PICTURES = {"PNG", "JPEG", "WEBP", "AVIF", "JPEGXL", "JXL", "HEIF", "BMP", "TGA"}  # GDAL's and Pillow's names


@dataclass(frozen=True)
class Stretch:
    """A linear map that takes ``low`` to level 0 and ``high`` to the highest level.

    Attributes:
        low, high: values.
        rule: how they were found, for people; it makes no difference.
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
        """The stretch of an image.

        Args:
            rule: ``Reading.stretch``.
            dtype: of the values.
            bits: that the values use; the type's own where the file says nothing.
            overview: gives a reduced image (h, w, bands) and bool (h, w) where it is valid (None: all); called only
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
        """The stretch of an image from an overview of it.

        Args:
            values: numbers of any type, (h, w, bands); of complex ones the magnitude counts.
            valid: bool (h, w), where the values mean something; None if all do.
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
        # A signal so sparse that its background takes up both percentiles.
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
        """How many levels of 8 bits values become."""
        return int(np.bincount(self.apply(values.reshape(-1, 1, 1)).reshape(-1), minlength=1).astype(bool).sum())

    def apply(self, values: NDArray[Any], levels: DTypeLike = np.uint8) -> Pixels:
        """Levels of values, of the same shape, rounded to the nearest.

        Args:
            values: numbers of any type.
            levels: type of the levels, uint8 or uint16, all of whose range they fill.
        """
        levels = np.dtype(levels)
        highest = float(np.iinfo(levels).max)
        if values.dtype == levels and (self.low, self.high) == (0.0, highest):
            return values
        result = np.empty(values.shape, levels)
        for top in range(0, len(values), _ROWS):  # in parts, for each takes eight bytes a value
            with np.errstate(invalid="ignore", over="ignore"):
                part = (_real(values[top : top + _ROWS]) - self.low) * (highest / (self.high - self.low)) + 0.5
            result[top : top + _ROWS] = np.nan_to_num(part, nan=0.0, posinf=highest, neginf=0.0).clip(0, highest)
        return result


def levels_of(depth: str, dtype: np.dtype[Any], bits: int) -> np.dtype[Any]:
    """The type of the pixels that values become: uint16 for depth 'keep' where they have more than 8 bits, or uint8."""
    return np.dtype(np.uint16 if depth == "keep" and dtype.itemsize > 1 and bits > 8 else np.uint8)


def is_picture(format_name: str | None, dtype: np.dtype[Any]) -> bool:
    """Whether values were made to be looked at: integers without sign, of a format that knows no measurements.

    Args:
        format_name: GDAL's name of its driver, or Pillow's of the format.
        dtype: of the values.
    """
    return format_name in _PICTURES and dtype.kind == "u"


def bits_of(dtype: np.dtype[Any]) -> int:
    """How many bits a value of a type has; 1 for bool."""
    return 1 if dtype == np.bool_ else 8 * dtype.itemsize


def type_range(dtype: np.dtype[Any], bits: int | None = None) -> tuple[float, float]:
    """Lowest and highest value of an integer type, of which ``bits`` are used; 0 and 1 for bool, float and complex."""
    if dtype.kind not in "iu":
        return 0.0, 1.0
    info = np.iinfo(dtype)
    if bits is not None and bits < info.bits and dtype.kind == "u":
        return 0.0, float(2**bits - 1)
    return float(info.min), float(info.max)


def named_range(rule: str | None) -> tuple[float, float] | None:
    """The values of a rule 'LOW,HIGH'; None for other rules.

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
    """Opacity of a channel of any type as levels.

    The highest value of an integer type, or 1, is opaque; what is above 0 does not become 0.
    """
    opacity = Stretch(0.0, type_range(alpha.dtype)[1]).apply(alpha, levels)
    return opacity if alpha.dtype == levels else np.maximum(opacity, (alpha > 0).astype(levels))


def to_rgb(levels: Pixels) -> Pixels:
    """(h, w, 1 or 3) as RGB (h, w, 3) of the same type; gray is repeated."""
    bands = [levels[..., 0]] * 3 if levels.shape[2] == 1 else [levels[..., band] for band in range(3)]
    return np.stack(bands, axis=-1)


def _real(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", over="ignore"):  # of numbers that are none, which become 0 in the end
        return (np.abs(values) if np.iscomplexobj(values) else values).astype(np.float64)
