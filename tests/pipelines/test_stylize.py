"""The stylize pipeline: from file to file, exact, whatever the settings."""

import subprocess
import sys
import threading
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
import rasterio
import rasterio.transform
from PIL import Image

import tilegan
import tilegan.pipelines
from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.pipelines import stylize


@pytest.mark.parametrize(("window", "shard"), [(None, None), (32, 64), (20, 100), (64, 64)])
def test_exact_equals_translate(picture, pixels, random_translator, tmp_path, window, shard, level0, worst):
    output = tmp_path / "out.zarr"
    result = stylize(picture, output, random_translator, window=window, shard=shard)
    assert worst(level0(output), random_translator.translate(pixels)) <= 1
    assert (result.output, result.height, result.width, result.seams) == (output, 270, 310, "exact")
    assert (result.device, result.precision, result.notes) == ("cpu", "float32", ())
    assert result.seconds > 0
    assert result.megapixels_per_second == pytest.approx(270 * 310 / 1e6 / result.seconds)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300)])
def test_thin_and_tiny_images(tmp_path, random_translator, shape, worst):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "in.png")
    stylize(tmp_path / "in.png", tmp_path / "out.png", random_translator, window=32, shard=64)
    assert worst(np.asarray(Image.open(tmp_path / "out.png")), random_translator.translate(image)) <= 1


def test_combo_does_not_depend_on_window_and_shard(picture, random_translator, tmp_path, worst):
    for name, window, shard in (("a", 16, 32), ("b", 64, 128)):
        stylize(picture, tmp_path / f"{name}.png", random_translator, seams="combo", window=window, shard=shard)
    first, second = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "ab")
    assert worst(first, second) <= 1


def test_the_pyramid_is_built_from_the_result(picture, random_translator, tmp_path):
    stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64)
    store = Store.open(tmp_path / "out.zarr")
    for level in range(1, store.levels):
        height, width = store.shape(level - 1)
        below = store.read(level - 1, Window(0, 0, height, width))[: height // 2 * 2, : width // 2 * 2].astype(int)
        mean = (below[::2, ::2] + below[1::2, ::2] + below[::2, 1::2] + below[1::2, 1::2]) / 4
        here = store.read(level, Window(0, 0, *mean.shape[:2]))
        assert np.abs(here - mean).max() <= 0.5


@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "zarr"])
def test_every_kind_of_output_and_nothing_beside(picture, pixels, random_translator, tmp_path, ending, level0, worst):
    folder = tmp_path / "results"
    folder.mkdir()
    output = folder / f"out.{ending}"
    stylize(picture, output, random_translator)
    assert list(folder.iterdir()) == [output]
    if ending == "zarr":
        written = level0(output)
    else:
        with rasterio.open(output) as dataset:
            written = dataset.read().transpose(1, 2, 0)
    expected = random_translator.translate(pixels)
    assert written.shape == expected.shape
    if ending != "jpg":
        assert worst(written, expected) <= 1


def test_the_default_output_is_beside_the_source_and_named_after_the_style(picture, model):
    result = stylize(picture, model=model, device="cpu")
    assert result.output == picture.with_name("picture.random.png")
    assert result.output.is_file()


def test_the_default_output_never_lies_in_a_store(picture, random_translator, tmp_path, monkeypatch, contents):
    store = tmp_path / "store.zarr"
    stylize(picture, store, random_translator)
    before = contents(store)
    assert stylize(store / "0", model=random_translator).output == tmp_path / "store.0.random.zarr"
    monkeypatch.chdir(store)
    assert stylize(".", model=random_translator).output == tmp_path / "store.random.zarr"
    assert contents(store) == before


def test_the_georeference_is_kept(tmp_path, pixels, random_translator):
    transform = rasterio.transform.from_origin(500000, 4600000, 2.5, 2.5)
    profile = {"driver": "GTiff", "height": 270, "width": 310, "count": 3, "dtype": "uint8"}
    with rasterio.open(tmp_path / "in.tif", "w", crs="EPSG:32633", transform=transform, **profile) as dataset:
        dataset.write(pixels.transpose(2, 0, 1))
    stylize(tmp_path / "in.tif", tmp_path / "out.tif", random_translator)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.crs.to_epsg() == 32633
        assert dataset.transform == transform


def test_rounding_is_noted(picture, random_translator, tmp_path):
    result = stylize(picture, tmp_path / "out.png", random_translator, window=30, shard=70)
    assert (result.window, result.shard) == (32, 96)
    assert len(result.notes) == 2


def test_progress_counts_output_pixels_from_the_calling_thread(picture, random_translator, tmp_path):
    calls = []

    def progress(phase, now, of):
        assert threading.current_thread() is threading.main_thread()
        calls.append((phase, now, of))

    stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64, progress=progress)
    stylized = [call for call in calls if call[0] == "stylize"]
    assert stylized[0] == ("stylize", 0, 270 * 310)
    assert stylized[-1] == ("stylize", 270 * 310, 270 * 310)
    assert len(stylized) == 1 + 5 * 5
    pyramid = [call for call in calls if call[0] == "pyramid"]
    assert pyramid[-1][1] == pyramid[-1][2] == 135 * 155
    assert all(before[1] <= after[1] for before, after in pairwise(stylized))


def test_shards_are_read_from_the_top(picture, random_translator, tmp_path):
    order = []
    real = Store.write_shard
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write_shard", lambda *a: (order.append((a[1], *a[2])), real(*a)))
        stylize(picture, tmp_path / "out.png", random_translator, window=32, shard=64)
    assert len(order) == 25
    # threads may overtake each other, but the first ones of all are not from further down
    assert {row for _, row, _ in order[:5]} <= {0, 1, 2}
    assert {row for _, row, _ in order[-5:]} <= {2, 3, 4}


def test_importing_the_pipelines_imports_no_torch():
    code = "import sys, tilegan.pipelines; assert 'torch' not in sys.modules and 'dask' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_function_hides_the_module_of_its_name():
    assert import_module("tilegan.pipelines.stylize").stylize is tilegan.pipelines.stylize is stylize


@pytest.mark.parametrize("name", ["geo", "awkward"])
def test_real_files_give_a_result_or_one_line(data_folder, random_translator, tmp_path, name):
    smallest = sorted((data_folder / name).iterdir(), key=lambda path: (path.stat().st_size, path))[:6]
    for path in smallest:
        try:
            result = stylize(path, tmp_path / f"{path.stem}.tif", random_translator)
        except ImageError as error:
            assert "\n" not in str(error)
        else:
            assert result.output.is_file()
