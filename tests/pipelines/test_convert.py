"""Finished stores exported again: whole, in part, or not at all."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import zarr
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import ImageError, OutputError, OutputExistsError, SettingError
from tilegan.geometry import Window, grid_cell
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.stores.pyramid import build_levels
from tilegan.images.stores.store import Store
from tilegan.pipelines import convert

HEIGHT, WIDTH = 330, 420
UTM = rasterio.crs.CRS.from_epsg(32631)


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)


@pytest.fixture
def store(tmp_path: Path, pixels: NDArray[np.uint8]) -> Store:
    """With twice the pixels of the image it was made from."""
    geo = Geo(HEIGHT // 2, WIDTH // 2, crs=UTM, transform=rasterio.Affine(20, 0, 1000, 0, -20, 9000))
    store = Store.create(
        tmp_path / "a.zarr", HEIGHT, WIDTH, shard=128, chunk=64, channels=4, origin=Origin(geo, "alpha")
    )
    for index in np.ndindex(store.grid(0)):
        cell = grid_cell(index, 128, HEIGHT, WIDTH)
        store.write_shard(0, index, pixels[cell.top : cell.bottom, cell.left : cell.right])
    build_levels(store)
    store.finish()
    return store


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("ending", ["tif", "png", "webp"])
def test_a_file_has_the_pixels_of_the_store(tmp_path, ending, store, pixels):
    result = convert(store.path, tmp_path / f"out.{ending}", options=ExportOptions(lossless=True))
    assert (result.output, result.height, result.width) == (tmp_path / f"out.{ending}", HEIGHT, WIDTH)
    beside = [] if ending == "tif" else [f"out.{ending}.aux.xml"]  # which holds the place that it cannot hold
    assert len(result.notes) == len(beside)
    np.testing.assert_array_equal(np.array(Image.open(result.output)), pixels)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", f"out.{ending}", *beside]


def test_a_store_of_a_store_is_the_same_byte_for_byte(tmp_path, store):
    convert(store.path, tmp_path / "b.zarr")
    assert contents(tmp_path / "b.zarr") == contents(store.path)


@pytest.mark.parametrize("ending", ["tif", "png", "dzi", "zarr"])
def test_a_copy_that_lost_what_we_say_of_it_is_converted_with_what_it_has(tmp_path, ending, store, pixels):
    convert(store.path, tmp_path / "old.zarr", options=ExportOptions(zarr_format="ome-0.4"))
    attributes = zarr.open_group(tmp_path / "old.zarr").attrs
    del attributes["tilegan"]
    output = tmp_path / f"out.{ending}"
    convert(tmp_path / "old.zarr", output)
    if ending == "zarr":
        again = Store.open(output)
        np.testing.assert_array_equal(again.read(0, Window(0, 0, HEIGHT, WIDTH)), pixels)
        np.testing.assert_array_equal(again.read(1, Window(0, 0, 165, 210)), store.read(1, Window(0, 0, 165, 210)))
        assert again.origin.geo.crs == UTM
    elif ending == "dzi":
        assert (tmp_path / "out_files" / "9" / "0_0.png").is_file()
    else:
        np.testing.assert_array_equal(np.array(Image.open(output)), pixels)
        with rasterio.open(output) as dataset:
            assert (dataset.crs, dataset.transform) == (UTM, rasterio.Affine(10, 0, 1000, 0, -10, 9000))


def test_zarr_v2_of_a_region_and_back(tmp_path, store, pixels):
    old = ExportOptions(zarr_format="ome-0.4")
    convert(store.path, tmp_path / "part.zarr", options=old, region=(31, 20, 300, 290))
    assert (tmp_path / "part.zarr" / ".zgroup").is_file()
    assert not (tmp_path / "part.zarr" / "zarr.json").exists()
    convert(tmp_path / "part.zarr", tmp_path / "new.zarr")
    part = Store.open(tmp_path / "new.zarr")
    np.testing.assert_array_equal(part.read(0, Window(0, 0, 290, 300)), pixels[20:310, 31:331])
    assert part.origin.geo.transform == rasterio.Affine(10, 0, 1310, 0, -10, 8800)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", "new.zarr", "part.zarr"]
    with pytest.raises(OutputExistsError):
        convert(store.path, tmp_path / "part.zarr", options=old)
    convert(store.path, tmp_path / "part.zarr", options=old, overwrite=True)
    assert zarr.open_group(tmp_path / "part.zarr", mode="r")["0"].shape == (4, HEIGHT, WIDTH)
    with pytest.raises(SettingError, match=r"no Zarr format 'ome-0.3': use ome-0.5 or ome-0.4"):
        ExportOptions(zarr_format="ome-0.3")


@pytest.mark.parametrize("ending", ["tif", "zarr"])
def test_a_region_is_that_part_and_lies_there(tmp_path, ending, store, pixels):
    result = convert(store.path, tmp_path / f"out.{ending}", region=(31, 20, 300, 290))
    assert (result.height, result.width) == (290, 300)
    if ending == "zarr":
        part = Store.open(result.output)
        found = part.read(0, Window(0, 0, *part.shape(0)))
        assert part.levels == 2
        geo = part.origin.geo
        assert (geo.height, geo.width, geo.transform) == (290, 300, rasterio.Affine(10, 0, 1310, 0, -10, 8800))
        assert part.origin.opacity == "alpha"
    else:
        with rasterio.open(result.output) as dataset:
            found = dataset.read().transpose(1, 2, 0)
            assert dataset.transform == rasterio.Affine(10, 0, 1310, 0, -10, 8800)
            assert dataset.crs == UTM
    np.testing.assert_array_equal(found, pixels[20:310, 31:331])


def test_a_deep_zoom_image_of_a_region_has_its_own_levels(tmp_path, store, pixels):
    convert(store.path, tmp_path / "out.dzi", region=(31, 20, 300, 290))
    tile = np.array(Image.open(tmp_path / "out_files" / "9" / "1_1.png"))
    np.testing.assert_array_equal(tile, pixels[20 + 253 : 310, 31 + 253 : 331])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", "out.dzi", "out_files"]


def test_progress_reaches_the_end_of_each_phase(tmp_path, store):
    seen: dict[str, tuple[int, int]] = {}
    convert(
        store.path,
        tmp_path / "out.dzi",
        region=(0, 0, 300, 300),
        progress=lambda phase, done, total: seen.update({phase: (done, total)}),
    )
    assert seen == {"copy": (90_000, 90_000), "pyramid": (22_500, 22_500), "export": (90_000, 90_000)}


def test_outputs_are_not_replaced_unasked(tmp_path, store, pixels):
    for ending in ("tif", "dzi", "zarr"):
        output = tmp_path / f"out.{ending}"
        convert(store.path, output, region=(0, 0, 9, 9))
        with pytest.raises(OutputExistsError, match="exists: give another name, or --overwrite"):
            convert(store.path, output)
        convert(store.path, output, overwrite=True)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "out.tif")), pixels)
    assert (tmp_path / "out_files" / "9").is_dir()
    assert Store.open(tmp_path / "out.zarr").shape(0) == (HEIGHT, WIDTH)
    (tmp_path / "out.dzi").unlink()
    with pytest.raises(OutputExistsError, match="out_files exists: give another name, or --overwrite"):
        convert(store.path, tmp_path / "out.dzi")
    (tmp_path / "out_files" / "precious").touch()
    with pytest.raises(OutputError, match="out_files is no folder of tiles to replace"):
        convert(store.path, tmp_path / "out.dzi", overwrite=True)


def test_what_is_no_finished_store_of_ours_is_told(tmp_path, store):
    with pytest.raises(ImageError, match=r"no such store: .*none\.zarr: check the name"):
        convert(tmp_path / "none.zarr", tmp_path / "out.tif")
    with pytest.raises(ImageError, match="not a store of tilegan"):
        convert(tmp_path, tmp_path / "out.tif")
    (tmp_path / "photo.png").write_bytes(b"no folder")
    with pytest.raises(ImageError, match="not a store of tilegan"):
        convert(tmp_path / "photo.png", tmp_path / "out.tif")
    metadata = store.path / "zarr.json"
    whole = metadata.read_text()
    metadata.write_text(whole.replace('"tilegan"', '"others"').replace('"red"', '"DAPI"'))
    with pytest.raises(ImageError, match="not a store of tilegan"):
        convert(store.path, tmp_path / "out.tif")
    metadata.write_text(whole.replace('"dpi"', '"inches"'))
    with pytest.raises(ImageError, match="the source metadata of a store cannot be read"):
        convert(store.path, tmp_path / "out.tif")
    metadata.rename(store.path / "unfinished.json")
    with pytest.raises(ImageError, match=r"unfinished: .*a\.zarr: finish it first"):
        convert(store.path, tmp_path / "out.tif")


def test_a_damaged_store_leaves_nothing(tmp_path, store):
    store.shard_file(0, (1, 1)).write_bytes(b"torn")
    for ending in ("tif", "zarr"):
        with pytest.raises(ImageError, match=r"^damaged store"):
            convert(store.path, tmp_path / f"out.{ending}")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize(("ending", "compress"), [("jpg", "deflate"), ("tif", "jpeg")])
def test_transparency_is_refused_where_it_would_be_lost(tmp_path, ending, compress, store, pixels):
    options = ExportOptions(compress)
    with pytest.raises(OutputError, match="holds no transparency: use"):
        convert(store.path, tmp_path / f"out.{ending}", options=options)
    pixels[:, :, 3] = 255
    pixels[:9, :9, 3] = 0
    for index in np.ndindex(store.grid(0)):
        cell = grid_cell(index, 128, HEIGHT, WIDTH)
        store.write_shard(0, index, cell.of(pixels))
    result = convert(store.path, tmp_path / f"out.{ending}", options=options, region=(9, 0, 300, 200))
    with Image.open(result.output) as image:
        assert (image.mode, image.size) == ("RGB", (300, 200))


def test_what_cannot_be_is_refused_before_any_work(tmp_path, store, monkeypatch):
    monkeypatch.setattr(Store, "read", None)  # nothing may be read
    with pytest.raises(OutputError, match="is the source itself"):
        convert(store.path, store.path, overwrite=True)
    with pytest.raises(OutputError, match="cannot convert to object storage"):
        convert(store.path, "s3://bucket/out.zarr")
    for region in ((0, 0, WIDTH + 1, 1), (-1, 0, 1, 1), (0, HEIGHT, 1, 1), (0, 0, 0, 1)):
        with pytest.raises(SettingError, match="is not inside the image, 420 pixels wide and 330 high"):
            convert(store.path, tmp_path / "out.tif", region=region)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, store, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(OutputError, match=r"are needed and .* are free on that disk"):
        convert(store.path, tmp_path / "out.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_what_appears_meanwhile_is_kept(store: Store, tmp_path: Path) -> None:
    output = tmp_path / "out.png"

    def appear(*_: object) -> None:
        output.write_bytes(b"precious")

    with pytest.raises(OutputExistsError, match=r"out\.png has appeared meanwhile"):
        convert(store.path, output, progress=appear)
    assert output.read_bytes() == b"precious"
