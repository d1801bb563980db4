import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.enums import Resampling

from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.stores.pyramid import build_levels, halve
from tilegan.images.stores.store import Store
from tilegan.viewing import levels as module
from tilegan.viewing.levels import Levels


@pytest.fixture
def small_copies(monkeypatch):
    """Copies are made of images of more than 64 pixels a side, a few rows at a time."""
    monkeypatch.setattr(module, "_HALVED", 64)
    monkeypatch.setattr(module, "_AT_ONCE", 5000)


@pytest.fixture
def opened():
    found = []

    def open_levels(path):
        found.append(Levels(open_source(path)))
        return found[-1]

    yield open_levels
    for levels in found:
        levels.close()
        levels.source.close()


def halved(pixels, level):
    for _ in range(level):
        pixels = halve(pixels)
    return pixels


def whole(levels, level):
    return levels.read(level, Window(0, 0, *levels.shape(level)))


def write(path, pixels, **profile):
    profile = {"driver": "GTiff", "height": pixels.shape[0], "width": pixels.shape[1], "dtype": pixels.dtype} | profile
    with rasterio.open(path, "w", count=pixels.shape[2], **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    return path


TILED = {"tiled": True, "blockxsize": 64, "blockysize": 64}


@pytest.mark.parametrize("form", ["png", "striped", "tiled"])
@pytest.mark.usefixtures("small_copies")
def test_levels_are_halved_one_by_one(tmp_path, pixels, opened, form):
    path = tmp_path / ("a.png" if form == "png" else "a.tif")
    if form == "png":
        Image.fromarray(pixels).save(path)
    else:
        write(path, pixels, **(TILED if form == "tiled" else {}))
    levels = opened(path)
    for level in range(10):
        assert (whole(levels, level) == halved(pixels, level)).all(), level
    window = Window(31, 17, 50, 60)
    assert (levels.read(1, window) == window.of(halve(pixels))).all()


@pytest.mark.usefixtures("small_copies")
def test_opacity_is_the_fourth_channel(tmp_path, opened):
    pixels = np.random.default_rng(1).integers(0, 256, (200, 150, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    levels = opened(tmp_path / "a.png")
    for level in range(4):
        assert (whole(levels, level) == halved(pixels, level)).all()


def test_copies_that_a_file_holds_are_used(tmp_path, pixels, opened):
    path = write(tmp_path / "a.tif", pixels, **TILED)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], Resampling.nearest)
    levels = opened(path)
    for level, factor in ((1, 2), (2, 4)):
        with rasterio.open(path, overview_level=level - 1) as copy:
            assert (whole(levels, level) == np.moveaxis(copy.read(), 0, -1)).all(), factor
    assert (whole(levels, 3) == halve(whole(levels, 2))).all()


def test_a_level_that_a_file_lacks_is_made_of_the_one_below(tmp_path, pixels, opened):
    path = write(tmp_path / "a.tif", pixels, **TILED)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([4], Resampling.nearest)
    levels = opened(path)
    assert (whole(levels, 1) == halve(pixels)).all()


def test_copies_in_a_file_are_stretched_as_the_image(tmp_path, opened):
    values = np.random.default_rng(1).integers(300, 9000, (160, 140, 3), dtype=np.uint16)
    path = write(tmp_path / "a.tif", values, **TILED)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2], Resampling.nearest)
    levels = opened(path)
    full, copy = whole(levels, 0), whole(levels, 1)
    assert np.isin(copy, full).all()
    assert abs(float(copy.mean()) - float(full.mean())) < 2


def test_levels_of_a_store(tmp_path, pixels, opened):
    store = Store.create(tmp_path / "a.zarr", 600, 530, shard=256, chunk=256)
    large = np.tile(pixels, (3, 2, 1))[:600, :530]
    for row in range(3):
        for column in range(3):
            store.write_shard(0, (row, column), large[row * 256 : row * 256 + 256, column * 256 : column * 256 + 256])
    build_levels(store)
    store.finish()
    levels = opened(tmp_path / "a.zarr")
    for level in range(6):
        assert (whole(levels, level) == halved(large, level)).all()


@pytest.mark.usefixtures("small_copies")
def test_copies_are_removed(tmp_path, pixels, opened):
    Image.fromarray(pixels).save(tmp_path / "a.png")
    levels = opened(tmp_path / "a.png")
    whole(levels, 2)
    folder = module.Path(levels._folder.name)
    assert list(folder.iterdir())
    levels.close()
    assert not folder.exists()
