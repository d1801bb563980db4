"""A file opened by GDAL: values as stored, for all threads in turn."""

import threading
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.readers.gdal import gdal_errors
from tilegan.images.reading import Reading


class RasterFile:
    """One dataset that serves all threads.

    A second dataset would decode files without random access (JPEG, PNG, TIFF in strips) again from the top, and GDAL
    would cache their blocks twice.

    Attributes:
        dataset: rasterio dataset; use it for properties only, and read values here.
        height, width: size as stored.
    """

    def __init__(self, dataset: Any, path: str, reading: Reading) -> None:
        self.dataset = dataset
        self.height: int = dataset.height
        self.width: int = dataset.width
        self._path, self._reading = path, reading
        self._lock = threading.Lock()
        self._broken: str | None = None

    def values(self, window: Window, indexes: list[int]) -> NDArray[Any]:
        """Read a window of bands, numbered from 1: (h, w, bands) in the file's dtype.

        Raises:
            ImageError: the file is damaged there.
        """
        with self._lock:
            return self._read(indexes, window=_rasterio(window))

    def valid(self, window: Window | None = None, shape: tuple[int, int] | None = None) -> NDArray[np.bool_]:
        """Return where pixels are valid by the file's mask or nodata: for a window, or reduced to a shape.

        Raises:
            ImageError: the file is damaged there.
        """
        options: dict[str, Any] = {"out_shape": shape} if window is None else {"window": _rasterio(window)}
        with self._lock, gdal_errors(self._path, "cannot read image", self._reading, decoding=True):
            mask: NDArray[np.bool_] = self.dataset.dataset_mask(**options) > 0
            return mask

    def are_numbers(self, values: NDArray[Any], indexes: list[int]) -> NDArray[np.bool_]:
        """Return where float values (h, w, bands) are neither NaN in all bands, nor NaN in some and nodata in the rest.

        NaN is invalid whatever the nodata value is.

        Args:
            values: values of these bands, of a window or an overview.
            indexes: numbers of the bands, from 1.
        """
        nothing = np.isnan(values)
        broken = nothing.any(axis=-1)
        for band, index in enumerate(indexes):
            nodata = self.dataset.nodatavals[index - 1]
            if nodata is not None:
                with np.errstate(over="ignore"):
                    nothing[..., band] |= values[..., band] == values.dtype.type(nodata)
        numbers: NDArray[np.bool_] = ~(broken & nothing.all(axis=-1))
        return numbers

    def overview(
        self, indexes: list[int], shape: tuple[int, int], how: Resampling, dtype: np.dtype[Any]
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Reduce the whole file: (h, w, bands) of a dtype, and bool (h, w), False at damage that is allowed.

        Raises:
            ImageError: the file is damaged.
        """
        valid = np.ones(shape, np.bool_)
        try:
            with self._lock:
                return self._read(indexes, out_shape=(len(indexes), *shape), resampling=how), valid
        except ImageError:
            if not self._reading.allow_truncated:
                raise
        values = np.zeros((*shape, len(indexes)), dtype)
        columns = (np.arange(shape[1]) + 0.5) * self.width // shape[1]
        for row in range(shape[0]):
            line = Window(int((row + 0.5) * self.height / shape[0]), 0, 1, self.width)
            try:
                values[row] = self.values(line, indexes)[0, columns.astype(int)]
            except ImageError:
                valid[row] = False
        return values, valid

    def close(self) -> None:
        """Close the dataset."""
        self.dataset.close()

    def _read(self, indexes: list[int], **options: Any) -> NDArray[Any]:
        if self._broken is not None:
            raise ImageError(self._broken)
        try:
            with gdal_errors(self._path, "cannot read image", self._reading, decoding=True):
                values: NDArray[Any] = self.dataset.read(indexes, **options)
                return values.transpose(1, 2, 0)
        except ImageError as error:
            if self.dataset.driver != "GTiff" and not self._reading.allow_truncated:
                self._broken = str(error)  # other GDAL drivers report damage once, and read gray the next time
            raise


def _rasterio(window: Window) -> rasterio.windows.Window:
    return rasterio.windows.Window(window.left, window.top, window.width, window.height)
