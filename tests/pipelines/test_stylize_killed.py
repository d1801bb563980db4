"""Runs that are killed at the worst moments: continued, the result is byte for byte the same."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tilegan
import tilegan.images.publish
import tilegan.pipelines
from tilegan.images.finished import is_whole
from tilegan.images.publish import finish_moving
from tilegan.images.stores.store import Store
from tilegan.inference.folder import WorkFolder
from tilegan.pipelines import plan_stylize, stylize


def wait_for_markers(process, folder, count):
    deadline = time.monotonic() + 600  # only so that nothing waits for ever
    while len(list(folder.glob("journal/0/*.*"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


RUN = """
import sys
from tilegan.pipelines import plan_stylize, stylize
stylize(sys.argv[1], sys.argv[2], sys.argv[3], window=32, shard=64, device="cpu")
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_resumed_it_is_byte_for_byte_the_same(tmp_path, model, number, contents):
    image = np.random.default_rng(5).integers(0, 256, (400, 500, 3), dtype=np.uint8)
    source, output, work = tmp_path / "in.png", tmp_path / "out.zarr", tmp_path / "out.zarr.partial"
    Image.fromarray(image).save(source)
    settings = {"model": model, "window": 32, "shard": 64, "device": "cpu"}
    stylize(source, tmp_path / "whole.zarr", **settings)
    command = [sys.executable, "-c", RUN, str(source), str(output), str(model)]
    # a shell that runs the tests in the background has made SIGINT be ignored, and children inherit that
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    wait_for_markers(process, work, 5)
    process.send_signal(number)
    process.communicate(timeout=600)
    assert process.returncode == -number
    assert not output.exists()
    assert 5 <= len(list(work.glob("journal/0/*.*"))) < 56
    stylize(source, output, resume=True, model=model, device="cpu")
    assert contents(output) == contents(tmp_path / "whole.zarr")


def test_a_kill_between_finishing_the_store_and_its_renaming(
    picture, random_translator, tmp_path, contents, monkeypatch
):
    stylize(picture, tmp_path / "alone.zarr", random_translator, window=32, shard=64)
    real = Store.finish

    class Killed(BaseException):
        pass

    def finish(store):
        real(store)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Store, "finish", finish)
        stylize(picture, tmp_path / "out.zarr", random_translator, window=32, shard=64)
    monkeypatch.setattr(Store, "write_shard", None)  # nothing may be made again
    stylize(picture, tmp_path / "out.zarr", random_translator, resume=True)
    assert contents(tmp_path / "out.zarr") == contents(tmp_path / "alone.zarr")


@pytest.mark.parametrize("ending", ["zarr", "tif"])
def test_a_kill_after_the_output_is_in_place(picture, random_translator, tmp_path, monkeypatch, ending):
    output = tmp_path / f"out.{ending}"

    class Killed(BaseException):
        pass

    def removed(_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(WorkFolder, "remove", removed)
        stylize(picture, output, random_translator, window=32, shard=64)
    assert WorkFolder.of(output).path.is_dir()
    result = stylize(picture, output, random_translator, resume=True)
    assert "finished already" in result.notes[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [output.name, "picture.png"]


def test_what_zarr_was_writing_does_not_stay(picture, random_translator, tmp_path, contents, unfinished):
    """Its LocalStore writes a shard under another name, and a kill may come before it renames it."""
    stylize(picture, tmp_path / "alone.zarr", random_translator, window=32, shard=64)
    unfinished(picture, random_translator, tmp_path / "out.zarr")
    store = WorkFolder.of(tmp_path / "out.zarr").store
    (store / "0" / "c" / "0" / "0" / "1.13ae6a1042f64470bcde48112a9ab68a.partial").write_bytes(b"torn")
    stylize(picture, tmp_path / "out.zarr", random_translator, resume=True)
    assert contents(tmp_path / "out.zarr") == contents(tmp_path / "alone.zarr")


def test_a_kill_between_the_tiles_of_a_deep_zoom_image_and_itself(picture, random_translator, tmp_path, monkeypatch):
    output = tmp_path / "out.dzi"

    class Killed(BaseException):
        pass

    def move(place, finished, real=finish_moving):
        if place == output:
            raise Killed
        real(place, finished)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(tilegan.images.publish, "finish_moving", move)
        stylize(picture, output, random_translator, window=32, shard=64)
    assert (tmp_path / "out_files").is_dir()
    assert not output.exists()
    monkeypatch.setattr(Store, "write_shard", None)  # nothing may be made again
    assert plan_stylize(picture, output, random_translator, resume=True).finished
    assert not output.exists()
    result = stylize(picture, output, random_translator, resume=True)
    assert "finished already" in result.notes[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.dzi", "out_files", "picture.png"]
    assert is_whole(output, "dzi")


def test_a_kill_before_the_tiles_of_a_deep_zoom_image_are_in_place(picture, random_translator, tmp_path, monkeypatch):
    output, asked = tmp_path / "out.dzi", {"window": 32, "shard": 64}
    stylize(picture, output, random_translator, **asked)
    before = {tile: tile.read_bytes() for tile in (tmp_path / "out_files").rglob("*.jpg")}

    class Killed(BaseException):
        pass

    def rename(path, target, real=Path.rename):
        if target == tmp_path / "out_files":
            raise Killed
        return real(path, target)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "rename", rename)
        stylize(picture, output, random_translator, overwrite=True, **asked)
    assert not output.exists()
    assert stylize(picture, output, random_translator, resume=True).seconds > 0
    assert {tile: tile.read_bytes() for tile in (tmp_path / "out_files").rglob("*.jpg")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.dzi", "out_files", "picture.png"]
