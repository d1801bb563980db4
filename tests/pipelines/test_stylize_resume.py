"""Stylizing that failed, was killed or goes on: nothing half-done under a final name, the same bytes in the end."""

import shutil
import time

import numpy as np
import pytest
import rasterio
import torch
from PIL import Image
from rasterio.enums import Resampling

import tilegan
import tilegan.images.publish
import tilegan.pipelines
from tilegan.errors import OutputError, OutputExistsError, ResumeError
from tilegan.images.readers import decoded
from tilegan.images.stores.store import Store
from tilegan.inference.folder import WorkFolder
from tilegan.inference.lock import locked
from tilegan.pipelines import plan_stylize, stylize


def test_a_disk_full_at_once_leaves_nothing(picture, random_translator, tmp_path, monkeypatch, failing_disk):
    failing_disk(monkeypatch, 0)
    with pytest.raises(OutputError, match=r"no room left on the disk of .*start again"):
        stylize(picture, tmp_path / "out.png", random_translator, window=32, shard=64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


@pytest.mark.parametrize(
    ("after", "error", "expected"),
    [(5, None, OutputError), (30, None, OutputError), (5, KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_what_is_finished_is_kept_and_resumed(
    picture, random_translator, tmp_path, monkeypatch, after, error, expected, contents, failing_disk
):
    settings = {"window": 32, "shard": 64}
    stylize(picture, tmp_path / "whole.zarr", random_translator, **settings)
    output = tmp_path / "out.zarr"
    with monkeypatch.context() as patch, pytest.raises(expected):
        failing_disk(patch, after, error)
        stylize(picture, output, random_translator, **settings)
    assert not output.exists()
    written = []
    real = Store.write_shard
    monkeypatch.setattr(Store, "write_shard", lambda *a: (written.append(a[2]), real(*a)))
    with pytest.raises(OutputExistsError, match="unfinished work"):
        stylize(picture, output, random_translator, **settings)
    with pytest.raises(OutputExistsError, match="unfinished work"):
        plan_stylize(picture, output, random_translator, **settings)
    assert not plan_stylize(picture, output, random_translator, overwrite=True, **settings).finished
    result = stylize(picture, output, random_translator, resume=True)
    assert (result.window, result.shard) == (32, 64)
    shards = sum(np.prod(Store.open(output).grid(level)) for level in range(Store.open(output).levels))
    assert len(written) == shards - after
    assert contents(output) == contents(tmp_path / "whole.zarr")
    assert not (tmp_path / "out.zarr.partial").exists()


def test_a_torn_shard_is_made_again(picture, random_translator, tmp_path, monkeypatch, contents, failing_disk):
    output, work = tmp_path / "out.zarr", tmp_path / "out.zarr.partial"
    stylize(picture, tmp_path / "whole.zarr", random_translator, window=32, shard=64)
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        failing_disk(patch, 20)
        stylize(picture, output, random_translator, window=32, shard=64)
    torn = Store.open(work / "store.zarr").shard_file(0, (0, 1))
    torn.write_bytes(torn.read_bytes()[:-100])
    stylize(picture, output, random_translator, resume=True)
    assert contents(output) == contents(tmp_path / "whole.zarr")


def test_another_source_model_or_setting_is_not_resumed(
    picture, pixels, random_translator, model, tmp_path, level0, worst, unfinished
):
    output = tmp_path / "out.zarr"
    unfinished(picture, random_translator, output)
    with pytest.raises(ResumeError, match="seams was 'exact', now 'combo'"):
        stylize(picture, output, random_translator, seams="combo", resume=True)
    with pytest.raises(ResumeError, match="window was 32, now 64"):
        stylize(picture, output, random_translator, window=64, resume=True)
    with pytest.raises(ResumeError, match="the settings changed: precision was 'float32', now 'bfloat16'"):
        stylize(picture, output, model, precision="bfloat16", device="cpu", resume=True)
    other = tilegan.load(model, "cpu", "float32")
    other.generator.tail.bias.data += 0.1
    with pytest.raises(ResumeError, match="the model changed"):
        stylize(picture, output, other, resume=True)
    time.sleep(0.01)
    Image.fromarray(255 - pixels).save(picture)
    with pytest.raises(ResumeError, match="the source changed"):
        stylize(picture, output, random_translator, resume=True)
    stylize(picture, output, random_translator, overwrite=True)  # begins again
    assert worst(level0(output), random_translator.translate(255 - pixels)) <= 1


def test_another_stretch_is_not_resumed(random_translator, tmp_path, monkeypatch, unfinished):
    monkeypatch.setattr(decoded, "OVERVIEW", 100)
    path = tmp_path / "deep.tif"
    values = np.random.default_rng(0).integers(0, 65536, (1, 270, 310), dtype=np.uint16)
    with rasterio.open(path, "w", driver="GTiff", width=310, height=270, count=1, dtype="uint16") as dataset:
        dataset.write(values)
    unfinished(path, random_translator, tmp_path / "out.zarr")
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as dataset:  # in a file beside it
        dataset.build_overviews([2], Resampling.average)
    assert (tmp_path / "deep.tif.ovr").exists()
    with pytest.raises(ResumeError, match=r"the source changed: stretch low was \d+\.\d+, now \d+\.\d+"):
        stylize(path, tmp_path / "out.zarr", random_translator, resume=True)


def test_resume_keeps_to_the_passes_side_by_side(picture, random_translator, tmp_path, unfinished):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        unfinished(picture, random_translator, tmp_path / "out.zarr")
        torch.set_num_threads(1)
        assert plan_stylize(picture, tmp_path / "new.zarr", random_translator, window=32, shard=64).streams == 1
        plan = plan_stylize(picture, tmp_path / "out.zarr", random_translator, resume=True)
        assert plan.streams == 2
        one = plan_stylize(picture, tmp_path / "new.zarr", random_translator, window=32, shard=64)
        assert plan.memory.forward == 2 * one.memory.forward
    finally:
        torch.set_num_threads(before)


def test_resume_starts_where_nothing_was_begun_and_rests_where_all_is_done(picture, random_translator, tmp_path):
    output = tmp_path / "out.png"
    first = stylize(picture, output, random_translator, resume=True)
    assert first.seconds > 0
    before = output.stat().st_mtime_ns
    second = stylize(picture, output, random_translator, resume=True)
    assert (second.seconds, output.stat().st_mtime_ns) == (0, before)
    assert "finished already" in second.notes[0]


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "zarr"])
def test_a_finished_output_of_another_size_is_refused(picture, random_translator, tmp_path, ending):
    output = tmp_path / f"out.{ending}"
    stylize(picture, output, random_translator, region=(0, 0, 40, 30))
    with pytest.raises(ResumeError, match=r"has 30 x 40 pixels, not 270 x 310: it was made from another image"):
        stylize(picture, output, random_translator, resume=True)
    with pytest.raises(ResumeError, match="pixels, not"):
        plan_stylize(picture, output, random_translator, resume=True)


@pytest.mark.parametrize("ending", ["png", "zarr"])
def test_resume_clears_what_a_kill_left_of_finished_work(picture, random_translator, tmp_path, monkeypatch, ending):
    folder = tmp_path / "results"
    folder.mkdir()
    output = folder / f"out.{ending}"
    real = shutil.rmtree

    def killed(path, **options):
        if "export" in path.name:  # of the export, which is over when the output is in place
            return real(path, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        stylize(picture, output, random_translator)
    assert (folder / f"out.{ending}.partial").is_dir()
    before = output.stat().st_mtime_ns
    result = stylize(picture, output, random_translator, resume=True)
    assert "finished already" in result.notes[0]
    assert output.stat().st_mtime_ns == before
    assert list(folder.iterdir()) == [output]


def test_resume_where_all_is_done_leaves_a_foreign_folder_alone(picture, random_translator, tmp_path):
    output, foreign = tmp_path / "out.png", tmp_path / "out.png.partial"
    stylize(picture, output, random_translator)
    foreign.mkdir()
    (foreign / "holiday.jpg").write_bytes(b"precious")
    stylize(picture, output, random_translator, resume=True)
    assert (foreign / "holiday.jpg").read_bytes() == b"precious"


def test_the_source_is_not_taken_for_a_finished_output(picture, random_translator):
    with pytest.raises(OutputError, match="is the source itself"):
        stylize(picture, picture, random_translator, resume=True)


@pytest.mark.parametrize("how", [{}, {"overwrite": True}, {"resume": True}])
def test_a_second_run_to_the_same_output_leaves_the_first_alone(
    picture, random_translator, tmp_path, how, contents, unfinished
):
    output, work = tmp_path / "out.zarr", tmp_path / "out.zarr.partial"
    unfinished(picture, random_translator, output)
    before = contents(work)
    with locked(WorkFolder(work).journal), pytest.raises(OutputError, match="another run is writing"):
        stylize(picture, output, random_translator, **how)
    assert contents(work) == before
    stylize(picture, output, random_translator, resume=True)
