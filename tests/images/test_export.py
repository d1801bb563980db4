"""Exports against independent readers: the same pixels, the same place on the ground, or nothing at all."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import tifffile
from numpy.typing import NDArray
from PIL import Image
from rasterio.control import GroundControlPoint

from tilegan.errors import ImageError, OutputError
from tilegan.geometry import grid_cell
from tilegan.images import export as export_module
from tilegan.images.export import check_size, export, kind_of
from tilegan.images.origin import Geo
from tilegan.images.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def stored(path: Path, pixels: NDArray[np.uint8], shard: int = 128) -> Store:
    height, width, _ = pixels.shape
    store = Store.create(path, height, width, shard=shard, chunk=64)
    for index in np.ndindex(store.grid(0)):
        cell = grid_cell(index, shard, height, width)
        store.write_shard(0, index, pixels[cell.top : cell.bottom, cell.left : cell.right])
    return store


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth colours with a little noise: something that JPEG can hold."""
    rows, columns = np.mgrid[:height, :width]
    colours = np.stack([rows % 256, columns % 256, (rows + columns) // 2 % 256], axis=2)
    return (colours // 2 + np.random.default_rng(0).integers(0, 4, colours.shape)).astype(np.uint8)


@pytest.mark.parametrize("ending", ["tif", "tiff", "TIF", "png"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (1300, 530)])
def test_pixels_are_those_of_the_store(tmp_path, ending, height, width, monkeypatch):
    monkeypatch.setattr(export_module, "_SIDE", 512)  # so that it takes several windows
    pixels = picture(height, width)
    output = tmp_path / f"out.{ending}"
    export(stored(tmp_path / "a.zarr", pixels), output)
    with Image.open(output) as image:
        np.testing.assert_array_equal(np.array(image), pixels)
    if ending != "png":
        np.testing.assert_array_equal(tifffile.imread(output), pixels)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.zarr", output.name]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (64, 9), (65, 8), (1300, 530)])
@pytest.mark.parametrize("rows", [64, 192])
def test_a_jpeg_is_the_one_that_pillow_makes_of_the_whole(tmp_path, height, width, rows, monkeypatch):
    monkeypatch.setattr(export_module, "_BAND", rows)
    pixels = picture(height, width)
    export(stored(tmp_path / "a.zarr", pixels), tmp_path / "out.jpg")
    Image.fromarray(pixels).save(tmp_path / "whole.jpg", quality=95, subsampling=0)
    with Image.open(tmp_path / "out.jpg") as ours, Image.open(tmp_path / "whole.jpg") as theirs:
        assert ours.format == "JPEG"
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))
    with rasterio.open(tmp_path / "out.jpg") as ours, rasterio.open(tmp_path / "whole.jpg") as theirs:
        np.testing.assert_array_equal(ours.read(), theirs.read())


def test_bands_of_wide_images_are_lower():
    assert next(export_module._bands(10_000, 1000)).height == 512
    assert next(export_module._bands(10_000, 200_000)).height == 192
    assert next(export_module._bands(10_000, 10**6)).height == 64
    assert sum(window.height for window in export_module._bands(10_001, 200_000)) == 10_001


def test_a_tiff_is_tiled_and_compressed(tmp_path):
    export(stored(tmp_path / "a.zarr", np.zeros((600, 700, 3), np.uint8)), tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages.first
        assert (page.tilelength, page.tilewidth) == (512, 512)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.photometric == tifffile.PHOTOMETRIC.RGB


@pytest.mark.parametrize("factor", [1, 4])
def test_the_georeference_is_kept(tmp_path, factor):
    transform = rasterio.Affine(10, 1, 500_000, 2, -10, 4_000_000)
    crs = rasterio.crs.CRS.from_epsg(32633)
    geo = Geo(height=60, width=50, crs=crs, transform=transform, tags={"AREA_OR_POINT": "Area", "SURVEY": "seven"})
    store = stored(tmp_path / "a.zarr", picture(60 * factor, 50 * factor))
    export(store, tmp_path / "out.tif", geo)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.crs == crs
        assert dataset.tags()["SURVEY"] == "seven"
        assert dataset.xy(0, 0, offset="ul") == (500_000, 4_000_000)
        assert dataset.xy(60 * factor, 50 * factor, offset="ul") == (500_000 + 500 + 60, 4_000_000 + 100 - 600)


@pytest.mark.parametrize("factor", [1, 4])
def test_ground_control_points_are_kept(tmp_path, factor):
    crs = rasterio.crs.CRS.from_epsg(4326)
    points = [GroundControlPoint(row=r, col=c, x=10 + c, y=20 - r, z=1) for r, c in [(0, 0), (0, 50), (60, 0), (9, 7)]]
    geo = Geo(height=60, width=50, crs=crs, gcps=tuple(points))
    export(stored(tmp_path / "a.zarr", picture(60 * factor, 50 * factor)), tmp_path / "out.tif", geo)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        found, found_crs = dataset.gcps
    assert found_crs == crs
    assert [(p.row, p.col, p.x, p.y) for p in found] == [(p.row * factor, p.col * factor, p.x, p.y) for p in points]
    assert points[1].col == 50


def test_progress_counts_output_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "_SIDE", 512)
    calls = []
    store = stored(tmp_path / "a.zarr", picture(600, 700))
    for ending, parts in (("tif", 4), ("png", 2)):
        export(store, tmp_path / f"out.{ending}", progress=lambda *call: calls.append(call))
        done = [call[1] for call in calls]
        assert done == sorted(done)
        assert calls[-1] == ("export", 420_000, 420_000)
        assert len(calls) == parts
        calls.clear()


def test_formats_that_cannot_hold_the_image_are_refused():
    check_size("out.jpg", 65_500, 1)
    check_size("out.tif", 10**7, 10**7)
    with pytest.raises(OutputError, match=r"cannot write out\.jpg: 1 x 65501 .* use \.tif or \.zarr"):
        check_size("out.jpg", 1, 65_501)
    with pytest.raises(OutputError, match=r"cannot write out\.PNG"):
        check_size("out.PNG", 1_000_001, 1)
    with pytest.raises(OutputError, match=r"unknown ending '\.gif': use \.zarr, \.tif"):
        check_size("out.gif", 1, 1)
    assert kind_of("a.b.JPEG") == "jpg"


def test_an_export_to_zarr_is_refused(tmp_path):
    with pytest.raises(OutputError, match="a store is one already"):
        export(stored(tmp_path / "a.zarr", picture(9, 9)), tmp_path / "b.zarr")


def test_a_damaged_store_leaves_nothing(tmp_path):
    store = stored(tmp_path / "a.zarr", picture(300, 300))
    store.shard_file(0, (1, 1)).write_bytes(b"torn")
    for ending in ("tif", "png", "jpg"):
        with pytest.raises(ImageError, match="damaged store"):
            export(store, tmp_path / f"out.{ending}")
    assert [file.name for file in tmp_path.iterdir()] == ["a.zarr"]


def test_too_little_room_is_told_beforehand(tmp_path, monkeypatch):
    store = stored(tmp_path / "a.zarr", picture(300, 300))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(OutputError, match=r"cannot write .*out\.tif: up to 0\.00 GB are needed and 0\.00 GB"):
        export(store, tmp_path / "out.tif")


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write .*out\.tif"):
        export(stored(tmp_path / "a.zarr", picture(9, 9)), tmp_path / "missing" / "out.tif")


LIMITED = """
import resource, sys
from tilegan.errors import OutputError
from tilegan.images.export import export
from tilegan.images.store import Store
store = Store.open(sys.argv[1])
for limit in map(int, sys.argv[3:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        export(store, sys.argv[2])
        print("written")
    except OutputError as error:
        print(f"refused: {error}")
"""


@pytest.mark.parametrize("ending", ["tif", "png", "jpg"])
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, ending):
    store = stored(tmp_path / "a.zarr", np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8))
    output = tmp_path / f"out.{ending}"
    export(store, output)
    size = output.stat().st_size
    output.write_bytes(b"the earlier one")
    limits = [str(limit) for limit in (1000, size // 2, size - 300, size - 1)]
    command = [sys.executable, "-c", LIMITED, str(store.path), str(output), *limits]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == 4, run.stdout
    assert all(line.startswith(f"refused: cannot write {output}: ") for line in lines), run.stdout
    assert output.read_bytes() == b"the earlier one"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.zarr", output.name]
