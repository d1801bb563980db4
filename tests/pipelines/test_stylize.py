"""The stylize pipeline: from file to file, exact, resumable, and nothing half-done under a final name."""

import errno
import shutil
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.transform
from PIL import Image

import tilegan
import tilegan.pipelines
from tilegan.errors import ImageError, OutputError, OutputExistsError, ResumeError, SettingError
from tilegan.geometry import Window
from tilegan.images.store import Store
from tilegan.inference.engine import JOURNAL
from tilegan.inference.lock import locked
from tilegan.pipelines import stylize


@pytest.fixture
def pixels():
    return np.random.default_rng(3).integers(0, 256, (270, 310, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path, pixels):
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def model(tmp_path, random_translator):
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    return path


def contents(folder):
    """Every file of a store and its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def level0(path):
    store = Store.open(path)
    return store.read(0, Window(0, 0, *store.shape(0)))


def worst(first, second):
    return np.abs(first.astype(int) - second).max()


class FailingDisk:
    """A store's writing that fails from the n-th shard on."""

    def __init__(self, monkeypatch, after, error):
        self.left, self.error, self.lock = after, error, threading.Lock()
        real = Store.write_shard

        def write_shard(store, level, index, shard):
            with self.lock:
                self.left -= 1
            if self.left < 0:
                raise self.error
            real(store, level, index, shard)

        monkeypatch.setattr(Store, "write_shard", write_shard)


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("window", "shard"), [(None, None), (32, 64), (20, 100), (64, 64)])
def test_exact_equals_translate(picture, pixels, random_translator, tmp_path, window, shard):
    output = tmp_path / "out.zarr"
    result = stylize(picture, output, random_translator, window=window, shard=shard)
    assert worst(level0(output), random_translator.translate(pixels)) <= 1
    assert (result.output, result.height, result.width, result.seams) == (output, 270, 310, "exact")
    assert (result.device, result.precision, result.notes) == ("cpu", "float32", ())
    assert result.seconds > 0
    assert result.megapixels_per_second == pytest.approx(270 * 310 / 1e6 / result.seconds)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300)])
def test_thin_and_tiny_images(tmp_path, random_translator, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "in.png")
    stylize(tmp_path / "in.png", tmp_path / "out.png", random_translator, window=32, shard=64)
    assert worst(np.asarray(Image.open(tmp_path / "out.png")), random_translator.translate(image)) <= 1


def test_combo_does_not_depend_on_window_and_shard(picture, random_translator, tmp_path):
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
def test_every_kind_of_output_and_nothing_beside(picture, pixels, random_translator, tmp_path, ending):
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


def test_the_default_output_never_lies_in_a_store(picture, random_translator, tmp_path, monkeypatch):
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


# --- what is refused -------------------------------------------------------------------------------------------------


def test_an_output_that_is_there_is_kept(picture, random_translator, tmp_path):
    output = tmp_path / "out.png"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=r"out\.png exists"):
        stylize(picture, output, random_translator)
    assert output.read_bytes() == b"precious"
    stylize(picture, output, random_translator, overwrite=True)
    assert Image.open(output).size == (310, 270)


def test_an_old_store_is_replaced_when_the_new_one_is_whole(picture, random_translator, tmp_path, monkeypatch):
    output = tmp_path / "out.zarr"
    stylize(picture, output, random_translator, window=32, shard=64)
    before = contents(output)
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        FailingDisk(patch, 3, FULL)
        stylize(picture, output, random_translator, window=64, shard=64, overwrite=True)
    assert contents(output) == before
    stylize(picture, output, random_translator, window=64, shard=64, overwrite=True)
    assert Store.open(output).shard == 64
    assert not (tmp_path / "out.zarr.partial").exists()


def test_a_folder_that_is_no_store_is_never_replaced(picture, random_translator, tmp_path):
    output = tmp_path / "out.zarr"
    output.mkdir()
    (output / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputError, match="no zarr to replace"):
        stylize(picture, output, random_translator, overwrite=True)
    assert (output / "holiday.jpg").read_bytes() == b"precious"


def test_a_foreign_partial_folder_is_left_alone(picture, random_translator, tmp_path):
    folder = tmp_path / "out.png.partial"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="in the way"):
        stylize(picture, tmp_path / "out.png", random_translator, overwrite=True)
    assert (folder / "holiday.jpg").read_bytes() == b"precious"


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_source_is_never_the_output(picture, random_translator, overwrite):
    before = picture.read_bytes()
    with pytest.raises(OutputError, match="is the source itself"):
        stylize(picture, picture, random_translator, overwrite=overwrite)
    assert picture.read_bytes() == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.xyz", "unknown ending"),
        ("out", "unknown ending"),
        ("nowhere/out.png", "no folder .*nowhere"),
        ("", "unknown ending"),
        (".", "unknown ending"),
    ],
)
def test_impossible_outputs_are_refused(picture, random_translator, tmp_path, output, message):
    with pytest.raises(OutputError, match=message):
        stylize(picture, tmp_path / output if output.strip(".") else output, random_translator)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


