"""Dask and xarray: a lazy DataArray in, a lazy DataArray out, with its coordinates.

    python xarray_graph.py SCENE.tif PAINTED.zarr MODEL

Nothing is computed until the result is written or a part of it is asked for; then only the chunks that are needed, each
with a halo around it, so that the result does not depend on the chunks.
"""

import sys

import dask.array as da
import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.windows import Window

import tilegan

CHUNK = 1024  # side in pixels; a few thousand have the least overhead by halos


class Raster:
    """A raster file that is sliced like an array (rows, columns, bands), from any thread: each slice opens the file."""

    def __init__(self, path: str) -> None:
        self.path = path
        with rasterio.open(path) as file:
            self.shape = (file.height, file.width, 3)
            self.dtype = np.dtype(file.dtypes[0])
        self.ndim = 3

    def __getitem__(self, index: tuple[slice, slice, slice]) -> NDArray[np.uint8]:
        rows, columns, bands = (part.indices(side) for part, side in zip(index, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        with rasterio.open(self.path) as file:
            return np.moveaxis(file.read([1, 2, 3], window=window), 0, -1)[:, :, bands[0] : bands[1]]


def open_scene(path: str) -> xr.DataArray:
    """Return a raster of three bands as a lazy array (y, x, band) with the coordinates of pixel centers."""
    raster = Raster(path)
    height, width, _ = raster.shape
    with rasterio.open(path) as file:
        transform, crs = file.transform, file.crs
    coordinates = {
        "y": transform.f + transform.e * (np.arange(height) + 0.5),
        "x": transform.c + transform.a * (np.arange(width) + 0.5),
        "band": ["red", "green", "blue"],
    }
    pixels = da.from_array(raster, chunks=(CHUNK, CHUNK, 3))
    attributes = {"crs": crs.to_string() if crs else ""}
    return xr.DataArray(pixels, coordinates, ("y", "x", "band"), "scene", attributes)


def painted(scene: xr.DataArray, model: str) -> xr.DataArray:
    """Return the stylized scene, lazily, in the order of dimensions and with the coordinates that it had."""
    ordered = scene.transpose("y", "x", "band")
    # float32: the same pixels for any chunks
    result = tilegan.stylize_array(ordered.data, model, precision="float32", stroke=1)
    return ordered.copy(data=result).transpose(*scene.dims)


def main() -> None:
    """Stylize a scene, and write it to a Zarr store of xarray."""
    source, output, model = sys.argv[1:]
    result = painted(open_scene(source), model)
    # a corner: only its chunk is computed
    print("first pixel:", result.isel(y=0, x=0).values)
    result.to_dataset(name="painted").to_zarr(output, mode="w", consolidated=False)
    print(result.sizes, dict(result.attrs))


if __name__ == "__main__":
    main()
