"""What the tests of images that are stylized where somebody looks share."""

import numpy as np
import pytest

from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.pipelines import StylizeSettings, stylize
from tilegan.viewing import desk as desks
from tilegan.viewing.options import ViewOptions

SERVING = ViewOptions(port=0, tile_size=64)


@pytest.fixture(autouse=True)
def no_spare_work(monkeypatch):
    """Only what is asked for is computed."""
    monkeypatch.setattr(desks, "QUIET", 3600.0)


@pytest.fixture
def pixels():
    """Of three by three shards, and three zooms."""
    return np.random.default_rng(3).integers(0, 256, (150, 170, 3), dtype=np.uint8)


def settings(**values):
    return StylizeSettings().but(**({"window": 32, "shard": 64, "stroke": 1, "precision": "float32"} | values))


@pytest.fixture
def view_stylized():
    return pytest.importorskip("tilegan.pipelines.view").view_stylized


@pytest.fixture
def look(served, view_stylized, picture, random_translator, tmp_path):
    """A client of a stylization of the picture."""

    def serve(image=picture, model=random_translator, output=tmp_path / "out.zarr", serving=SERVING, **values):
        return served(view_stylized(image, output, model, settings=settings(**values), options=serving))

    return serve


@pytest.fixture
def plain(picture, random_translator, tmp_path):
    """The store of a plain run."""

    def run(image=picture, model=random_translator, **values):
        output = tmp_path / "plain.zarr"
        stylize(image, output, model, settings=settings(**values), overwrite=True)
        return Store.open(output)

    return run


def level_of(store, level):
    return store.read(level, Window(0, 0, *store.shape(level)))
