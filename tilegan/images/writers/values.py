"""Levels of a result back to values of the image it was made from, and pixels that mean nothing among them.

The rule: levels of 16 bits stand for ``low`` to ``high`` of the origin, and become values of its type, where that has
more than 8 bits. Levels of 8 bits stay as they are.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.metadata.origin import Origin

NODATA, MASK, ALPHA = "nodata", "mask", "alpha"


@dataclass(frozen=True)
class Values:
    """How levels are written as values.

    Attributes:
        table: the value of each level of a colour.
        opacities: likewise of opacity, where that is a band.
        opacity: what tells pixels that mean nothing from others: 'nodata', 'mask', 'alpha', or None if all mean
            something.
        nodata: the value of all bands of a pixel that means nothing, and of no other pixel; None if there is none.
    """

    table: NDArray[Any]
    opacities: NDArray[Any]
    opacity: str | None
    nodata: float | None

    @classmethod
    def of(cls, origin: Origin, levels: np.dtype[Any], channels: int, lossy: bool) -> tuple[Self, tuple[str, ...]]:
        """How the pixels of a store are written.

        Args:
            origin: of the store.
            levels: type of its pixels.
            channels: 4 where the last is opacity.
            lossy: whether values change when they are compressed, so that none can stand for nodata.

        Returns:
            It, and what is written otherwise than it was, a line each.
        """
        table, opacities = _table(origin, levels)
        nodata = origin.geo.nodata if origin.geo is not None else None
        opacity = (origin.opacity or ALPHA) if channels == 4 else None
        if opacity in (MASK, ALPHA):
            return cls(table, opacities, opacity, None), ()
        why = None
        if nodata is None:
            why = "nodata has no value"
        elif lossy:
            why = f"nodata {nodata:g} would not outlast a compression with loss"
        elif not _holds(table.dtype, nodata):
            why = f"{table.dtype} does not hold nodata {nodata:g}"
        if why is None:
            return cls(table, opacities, opacity, nodata), ()
        if opacity is None:
            return cls(table, opacities, None, None), () if nodata is None else (f"{why}: left out: all is valid",)
        return cls(table, opacities, MASK, None), (f"{why}: pixels that mean nothing are masked instead",)

    @staticmethod
    def are_kept(origin: Origin, levels: np.dtype[Any]) -> bool:
        """Whether the values that are written mean what those of the origin do.

        Args:
            origin: of a store.
            levels: type of its pixels.
        """
        if origin.color_managed:
            return False
        if levels == np.uint8:
            return (origin.dtype, origin.low, origin.high) == ("uint8", 0, 255)
        return np.dtype(origin.dtype).itemsize > 1 and np.dtype(origin.dtype).kind != "c"

    @property
    def bands(self) -> int:
        """How many there are: red, green, blue, and opacity where that is one."""
        return 4 if self.opacity == ALPHA else 3

    def apply(self, pixels: Pixels) -> NDArray[Any]:
        """The values of pixels (h, w, channels): (bands, h, w) of the table's type."""
        values = np.empty((self.bands, *pixels.shape[:2]), self.table.dtype)
        for band in range(3):
            values[band] = self.table[pixels[..., band]]
        if self.opacity == ALPHA:
            values[3] = self.opacities[pixels[..., 3]]
        if self.nodata is not None:
            self._set_nodata(values, pixels)
        return values

    def _set_nodata(self, values: NDArray[Any], pixels: Pixels) -> None:
        nodata = self.table.dtype.type(self.nodata)
        valid = pixels[..., 3] > 0 if self.opacity == NODATA else np.bool_(True)
        others = self.table[self.table != nodata]
        if np.isfinite(nodata) and len(others) < len(self.table):
            # A pixel that means something, and looks like nodata, is moved by the smallest step there is.
            nearest = others[np.abs(others.astype(np.float64) - float(nodata)).argmin()] if len(others) else nodata + 1
            values[0][valid & (values == nodata).all(axis=0)] = nearest
        if self.opacity == NODATA:
            values[:, ~valid] = nodata


def _table(origin: Origin, levels: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values of all levels as colours, and as opacity."""
    every = np.arange(np.iinfo(levels).max + 1, dtype=levels)
    dtype = _value_type(np.dtype(origin.dtype))
    if levels == np.uint8 or dtype.itemsize == 1:
        return every, every
    share = every / every[-1]
    low, high = origin.low, origin.high
    if dtype.kind == "f":
        return (low + share * (high - low)).astype(dtype), share.astype(dtype)
    return _rounded(low + share * (high - low), dtype), _rounded(share * float(np.iinfo(dtype).max), dtype)


def _rounded(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Of an integer type; by Python's integers, since floats hold not all of 64 bits."""
    limits = np.iinfo(dtype)
    return np.array([min(max(round(value), limits.min), limits.max) for value in values.tolist()], dtype)


def _value_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type that a TIFF holds values of this type in."""
    if dtype.kind == "c" or dtype == np.float16:
        return np.dtype(np.float32)
    return dtype


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether a type has exactly this value, or the nearest one that a float type has."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return not np.isfinite(value) or bool(np.isfinite(dtype.type(value)))
    limits = np.iinfo(dtype)
    return float(value).is_integer() and limits.min <= int(value) <= limits.max
