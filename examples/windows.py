"""A windowed pipeline of rasterio: read, stylize and write one window after another, in bounded memory.

    python windows.py SCENE.tif PAINTED.tif MODEL

The pixels are those of ``tilegan stylize SCENE.tif --stroke 1 --precision float32``, byte for byte. Use this where your
program has a loop over windows anyway, for example to compute more from each of them; otherwise ``tilegan stylize`` is
faster, can be resumed, and keeps masks and tags.
"""

import sys

import dask
import dask.array as da
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

import tilegan

WINDOW = 512  # side in pixels: a multiple of the blocks of the output


class Bands:
    """The first three bands of an open file, which are sliced like an array (rows, columns, bands)."""

    def __init__(self, file: rasterio.DatasetReader) -> None:
        self.file = file
        self.shape = (file.height, file.width, 3)
        self.ndim = 3
        self.dtype = np.dtype(file.dtypes[0])

    def __getitem__(self, index: tuple[slice, slice, slice]) -> NDArray[np.uint8]:
        rows, columns, bands = (part.indices(side) for part, side in zip(index, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        return np.moveaxis(self.file.read([1, 2, 3], window=window), 0, -1)[:, :, bands[0] : bands[1]]


def main() -> None:
    """Stylize a GeoTIFF of 8 bits and at least three bands."""
    source, output, model = sys.argv[1:]
    with rasterio.open(source) as file:
        pixels = da.from_array(Bands(file), chunks=(WINDOW, WINDOW, 3))
        # lazy: each chunk of the result reads its own pixels and a halo around them, mirrored at the image's edges
        result = tilegan.stylize_array(pixels, model, precision="float32", stroke=1)
        profile = file.profile | {"count": 3, "photometric": "RGB", "compress": "deflate", "nodata": None}
        profile |= {"driver": "GTiff", "tiled": True, "blockxsize": 256, "blockysize": 256, "interleave": "pixel"}
        # one thread, since only one at a time may use an open file of rasterio; the network still uses all cores
        with dask.config.set(scheduler="synchronous"), rasterio.open(output, "w", **profile) as painted:
            for row in range(0, file.height, WINDOW):
                for column in range(0, file.width, WINDOW):
                    window = Window(column, row, min(WINDOW, file.width - column), min(WINDOW, file.height - row))
                    block = result.blocks[row // WINDOW, column // WINDOW].compute()
                    painted.write(np.moveaxis(block, -1, 0), window=window)
                    print(f"rows from {row}, columns from {column}: done")


if __name__ == "__main__":
    main()
