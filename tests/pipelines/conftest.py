"""What the tests of the flows share."""

import errno
import threading

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputError
from tilegan.geometry import Window
from tilegan.images.store import Store
from tilegan.pipelines import stylize


@pytest.fixture
def pixels():
    return np.random.default_rng(3).integers(0, 256, (270, 310, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path, pixels):
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def model(tmp_path, random_translator):
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    return path


@pytest.fixture
def contents():
    """Every file of a folder and its bytes."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


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
