import errno
from pathlib import Path

import numpy as np
import pytest
import rasterio
import zarr
from PIL import Image

from tilegan.errors import OutputError, OutputExistsError, SettingError
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.landscape import Landscape
from tilegan.pipelines import sample


def expected(height: int, width: int, seed: int = 0) -> np.ndarray:
    return Landscape(height, width, seed).read(Window(0, 0, height, width))


def pixels_of(path: Path) -> np.ndarray:
    if path.suffix == ".zarr":
        return np.moveaxis(np.asarray(zarr.open_array(path / "0", mode="r")[:]), 0, -1)
    if path.suffix == ".tif":
        with rasterio.open(path) as file:
            return np.moveaxis(file.read(), 0, -1)
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("ending", [".zarr", ".tif", ".png"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (70, 90), (1030, 1100)])
def test_pixels_are_the_landscape(tmp_path: Path, ending: str, height: int, width: int) -> None:
    result = sample(tmp_path / f"a{ending}", height, width, seed=2)
    assert (result.height, result.width, result.seed) == (height, width, 2)
    np.testing.assert_array_equal(pixels_of(result.output), expected(height, width, 2))
    assert [path.name for path in tmp_path.iterdir()] == [f"a{ending}"]


def test_jpeg_is_close(tmp_path: Path) -> None:
    result = sample(tmp_path / "a.jpg", 200, 300)
    difference = np.abs(pixels_of(result.output).astype(int) - expected(200, 300))
    assert difference.mean() < 4


def test_all_levels_are_written(tmp_path: Path) -> None:
    sample(tmp_path / "a.zarr", 700, 900)
    store = Store.open(tmp_path / "a.zarr")
    assert store.levels == 3
    means = [store.read(level, Window(0, 0, *store.shape(level))).mean() for level in range(3)]
    assert means == pytest.approx([means[0]] * 3, abs=1)


def test_two_runs_are_equal_byte_for_byte(tmp_path: Path) -> None:
    files = []
    for name in ("a.zarr", "b.zarr"):
        sample(tmp_path / name, 300, 400)
        folder = tmp_path / name
        files.append({file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    assert files[0] == files[1]


def test_progress_reaches_the_end_of_each_phase(tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(phase: str, done: int, total: int) -> None:
        assert seen.get(phase, (0, total)) <= (done, total)
        seen[phase] = done, total

    sample(tmp_path / "a.zarr", 300, 400, progress=progress)
    assert seen == {"sample": (120_000, 120_000), "pyramid": (30_000, 30_000)}


def test_an_output_is_not_replaced_unasked(tmp_path: Path) -> None:
    sample(tmp_path / "a.png", 10, 10)
    with pytest.raises(OutputExistsError, match=r"a\.png"):
        sample(tmp_path / "a.png", 20, 20)
    assert pixels_of(tmp_path / "a.png").shape == (10, 10, 3)
    sample(tmp_path / "a.png", 20, 20, overwrite=True)
    assert pixels_of(tmp_path / "a.png").shape == (20, 20, 3)


@pytest.mark.parametrize("ending", [".zarr", ".png"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Store, "write_shard", no_room)
    with pytest.raises(OutputError, match="no room"):
        sample(tmp_path / f"a{ending}", 30, 30)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("height", "width", "seed"), [(0, 5, 0), (5, -1, 0), (5, 5, -1)])
def test_impossible_settings_are_named(tmp_path: Path, height: int, width: int, seed: int) -> None:
    with pytest.raises(SettingError):
        sample(tmp_path / "a.png", height, width, seed=seed)


def test_too_large_for_its_format_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="70000"):
        sample(tmp_path / "a.jpg", 70_000, 70_000)
    assert list(tmp_path.iterdir()) == []


def test_unknown_ending_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.xyz"):
        sample(tmp_path / "a.xyz", 5, 5)
    with pytest.raises(OutputError, match="nowhere"):
        sample(tmp_path / "nowhere" / "a.png", 5, 5)


def test_it_lies_where_it_is_told(tmp_path: Path) -> None:
    sample(tmp_path / "a.tif", 90, 120, crs="EPSG:4326", bounds=(-6, 40, 6, 49))
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.crs.to_epsg() == 4326
        assert tuple(file.bounds) == pytest.approx((-6, 40, 6, 49))
    np.testing.assert_array_equal(pixels_of(tmp_path / "a.tif"), expected(90, 120))
    sample(tmp_path / "a.zarr", 90, 120, crs="EPSG:32631")
    geo = Store.open(tmp_path / "a.zarr").origin.geo
    assert (geo.crs.to_epsg(), tuple(geo.transform)[:6]) == (32631, (1, 0, 0, 0, -1, 90))


@pytest.mark.parametrize(
    ("output", "crs", "bounds", "message"),
    [
        ("a.tif", "EPSG:1", None, "no CRS 'EPSG:1'"),
        ("a.tif", "EPSG:4326", (5, 0, 5, 1), "no bounds 5,0,5,1"),
        ("a.tif", None, (0, 0, 5, 1), "bounds need a CRS"),
        ("a.png", "EPSG:4326", None, "a png cannot hold a CRS: use .zarr or .tif"),
    ],
)
def test_impossible_places_are_told(tmp_path: Path, output: str, crs: str, bounds: tuple, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        sample(tmp_path / output, 5, 5, crs=crs, bounds=bounds)
    assert list(tmp_path.iterdir()) == []
