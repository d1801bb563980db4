"""Convert levels of a result back to values of its source, with nodata for invalid pixels.

16-bit levels represent ``low`` to ``high`` of the source metadata, and become values of the source's dtype if that has
more than 8 bits. 8-bit levels stay unchanged.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.metadata.origin import Origin, channels_of

NODATA, MASK, ALPHA = "nodata", "mask", "alpha"


@dataclass(frozen=True)
class Values:
    """The conversion of levels to values.

    Attributes:
        table: the value of each color level.
        opacities: the value of each opacity level, if opacity is a band.
        opacity: how invalid pixels are marked: 'nodata', 'mask', 'alpha', or None if all are valid.
        nodata: the value of all bands of invalid pixels, and of no other pixel; None if there is none.
    """

    table: NDArray[Any]
    opacities: NDArray[Any]
    opacity: str | None
    nodata: float | None

    @classmethod
    def of(cls, origin: Origin, levels: np.dtype[Any], channels: int, lossy: bool) -> tuple[Self, tuple[str, ...]]:
        """Determine how the pixels of a store are written.

        Args:
            origin: source metadata of the store.
            levels: dtype of its pixels.
            channels: 4 if the last is opacity.
            lossy: whether compression changes values, so that none can mark nodata.

        Returns:
            The conversion, and differences from the source, one line each.
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
            why = f"nodata {nodata:g} would not survive a lossy compression"
        elif not _holds(table.dtype, nodata):
            why = f"{table.dtype} does not hold nodata {nodata:g}"
        if why is None:
            return cls(table, opacities, opacity, nodata), ()
        if opacity is None:
            return cls(table, opacities, None, None), () if nodata is None else (f"{why}: left out: all is valid",)
        return cls(table, opacities, MASK, None), (f"{why}: invalid pixels are masked instead",)

    @staticmethod
    def are_kept(origin: Origin, levels: np.dtype[Any]) -> bool:
        """Whether written values have the meaning of those of the source.

        Args:
            origin: source metadata of a store.
            levels: dtype of its pixels.
        """
        if origin.color_managed:
            return False
        if levels == np.uint8:
            return (origin.dtype, origin.low, origin.high) == ("uint8", 0, 255)
        return np.dtype(origin.dtype).itemsize > 1 and np.dtype(origin.dtype).kind != "c"

    @property
    def bands(self) -> int:
        """Number of bands: red, green, blue, and opacity if it is one."""
        return channels_of(self.opacity == ALPHA)

    def apply(self, pixels: Pixels) -> NDArray[Any]:
        """Convert pixels (h, w, channels) to values (bands, h, w) of the table's dtype."""
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
            # A valid pixel that equals nodata is changed by the smallest step.
            nearest = others[np.abs(others.astype(np.float64) - float(nodata)).argmin()] if len(others) else nodata + 1
            values[0][valid & (values == nodata).all(axis=0)] = nearest
        if self.opacity == NODATA:
            values[:, ~valid] = nodata


def _table(origin: Origin, levels: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the values of all color levels, and of all opacity levels."""
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
    """Round to an integer dtype; with Python's integers, since floats cannot hold all 64-bit values."""
    limits = np.iinfo(dtype)
    return np.array([min(max(round(value), limits.min), limits.max) for value in values.tolist()], dtype)


def _value_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which a TIFF holds values of ``dtype``."""
    if dtype.kind == "c" or dtype == np.float16:
        return np.dtype(np.float32)
    return dtype


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether a dtype holds exactly this value, or for floats the nearest one."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return not np.isfinite(value) or bool(np.isfinite(dtype.type(value)))
    limits = np.iinfo(dtype)
    return float(value).is_integer() and limits.min <= int(value) <= limits.max
