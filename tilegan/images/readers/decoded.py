"""Convert the values of a file read by GDAL to pixels: colors, opacity and stretch; in stored orientation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling

from tilegan.geometry import Pixels, Window
from tilegan.images.pixels.color import Conversion, inks_of_jpeg, pack_lab, unmix, widen
from tilegan.images.pixels.stretch import OVERVIEW, Stretch, is_picture, to_opacity
from tilegan.images.readers.bands import Bands
from tilegan.images.readers.gaps import GRAY
from tilegan.images.readers.raster_file import RasterFile
from tilegan.images.reading import Reading
from tilegan.images.source import reduced_shape

_EIGHT = np.dtype(np.uint8)


class Decoded:
    """The pixels of a file, by its bands, its color space and the read options."""

    def __init__(
        self, file: RasterFile, bands: Bands, color: Conversion, reading: Reading, white: int | None = None
    ) -> None:
        """Wrap an open file.

        Args:
            file: the open file.
            bands: roles of its bands.
            color: conversion of its colors.
            reading: read options.
            white: value of white; None for the highest value of the dtype.
        """
        self._file, self._bands, self._color, self._reading = file, bands, color, reading
        self._white = white
        self._stretch: Stretch | None = None

    def of(self, file: RasterFile) -> "Decoded":
        """The same of a reduced copy of the file, with the stretch of this one.

        Args:
            file: the copy, with the same bands.

        Raises:
            ImageError: to measure the stretch, an overview is read, and the file is damaged.
        """
        other = Decoded(file, self._bands, self._color, self._reading, self._white)
        if self._bands.palette is None:
            other._stretch = self.measured()
        return other

    def opacity(self, window: Window, levels: np.dtype[Any]) -> Pixels:
        """Return the opacity of a window: (h, w) of dtype ``levels``.

        Raises:
            ImageError: the file is damaged there.
        """
        bands = self._bands
        mask = np.full((window.height, window.width), np.iinfo(levels).max, levels)
        if bands.alpha is not None:
            mask = to_opacity(self._file.values(window, [bands.alpha])[..., 0], levels)
        if bands.opacity == "alpha" and bands.palette is not None:
            mask = widen(bands.palette[self._file.values(window, [1])[..., 0], 3], levels)
        if bands.key is not None:
            mask[self._file.values(window, [1])[..., 0] == bands.key] = 0
        if bands.uses_mask:
            valid = self._file.valid(window)
            if bands.dtype.kind in "fc":
                valid &= self._file.are_numbers(self._file.values(window, bands.indexes), bands.indexes)
            mask = np.where(valid, mask, mask.dtype.type(0))
        return mask

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole file to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: the file is damaged.
        """
        # The mean of two palette indices is an unrelated color.
        how = Resampling.nearest if self._bands.palette is not None else Resampling.average
        values, mask, valid = self._overview(side, how, with_alpha=self._bands.is_premultiplied)
        pixels = self.colors(values, mask, _EIGHT)
        pixels[~valid] = GRAY
        return pixels

    def _overview(
        self, side: int, how: Resampling, *, with_alpha: bool = False
    ) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[np.bool_]]:
        """Return a reduced picture (h, w, bands), its opacity if requested, and bool (h, w) where it is valid."""
        bands = self._bands
        shape = reduced_shape(self._file.height, self._file.width, side)
        indexes = bands.indexes + ([bands.alpha] if with_alpha and bands.alpha else [])
        values, valid = self._file.overview(indexes, shape, how, bands.dtype)
        count = len(bands.indexes)
        return values[..., :count], to_opacity(values[..., -1], _EIGHT) if len(indexes) > count else None, valid

    def _seen(self, values: NDArray[Any], alpha: Pixels | None) -> NDArray[np.bool_]:
        """Return where the pixels of an overview are visible: bool (h, w)."""
        bands = self._bands
        seen = np.ones(values.shape[:2], np.bool_) if alpha is None else alpha > 0
        if bands.palette is not None:
            seen &= bands.palette[values[..., 0], 3] > 0
        if bands.key is not None:
            seen &= values[..., 0] != bands.key
        if bands.uses_mask:
            seen &= self._file.valid(shape=values.shape[:2])
            if bands.dtype.kind in "fc":
                seen &= self._file.are_numbers(values, bands.indexes)
        return seen

    def colors(self, values: NDArray[Any], alpha: Pixels | None, levels: np.dtype[Any]) -> Pixels:
        """Convert values (h, w, bands) to sRGB (h, w, 3).

        Args:
            values: values of the picture's bands, in the file's dtype.
            alpha: opacity (h, w) by which colors are premultiplied; None if they are not.
            levels: dtype of the colors.

        Raises:
            ImageError: the file is damaged where an overview is read to measure the stretch.
        """
        bands = self._bands
        if bands.palette is not None:
            return self._color.apply(np.ascontiguousarray(bands.palette[values[..., 0], :3]))
        if bands.space in ("lab", "icclab"):
            return widen(self._color.apply(pack_lab(values, bands.space == "lab")), levels)
        if self._file.dataset.driver == "JPEG" and len(bands.indexes) == 4:
            return self._color.apply(inks_of_jpeg(values, bands.space == "ycck"))
        pixels = self.measured().apply(values, levels)
        if bands.is_inverted:
            pixels = np.iinfo(levels).max - pixels
        if alpha is not None:
            pixels = unmix(pixels, alpha)
        return self._color.apply(pixels)

    def measured(self) -> Stretch:
        """Return the stretch to levels, measured at the first call.

        Raises:
            ImageError: the file is damaged.
        """
        if self._stretch is None:
            self._stretch = self._measure()
        return self._stretch

    def _measure(self) -> Stretch:
        bands, rule = self._bands, self._reading.stretch
        if self._white is not None and rule in (None, "dtype"):
            return Stretch(0.0, float(self._white), "dtype")
        # Inks, colors of a profile and premultiplied colors are defined over the full range of their dtype.
        is_full_range = bands.space not in ("gray", "rgb") or self._color.managed or bands.is_premultiplied
        if rule is None and (
            (is_full_range and bands.dtype.kind == "u") or is_picture(self._file.dataset.driver, bands.dtype)
        ):
            rule = "dtype"

        def overview() -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
            values, alpha, valid = self._overview(OVERVIEW, Resampling.nearest, with_alpha=True)
            valid &= self._seen(values, alpha)
            return values, valid

        return Stretch.choose(rule, bands.dtype, bands.bits, overview)