def test_a_missing_source_and_a_wrong_setting_leave_nothing(picture, random_translator, tmp_path):
    with pytest.raises(ImageError):
        stylize(tmp_path / "none.png", tmp_path / "out.png", random_translator)
    with pytest.raises(SettingError):
        stylize(picture, tmp_path / "out.png", random_translator, seams="none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


def test_an_image_too_large_for_its_format_is_refused_first(tmp_path, random_translator):
    Image.new("RGB", (70000, 2)).save(tmp_path / "in.png")
    with pytest.raises(OutputError, match="65500"):
        stylize(tmp_path / "in.png", tmp_path / "out.jpg", random_translator)
    assert not (tmp_path / "out.jpg.partial").exists()


# --- failure and resume ----------------------------------------------------------------------------------------------


def test_a_disk_full_at_once_leaves_nothing(picture, random_translator, tmp_path, monkeypatch):
    FailingDisk(monkeypatch, 0, FULL)
    with pytest.raises(OutputError, match=r"no room left on the disk of .*begin again"):
        stylize(picture, tmp_path / "out.png", random_translator, window=32, shard=64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


@pytest.mark.parametrize(
    ("after", "error", "expected"),
    [(5, FULL, OutputError), (30, FULL, OutputError), (5, KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_what_is_finished_is_kept_and_resumed(
    picture, random_translator, tmp_path, monkeypatch, after, error, expected
):
    settings = {"window": 32, "shard": 64}
    stylize(picture, tmp_path / "whole.zarr", random_translator, **settings)
    output = tmp_path / "out.zarr"
    with monkeypatch.context() as patch, pytest.raises(expected):
        FailingDisk(patch, after, error)
        stylize(picture, output, random_translator, **settings)
    assert not output.exists()
    written = []
    real = Store.write_shard
    monkeypatch.setattr(Store, "write_shard", lambda *a: (written.append(a[2]), real(*a)))
    with pytest.raises(OutputExistsError, match="unfinished work"):
        stylize(picture, output, random_translator, **settings)
    result = stylize(picture, output, random_translator, resume=True)
    assert (result.window, result.shard) == (32, 64)
    shards = sum(np.prod(Store.open(output).grid(level)) for level in range(Store.open(output).levels))
    assert len(written) == shards - after
    assert contents(output) == contents(tmp_path / "whole.zarr")
    assert not (tmp_path / "out.zarr.partial").exists()


def test_a_torn_shard_is_made_again(picture, random_translator, tmp_path, monkeypatch):
    output, work = tmp_path / "out.zarr", tmp_path / "out.zarr.partial"
    stylize(picture, tmp_path / "whole.zarr", random_translator, window=32, shard=64)
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        FailingDisk(patch, 20, FULL)
        stylize(picture, output, random_translator, window=32, shard=64)
    torn = Store.open(work / "store.zarr").shard_file(0, (0, 1))
    torn.write_bytes(torn.read_bytes()[:-100])
    stylize(picture, output, random_translator, resume=True)
    assert contents(output) == contents(tmp_path / "whole.zarr")


def unfinished(picture, translator, output, **settings):
    with pytest.MonkeyPatch.context() as patch, pytest.raises(OutputError):
        FailingDisk(patch, 5, FULL)
        stylize(picture, output, translator, window=32, shard=64, **settings)


def test_another_source_model_or_setting_is_not_resumed(picture, pixels, random_translator, model, tmp_path):
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


def test_resume_starts_where_nothing_was_begun_and_rests_where_all_is_done(picture, random_translator, tmp_path):
    output = tmp_path / "out.png"
    first = stylize(picture, output, random_translator, resume=True)
    assert first.seconds > 0
    before = output.stat().st_mtime_ns
    second = stylize(picture, output, random_translator, resume=True)
    assert (second.seconds, output.stat().st_mtime_ns) == (0, before)
    assert "finished already" in second.notes[0]


@pytest.mark.parametrize("ending", ["png", "zarr"])
def test_resume_clears_what_a_kill_left_of_finished_work(picture, random_translator, tmp_path, monkeypatch, ending):
    folder = tmp_path / "results"
    folder.mkdir()
    output = folder / f"out.{ending}"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
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
def test_a_second_run_to_the_same_output_leaves_the_first_alone(picture, random_translator, tmp_path, how):
    output, work = tmp_path / "out.zarr", tmp_path / "out.zarr.partial"
    unfinished(picture, random_translator, output)
    before = contents(work)
    with locked(work / JOURNAL), pytest.raises(OutputError, match="another run is writing"):
        stylize(picture, output, random_translator, **how)
    assert contents(work) == before
    stylize(picture, output, random_translator, resume=True)


def wait_for_markers(process, folder, count):
    deadline = time.monotonic() + 60
    while len(list(folder.glob("journal/0/*.*"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


RUN = """
import sys
from tilegan.pipelines import stylize
stylize(sys.argv[1], sys.argv[2], sys.argv[3], window=32, shard=64, device="cpu")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_resumed_it_is_byte_for_byte_the_same(tmp_path, model, number):
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
    begin = time.monotonic()
    process.communicate(timeout=30)
    assert process.returncode == -number
    assert time.monotonic() - begin < 10
    assert not output.exists()
    assert 5 <= len(list(work.glob("journal/0/*.*"))) < 56
    stylize(source, output, resume=True, model=model, device="cpu")
    assert contents(output) == contents(tmp_path / "whole.zarr")


def test_importing_the_pipelines_imports_no_torch():
    code = "import sys, tilegan.pipelines; assert 'torch' not in sys.modules and 'dask' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_function_hides_the_module_of_its_name():
    assert import_module("tilegan.pipelines.stylize").stylize is tilegan.pipelines.stylize is stylize


@pytest.mark.parametrize("name", ["geo", "awkward"])
def test_real_files_give_a_result_or_one_line(data_folder, random_translator, tmp_path, name):
    for path in sorted(Path(data_folder / name).iterdir())[:4]:
        try:
            result = stylize(path, tmp_path / f"{path.stem}.tif", random_translator)
        except ImageError as error:
            assert "\n" not in str(error)
        else:
            assert result.output.is_file()
