"""A part of an image, a limit of memory, other processes: the same pixels, however they are made."""

import numpy as np
import pytest
import rasterio
import rasterio.transform
from distributed import LocalCluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tilegan.errors import OutputError, ResumeError, SettingError
from tilegan.images.stores.store import Store
from tilegan.inference import cluster
from tilegan.pipelines import plan_stylize, stylize
from tilegan.translator import Translator


@given(st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_region_has_the_pixels_of_the_whole(picture, random_translator, tmp_path, level0, worst, data):
    left, top = data.draw(st.integers(0, 309)), data.draw(st.integers(0, 269))
    width, height = data.draw(st.integers(1, min(90, 310 - left))), data.draw(st.integers(1, min(90, 270 - top)))
    seams = data.draw(st.sampled_from(["exact", "combo"]))
    region = (left, top, width, height)
    how = {"seams": seams, "window": 32, "overwrite": True}
    result = stylize(picture, tmp_path / "part.zarr", random_translator, region=region, shard=64, **how)
    assert (result.height, result.width) == (height, width)
    if not (tmp_path / f"{seams}.zarr").exists():
        stylize(picture, tmp_path / f"{seams}.zarr", random_translator, shard=128, **how)
    whole = level0(tmp_path / f"{seams}.zarr")
    assert worst(level0(tmp_path / "part.zarr"), whole[top : top + height, left : left + width]) <= 1


@pytest.mark.parametrize("region", [(0, 0, 311, 5), (0, 269, 5, 2), (-1, 0, 5, 5), (0, 0, 0, 5), (400, 0, 1, 1)])
def test_a_region_outside_is_refused(picture, random_translator, tmp_path, region):
    with pytest.raises(SettingError, match="not inside the image, 310 pixels wide and 270 high"):
        stylize(picture, tmp_path / "out.png", random_translator, region=region)


def test_a_region_takes_its_georeference_along(tmp_path, pixels, random_translator):
    transform = rasterio.transform.from_origin(500000, 4600000, 2.5, 2.5)
    profile = {"driver": "GTiff", "height": 270, "width": 310, "count": 3, "dtype": "uint8"}
    with rasterio.open(tmp_path / "in.tif", "w", crs="EPSG:32633", transform=transform, **profile) as dataset:
        dataset.write(pixels.transpose(2, 0, 1))
    stylize(tmp_path / "in.tif", tmp_path / "out.tif", random_translator, region=(100, 40, 80, 60))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.shape == (60, 80)
        assert tuple(dataset.bounds) == (500250.0, 4600000 - 250.0, 500450.0, 4600000 - 100.0)


def test_another_region_does_not_resume(picture, random_translator, tmp_path, unfinished):
    unfinished(picture, random_translator, tmp_path / "out.zarr", region=(8, 8, 290, 250))
    with pytest.raises(ResumeError, match="region"):
        stylize(picture, tmp_path / "out.zarr", random_translator, resume=True)
    again = stylize(picture, tmp_path / "out.zarr", random_translator, region=(8, 8, 290, 250), resume=True)
    assert (again.height, again.width) == (250, 290)


def test_transparent_parts_keep_their_color(tmp_path, pixels, random_translator, worst):
    alpha = np.zeros((270, 310, 1), np.uint8)
    alpha[30:200, 50:180] = 255
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(tmp_path / "in.png")
    for name, shard in (("a", 32), ("b", 256)):
        stylize(tmp_path / "in.png", tmp_path / f"{name}.png", random_translator, window=32, shard=shard)
    first, second = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "ab")
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[..., 3:], alpha)
    np.testing.assert_array_equal(np.where(alpha, 0, first[..., :3]), np.where(alpha, 0, pixels))
    inner = slice(30 + random_translator.halo, 200 - random_translator.halo)  # which sees nothing transparent
    expected = random_translator.translate(pixels)
    assert worst(first[inner, 80:150, :3], expected[inner, 80:150]) <= 1


