"""What the tests of the flows share."""

import errno
import threading
from functools import cache

import numpy as np
import pytest
import rasterio
from torch import nn

from tilegan.errors import OutputError
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.pipelines import stylize
from tilegan.translator import Translator

HEIGHT, WIDTH = 150, 230  # of what ``noise`` and ``geotiff`` make


@pytest.fixture
def level0():
    """The full resolution of a store."""

    def read(path):
        store = Store.open(path)
        return store.read(0, Window(0, 0, *store.shape(0)))

    return read


@pytest.fixture
def worst():
    """The largest difference of two images, in levels."""
    return lambda first, second: np.abs(first.astype(int) - second).max()


class FailingDisk:
    """A store's writing that fails from the n-th shard on, for want of room unless another error is given."""

    def __init__(self, monkeypatch, after, error=None):
        self.left, self.lock = after, threading.Lock()
        self.error = error or OSError(errno.ENOSPC, "No space left on device")
        real = Store.write_shard

        def write_shard(store, level, index, shard):
            with self.lock:
                self.left -= 1
            if self.left < 0:
                raise self.error
            real(store, level, index, shard)

        monkeypatch.setattr(Store, "write_shard", write_shard)


@pytest.fixture
def failing_disk():
    return FailingDisk


@pytest.fixture
def unfinished():
    """Stylize until five shards of 64 x 64 pixels are written."""

    def begin(picture, translator, output, **settings):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OutputError):
            FailingDisk(patch, 5)
            stylize(picture, output, translator, window=32, shard=64, **settings)

    return begin


@cache
def _same(scale=1) -> Translator:
    """A generator that looks one pixel around it, and gives the one in the middle ``scale`` x ``scale`` times."""
    layer = nn.Conv2d(3, 3, 3, padding=1)
    nn.init.dirac_(layer.weight)
    nn.init.zeros_(layer.bias)
    network = nn.Sequential(layer, nn.Upsample(scale_factor=scale)) if scale > 1 else nn.Sequential(layer)
    return Translator.of(network, {"name": "same"}, tile_size=16, name="same").place("cpu", "float32")


def _noise(bands=3, dtype="uint8", seed=0):
    draw = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return draw.random((bands, HEIGHT, WIDTH)).astype(dtype)
    limits = np.iinfo(dtype)
    return draw.integers(limits.min, limits.max, (bands, HEIGHT, WIDTH), dtype, endpoint=True)


def _geotiff(path, values, **more):
    """Write a GeoTIFF; what is no creation option is set afterwards."""
    later = {name: more.pop(name) for name in ("tags", "mask", "colorinterp", "rpcs") if name in more}
    profile = {"driver": "GTiff", "height": HEIGHT, "width": WIDTH, "count": len(values), "dtype": values.dtype}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile, **more) as dataset:
        dataset.write(values)
        if "tags" in later:
            dataset.update_tags(**later["tags"])
        if "mask" in later:
            dataset.write_mask(later["mask"])
        if "colorinterp" in later:
            dataset.colorinterp = later["colorinterp"]
        if "rpcs" in later:
            dataset.rpcs = later["rpcs"]
    return path


def _through(path, output, scale=1, reading=None, **settings):
    """Stylize, in windows that do not fit the image."""
    return stylize(path, output, _same(scale), window=48, shard=96, reading=reading, **settings)


@pytest.fixture
def same():
    """A translator that changes nothing, or enlarges so many times."""
    return _same


@pytest.fixture
def noise():
    """Values (bands, 150, 230) of any type."""
    return _noise


@pytest.fixture
def geotiff():
    """Write values to a GeoTIFF, with what rasterio calls it; its path."""
    return _geotiff


@pytest.fixture
def through():
    """Stylize with a translator that changes nothing, or enlarges so many times."""
    return _through
