"""What the tests of images share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tilegan.geometry import grid_cell
from tilegan.images.metadata.origin import Origin
from tilegan.images.stores.pyramid import build_levels
from tilegan.images.stores.store import Store

Stored = Callable[..., Store]


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    """A function that makes a finished store of pixels, and of what is to be kept beside them."""

    def make(pixels: NDArray[np.unsignedinteger], origin: Origin | None = None, shard: int = 256) -> Store:
        height, width, channels = pixels.shape
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.zarr"
        store = Store.create(
            path, height, width, shard=shard, chunk=128, levels=pixels.dtype, channels=channels, origin=origin
        )
        for index in np.ndindex(store.grid(0)):
            cell = grid_cell(index, shard, height, width)
            store.write_shard(0, index, pixels[cell.top : cell.bottom, cell.left : cell.right])
        build_levels(store)
        store.finish()
        return store

    return make


@pytest.fixture
def picture() -> Callable[..., NDArray[np.unsignedinteger]]:
    """A function that makes smooth colors with a little noise: something that JPEG can hold."""

    def make(
        height: int, width: int, channels: int = 3, levels: type[np.unsignedinteger] = np.uint8
    ) -> NDArray[np.unsignedinteger]:
        rows, columns = np.mgrid[:height, :width]
        colors = np.stack([rows % 256, columns % 256, (rows + columns) // 2 % 256], axis=2)
        pixels = (colors // 2 + np.random.default_rng(0).integers(0, 4, colors.shape)).astype(levels)
        if levels == np.uint16:
            pixels = pixels * 257 + np.arange(width, dtype=np.uint16)[:, None] % 100
        if channels == 4:  # the left third means nothing
            highest = np.iinfo(levels).max
            opacity = np.where(columns < width // 3, 0, highest).astype(levels)
            pixels = np.dstack([pixels, opacity])
        return pixels

    return make
