"""The store: what is written is read back, by us and by others, byte for byte the same each time."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import zarr
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.rpc import RPC

from tilegan.errors import ImageError, OutputError
from tilegan.geometry import Window, grid_cell
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.stores.pyramid import reduced_shard
from tilegan.images.stores.store import COARSEST, Store

SIZES = [(1, 1), (7, 300), (300, 7), (64, 64), (129, 517)]


ORIGIN = Origin(
    geo=Geo(
        height=7,
        width=300,
        crs=CRS.from_epsg(32631),
        transform=Affine(10, 1, 500_000, 2, -10, 4_000_000),
        gcps=(GroundControlPoint(row=0.5, col=3, x=1.25, y=2, z=3, id="a", info="b"),),
        rpcs=RPC(*map(float, range(4)), [0.5] * 20, [1.5] * 20, 5.0, 6.0, 7.0, 8.0, [2.5] * 20, [3.5] * 20, 9.0, 10.0),
        nodata=math.nan,
        tags={"AREA_OR_POINT": "Point", "name": "Straße"},
    ),
    opacity="nodata",
    dtype="int16",
    low=-17.5,
    high=4000.25,
    color_managed=True,
    dpi=(300.0, 72.5),
)


def noise(
    height: int, width: int, seed: int = 0, channels: int = 3, levels: type[np.unsignedinteger] = np.uint8
) -> NDArray[np.unsignedinteger]:
    highest = np.iinfo(levels).max
    return np.random.default_rng(seed).integers(0, highest, (height, width, channels), dtype=levels, endpoint=True)


def filled(
    path: Path,
    pixels: NDArray[np.unsignedinteger],
    shard: int = 64,
    chunk: int = 32,
    backwards: bool = False,
    origin: Origin | None = None,
) -> Store:
    height, width, channels = pixels.shape
    store = Store.create(
        path,
        height,
        width,
        shard=shard,
        chunk=chunk,
        name="test",
        levels=pixels.dtype,
        channels=channels,
        origin=origin,
    )
    for level in range(store.levels):
        indices = list(np.ndindex(store.grid(level)))
        for index in reversed(indices) if backwards else indices:
            cell = grid_cell(index, shard, *store.shape(level))
            part = pixels[cell.top : cell.bottom, cell.left : cell.right]
            store.write_shard(level, index, reduced_shard(store, level, index) if level else part)
    store.finish()
    return store


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_what_is_written_is_read_by_us_and_by_zarr_alone(tmp_path, height, width):
    pixels = noise(height, width)
    filled(tmp_path / "a.zarr", pixels)
    store = Store.open(tmp_path / "a.zarr")
    np.testing.assert_array_equal(store.read(0, Window(0, 0, height, width)), pixels)
    assert store.shard == 64
    assert store.shape(0) == (height, width)
    alone = zarr.open(str(tmp_path / "a.zarr" / "0"), mode="r")
    np.testing.assert_array_equal(np.moveaxis(alone[:], 0, -1), pixels)


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_opacity_and_16_bits_are_kept(tmp_path, channels, levels):
    pixels = noise(129, 70, channels=channels, levels=levels)
    filled(tmp_path / "a.zarr", pixels)
    store = Store.open(tmp_path / "a.zarr")
    assert (store.channels, store.dtype, store.origin) == (channels, levels, None)
    np.testing.assert_array_equal(store.read(0, Window(0, 0, 129, 70)), pixels)
    alone = zarr.open_array(tmp_path / "a.zarr" / "0", mode="r")
    np.testing.assert_array_equal(np.moveaxis(np.asarray(alone[:]), 0, -1), pixels)
    other = np.uint8 if levels == np.uint16 else np.uint16
    with pytest.raises(ValueError, match=f"takes {np.dtype(levels)}"):
        store.write_shard(0, (0, 0), pixels[:64, :64].astype(other))


def test_what_the_image_says_beside_pixels_is_kept(tmp_path):
    filled(tmp_path / "a.zarr", noise(7, 300), origin=ORIGIN)
    filled(tmp_path / "b.zarr", noise(7, 300), origin=ORIGIN)
    found = Store.open(tmp_path / "a.zarr").origin
    assert found.to_json() == ORIGIN.to_json()
    geo = found.geo
    assert (geo.crs, geo.transform, geo.rpcs, geo.tags) == (
        ORIGIN.geo.crs,
        ORIGIN.geo.transform,
        ORIGIN.geo.rpcs,
        ORIGIN.geo.tags,
    )
    assert math.isnan(geo.nodata)
    assert geo.gcps[0].asdict() == ORIGIN.geo.gcps[0].asdict()
    assert contents(tmp_path / "a.zarr") == contents(tmp_path / "b.zarr")


def test_an_origin_that_cannot_be_read_is_told(tmp_path):
    store = filled(tmp_path / "a.zarr", noise(7, 300), origin=ORIGIN)
    metadata = store.path / "zarr.json"
    metadata.write_text(metadata.read_text().replace('"opacity"', '"cloudiness"'))
    with pytest.raises(ImageError, match=r"not a store of tilegan: .*a\.zarr: the source metadata of a store"):
        Store.open(store.path)


@given(st.data())
def test_any_window_is_that_part_of_the_whole(tmp_path_factory, data):
    pixels = noise(100, 150)
    path = tmp_path_factory.getbasetemp() / "window.zarr"
    store = Store.open(path) if path.exists() else filled(path, pixels)
    top, left = data.draw(st.integers(0, 99)), data.draw(st.integers(0, 149))
    window = Window(top, left, data.draw(st.integers(1, 100 - top)), data.draw(st.integers(1, 150 - left)))
    expected = pixels[window.top : window.bottom, window.left : window.right]
    np.testing.assert_array_equal(store.read(0, window), expected)


@pytest.mark.parametrize(("height", "width"), [*SIZES, (2000, 30)])
def test_levels_halve_rounded_up_until_one_fits(tmp_path, height, width):
    store = Store.create(tmp_path / "a.zarr", height, width, shard=64, chunk=32)
    for level in range(1, store.levels):
        above = store.shape(level - 1)
        assert store.shape(level) == ((above[0] + 1) // 2, (above[1] + 1) // 2)
        assert max(above) > COARSEST
    assert max(store.shape(store.levels - 1)) <= COARSEST


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_each_shard_is_one_file(tmp_path, height, width):
    store = filled(tmp_path / "a.zarr", noise(height, width))
    named = {store.shard_file(level, index) for level in range(store.levels) for index in np.ndindex(store.grid(level))}
    assert named == {file for file in store.path.rglob("*") if file.is_file() and file.name != "zarr.json"}


def test_a_black_shard_leaves_a_file(tmp_path):
    store = filled(tmp_path / "a.zarr", np.zeros((64, 64, 3), np.uint8))
    assert store.shard_file(0, (0, 0)).stat().st_size > 0


def test_order_of_writing_and_rewriting_leave_no_trace(tmp_path):
    pixels = noise(129, 517)
    first = filled(tmp_path / "a.zarr", pixels)
    second = filled(tmp_path / "other name.zarr", pixels, backwards=True)
    second.write_shard(0, (2, 8), 255 - second.read(0, Window(128, 512, 1, 5)))
    second.write_shard(0, (2, 8), first.read(0, Window(128, 512, 1, 5)))
    assert contents(first.path) == contents(second.path)


def test_it_is_no_image_before_it_is_finished(tmp_path):
    pixels = noise(40, 50)
    store = Store.create(tmp_path / "a.zarr", 40, 50, shard=64, chunk=32, name="test")
    store.write_shard(0, (0, 0), pixels)
    with pytest.raises(FileNotFoundError):
        zarr.open_group(tmp_path / "a.zarr", mode="r")
    again = Store.open(tmp_path / "a.zarr")
    assert (again.shape(0), again.shard, again.levels) == ((40, 50), 64, 1)
    np.testing.assert_array_equal(again.read(0, Window(0, 0, 40, 50)), pixels)
    again.finish()
    again.finish()  # as a run does that was killed here
    assert contents(tmp_path / "a.zarr") == contents(filled(tmp_path / "b.zarr", pixels).path)


def test_a_torn_shard_is_told_and_can_be_written_again(tmp_path):
    pixels = noise(100, 100)
    store = filled(tmp_path / "a.zarr", pixels)
    file = store.shard_file(0, (1, 1))
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(ImageError, match=r"damaged store: .*a\.zarr"):
        store.read(0, Window(0, 0, 100, 100))
    np.testing.assert_array_equal(store.read(0, Window(0, 0, 64, 64)), pixels[:64, :64])
    store.write_shard(0, (1, 1), pixels[64:, 64:])
    np.testing.assert_array_equal(store.read(0, Window(0, 0, 100, 100)), pixels)


def test_a_missing_shard_is_told(tmp_path):
    store = filled(tmp_path / "a.zarr", noise(100, 100))
    store.shard_file(0, (1, 0)).unlink()
    store.read(0, Window(0, 0, 64, 100))
    with pytest.raises(ImageError, match=r"damaged store: .*a\.zarr: level 0: no shard \(1, 0\)"):
        store.read(0, Window(0, 0, 65, 100))


@pytest.mark.parametrize("position", [10, -10])
def test_one_changed_bit_is_told(tmp_path, position):
    store = filled(tmp_path / "a.zarr", noise(64, 64))
    file = store.shard_file(0, (0, 0))
    content = bytearray(file.read_bytes())
    content[position] ^= 4
    file.write_bytes(content)
    with pytest.raises(ImageError, match="damaged store"):
        store.read(0, Window(0, 0, 64, 64))


def test_what_is_no_store_is_refused_in_one_line(tmp_path):
    zarr.create_group(tmp_path / "group.zarr")
    (tmp_path / "empty").mkdir()
    for name in ("group.zarr", "empty", "missing"):
        with pytest.raises(ImageError, match=name) as caught:
            Store.open(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "missing").exists()


def test_pixels_that_are_not_the_whole_shard_are_refused(tmp_path):
    store = Store.create(tmp_path / "a.zarr", 100, 100, shard=64, chunk=32)
    with pytest.raises(ValueError, match="takes uint8"):
        store.write_shard(0, (1, 1), noise(64, 64))
    for wrong in ({"channels": 2}, {"levels": np.float32}):
        with pytest.raises(ValueError, match="no store of"):
            Store.create(tmp_path / "b.zarr", 100, 100, shard=64, chunk=32, **wrong)
    with pytest.raises(ValueError, match="not a multiple"):
        Store.create(tmp_path / "b.zarr", 100, 100, shard=64, chunk=48)


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    store = Store.create(tmp_path / "a.zarr", 64, 64, shard=64, chunk=32)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", full)
    with pytest.raises(OutputError, match=r"cannot write to .*a\.zarr: No space left on device"):
        store.write_shard(0, (0, 0), noise(64, 64))
