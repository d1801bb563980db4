"""Whatever the reader: any window of an image is that part of the whole, opacity included."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import tifffile
import zarr
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source

HEIGHT, WIDTH = 75, 101
RGBA = np.random.default_rng(7).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
DEEP = RGBA.astype(np.uint16) * 251


def masked(path: Path) -> None:
    profile = {"driver": "GTiff", "count": 1, "height": HEIGHT, "width": WIDTH, "dtype": "float32", "nodata": 5}
    with rasterio.open(path, "w", tiled=True, blockxsize=32, blockysize=16, crs="EPSG:3857", **profile) as dataset:
        dataset.write(RGBA[..., 0].astype(np.float32), 1)


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(RGBA).save(path, exif=exif)


def store(path: Path) -> None:
    zarr.create_array(path, data=DEEP, chunks=(20, 30, 4))


def slide(path: Path) -> None:
    pytest.importorskip("openslide")
    tifffile.imwrite(path, np.ascontiguousarray(RGBA[..., :3]), tile=(32, 32), photometric="rgb")


FILES: dict[str, Callable[[Path], None]] = {
    "tiled.tif": lambda path: tifffile.imwrite(path, DEEP, tile=(16, 32), photometric="rgb", extrasamples=[2]),
    "premultiplied.tif": lambda path: tifffile.imwrite(path, DEEP, tile=(16, 32), photometric="rgb", extrasamples=[1]),
    "inks.tif": lambda path: tifffile.imwrite(path, RGBA, rowsperstrip=7, photometric="separated"),
    "masked.tif": masked,
    "a.png": lambda path: Image.fromarray(RGBA).save(path),
    "turned.png": turned,
    "a.jpg": lambda path: Image.fromarray(RGBA[..., :3]).save(path),
    "a.webp": lambda path: Image.fromarray(RGBA).save(path, lossless=True),
    "a.zarr": store,
    "a.ndpi": slide,
}


@pytest.mark.parametrize("depth", ["8", "keep"])
@pytest.mark.parametrize("name", FILES)
def test_any_window_is_its_part_of_the_whole(tmp_path, name, depth):
    FILES[name](tmp_path / name)
    source = open_source(tmp_path / name, Reading(depth=depth))
    full = Window(0, 0, source.height, source.width)
    pixels, mask = source.read(full), source.read_mask(full)
    assert pixels.dtype == source.levels
    assert (mask is None) == (source.origin.opacity is None)

    @given(st.data())
    def check(data):
        top, left = data.draw(st.integers(0, source.height - 1)), data.draw(st.integers(0, source.width - 1))
        window = Window(
            top, left, data.draw(st.integers(1, source.height - top)), data.draw(st.integers(1, source.width - left))
        )
        part = source.read(window)
        assert part.flags.c_contiguous
        np.testing.assert_array_equal(part, pixels[top : window.bottom, left : window.right])
        if mask is not None:
            np.testing.assert_array_equal(source.read_mask(window), mask[top : window.bottom, left : window.right])

    check()
