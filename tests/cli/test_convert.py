from pathlib import Path

import pytest
import rasterio
from PIL import Image


@pytest.fixture
def store(run, tmp_path: Path) -> Path:
    assert run("sample", "a.zarr", "--size", "300x400", "--crs", "EPSG:32631").exit_code == 0
    return tmp_path / "a.zarr"


@pytest.mark.usefixtures("store")
def test_writes_and_says_so(run, tmp_path: Path) -> None:
    result = run("convert", "a.zarr", "a.tif", "--compress", "webp", "--quality", "80", "--region", "10,20,300,200")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("a.tif: 200 x 300 pixels in ")
    assert result.stdout.count("\n") == 1
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert dataset.compression.name == "webp"
        assert tuple(dataset.bounds) == (10, 80, 310, 280)


@pytest.mark.usefixtures("store")
def test_does_not_replace_unasked(run, tmp_path: Path) -> None:
    assert run("convert", "a.zarr", "a.jpg").exit_code == 0
    refused = run("convert", "a.zarr", "a.jpg")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: a.jpg exists")
    assert run("convert", "a.zarr", "a.jpg", "--quality", "20", "--overwrite").exit_code == 0
    assert Image.open(tmp_path / "a.jpg").size == (400, 300)


def test_what_is_no_store_is_one_line(run, photo: Path) -> None:
    refused = run("convert", photo, "a.tif")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: not a store of tilegan: ")
    assert refused.stderr.count("\n") == 1


def test_strips_where_asked_to(run, tmp_path: Path, model: Path) -> None:
    exif = Image.Exif()
    exif[271] = "Maker"
    Image.new("RGB", (60, 40), "red").save(tmp_path / "in.jpg", exif=exif)
    assert run("stylize", "in.jpg", "-o", "b.zarr", "--model", model).exit_code == 0
    assert run("stylize", "in.jpg", "-o", "c.jpg", "--model", model, "--strip").exit_code == 0
    assert run("convert", "b.zarr", "b.jpg").exit_code == 0
    assert run("convert", "b.zarr", "d.jpg", "--strip", "--profile", "keep").exit_code == 0
    found = [Image.open(tmp_path / f"{name}.jpg").getexif().get(271) for name in "bcd"]
    assert found == ["Maker", None, None]