def test_what_is_none_is_planned_as_it_is_done(picture, random_translator, tmp_path):
    none = dict.fromkeys(("reading", "options", "style", "looks"))
    plans = []
    stylize(picture, tmp_path / "out.png", random_translator, planned=plans.append, **none)
    plan = plan_stylize(picture, model=random_translator, **none)
    assert (plan.window, plan.shard, plan.height) == (plans[0].window, plans[0].shard, plans[0].height)


def test_a_dry_run_tells_all_and_writes_nothing(picture, random_translator, tmp_path):
    plan = plan_stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
    assert (plan.height, plan.width, plan.region) == (270, 310, (0, 0, 310, 270))
    assert (plan.window, plan.shard, plan.shards, plan.halo, plan.finished) == (32, 64, 25, 28, False)
    assert plan.memory.total <= plan.memory.limit
    seen = []
    stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64, planned=seen.append)
    assert [told.shards for told in seen] == [25]
    assert plan_stylize(picture, tmp_path / "out.zarr", random_translator, resume=True).finished
    with pytest.raises(OutputError, match="exists"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator)


def test_too_little_memory_is_refused_before_anything_is_written(picture, random_translator, tmp_path):
    with pytest.raises(SettingError, match="too little"):
        stylize(picture, tmp_path / "out.zarr", random_translator, memory=10**6)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_running_out_of_memory_is_noted(picture, pixels, random_translator, tmp_path, monkeypatch, level0, worst):
    expected = random_translator.translate(pixels)
    real = Translator.run

    def run(self, windows, halo=0, places=()):
        if windows.shape[1] > 64 + 2 * halo:
            raise MemoryError
        return real(self, windows, halo, places)

    monkeypatch.setattr(Translator, "run", run)
    result = stylize(picture, tmp_path / "out.zarr", random_translator, window=128, shard=256)
    assert "continued with window 64, batch 1" in result.notes[-1]
    assert worst(level0(tmp_path / "out.zarr"), expected) <= 1


@pytest.fixture
def reference(picture, random_translator, tmp_path, contents):
    """The bytes of the store that this process makes alone."""
    stylize(picture, tmp_path / "alone.zarr", random_translator, window=32, shard=64)
    return contents(tmp_path / "alone.zarr")


def test_a_running_cluster_makes_the_same_bytes(picture, random_translator, tmp_path, reference, contents):
    options = {"n_workers": 2, "threads_per_worker": 2, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(protocol="tcp", host="127.0.0.1", **options) as cluster:
        address = cluster.scheduler_address
        result = stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64, scheduler=address)
    assert contents(result.output) == reference
    assert result.megapixels_per_second > 0


@pytest.mark.slow
def test_workers_make_the_same_bytes(picture, random_translator, tmp_path, contents):
    """Blended ones; a test of object storage has processes that do not blend."""
    for name, workers in (("alone", 1), ("out", 2)):
        how = {"strength": 0.6, "keep_colors": True, "window": 32, "shard": 64, "workers": workers}
        stylize(picture, tmp_path / f"{name}.zarr", random_translator, **how)
    assert contents(tmp_path / "out.zarr") == contents(tmp_path / "alone.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone.zarr", "out.zarr", "picture.png"]


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"workers": 2, "scheduler": "tcp://127.0.0.1:9"}])
def test_impossible_processes_are_refused(picture, random_translator, tmp_path, wrong):
    with pytest.raises(SettingError):
        stylize(picture, tmp_path / "out.zarr", random_translator, **wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_a_scheduler_that_does_not_answer_leaves_nothing(picture, random_translator, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT", "1s")
    with pytest.raises(SettingError, match="no Dask scheduler answers"):
        stylize(picture, tmp_path / "out.zarr", random_translator, scheduler="tcp://127.0.0.1:9")
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_the_store_is_finished_last(picture, random_translator, tmp_path, unfinished):
    unfinished(picture, random_translator, tmp_path / "out.zarr")
    store = tmp_path / "out.zarr.partial" / "store.zarr"
    assert not (store / "zarr.json").exists()
    Store.open(store)
    stylize(picture, tmp_path / "out.zarr", random_translator, resume=True)
    assert (tmp_path / "out.zarr" / "zarr.json").is_file()
