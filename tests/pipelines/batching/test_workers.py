"""A batch on the workers of a cluster."""

import json

import numpy as np
import pytest
from distributed import LocalCluster
from PIL import Image

from tilegan.errors import SettingError
from tilegan.inference import cluster
from tilegan.pipelines import batch
from tilegan.pipelines.batching import on_cluster
from tilegan.pipelines.batching.images import Task
from tilegan.pipelines.batching.on_cluster import _chunks
from tilegan.pipelines.stylize_settings import StylizeSettings

FIXED = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"}


@pytest.fixture
def folder(tmp_path):
    """Twenty images of noise, one of them of several shards, and a file that is none."""
    folder = tmp_path / "in"
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(20):
        side = 150 if number == 7 else 30 + number
        Image.fromarray(draw.integers(0, 256, (side, 40, 3), dtype=np.uint8)).save(folder / f"{number:02}.png")
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


def test_the_workers_of_a_scheduler_make_the_same(folder, random_translator, tmp_path, contents):
    """A worker of two threads works on one group of images at a time; the model is that of the caller."""
    alone = batch(folder, tmp_path / "alone", random_translator, **FIXED)
    told = []
    with LocalCluster(1, processes=False, threads_per_worker=2, dashboard_address=None, silence_logs=50) as local:
        where = {"scheduler": local.scheduler_address}
        result = batch(folder, tmp_path / "out", random_translator, progress=told.append, **where, **FIXED)
        assert (result.done, result.failed) == (alone.done, alone.failed) == (20, 1)
        assert len(told) == 21
        again = batch(folder, tmp_path / "out", random_translator, **where, **FIXED)
        assert (again.done, again.skipped, again.failed) == (0, 20, 1)
    both = [contents(tmp_path / name) for name in ("alone", "out")]
    lines = [[json.loads(line) for line in made.pop("results.jsonl").splitlines()] for made in both]
    assert both[0] == both[1]
    same = [{line["output"]: line["sha256"] for line in of} for of in lines]
    assert same[0] == same[1]
    assert not on_cluster._makers and not on_cluster._stopped


def test_an_interruption_ends_the_images_that_workers_have(folder, random_translator, tmp_path, monkeypatch):
    monkeypatch.setattr(on_cluster, "IMAGES", 4)

    def interrupt(_):
        raise KeyboardInterrupt

    with LocalCluster(1, processes=False, threads_per_worker=1, dashboard_address=None, silence_logs=50) as local:
        where = {"scheduler": local.scheduler_address}
        with pytest.raises(KeyboardInterrupt):
            batch(folder, tmp_path / "out", random_translator, progress=interrupt, **where, **FIXED)
        made = {path.name for path in (tmp_path / "out").glob("*.png")}
        assert 0 < len(made) < 20
        assert not list((tmp_path / "out").glob(".*"))
        result = batch(folder, tmp_path / "out", random_translator, **where, **FIXED)
        assert (result.done, result.skipped) == (20 - len(made), len(made))


def test_small_images_are_grouped_and_large_ones_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(on_cluster, "IMAGES", 3)
    monkeypatch.setattr(on_cluster, "BYTES", 100)

    def task(name, size):
        (tmp_path / name).write_bytes(b"x" * size)
        return Task(tmp_path / name, tmp_path / "out" / name, name)

    tasks = [task("a", 1), task("b", 1), task("c", 1), task("d", 1), task("e", 200), task("f", 200), None, task("g", 1)]
    groups = [group and [each.name for each in group] for group in _chunks(tasks)]
    assert groups == [["a", "b", "c"], ["d", "e"], ["f"], None, ["g"]]


def test_memory_is_shared_by_workers_and_the_process_that_waits():
    settings = StylizeSettings().but(memory=3000)
    assert on_cluster.share_of(settings, 2).run.memory == 1000
    assert on_cluster.share_of(settings, 0).run.memory == 3000
    assert on_cluster.share_of(StylizeSettings(), 2).run.memory is None


def test_workers_and_a_scheduler_exclude_each_other(folder, random_translator, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT", "1s")
    with pytest.raises(SettingError, match="exclude each other"):
        batch(folder, tmp_path / "out", random_translator, workers=2, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(SettingError, match="no Dask scheduler answers"):
        batch(folder, tmp_path / "out", random_translator, scheduler="tcp://127.0.0.1:9")
