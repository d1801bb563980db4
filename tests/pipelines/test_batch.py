"""A batch: every result is that of ``stylize``, what is done is skipped, and what fails fails alone."""

import errno
import hashlib
import json
import os
import shutil
import threading
import time

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ImageError, ModelError, OutputError, ResumeError, SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.pipelines import batch, plan_batch, stylize
from tilegan.pipelines.batching import maker as maker_module

DRAW = np.random.default_rng(0)


def draw(path, height, width, bands=3, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = DRAW.integers(0, 256, (height, width, bands), dtype=np.uint8)
    Image.fromarray(pixels if bands > 1 else pixels[..., 0]).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path):
    """Six images: two of one shard, two of several, one with transparency, one of one pixel."""
    folder = tmp_path / "in"
    draw(folder / "a.png", 40, 50)
    draw(folder / "b" / "a.jpg", 33, 61)
    draw(folder / "b" / "large.tif", 100, 150)
    draw(folder / "b" / "c" / "large.webp", 130, 70)
    draw(folder / "clear.png", 30, 30, 4)
    draw(folder / "one.bmp", 1, 1)
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(folder, model, out):
    """Run the batch with windows of 32 and shards of 64 pixels; the names and statuses of images, and the result."""

    def made(source=None, **options):
        told = []
        options = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"} | options
        result = batch(source or folder, options.pop("output", out), options.pop("model", model),
                       progress=told.append, **options)  # fmt: skip
        return {image.output: image.status for image in told}, result

    return made


def lines(out):
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def leftovers(out):
    return [path.name for path in out.rglob("*") if path.suffix == ".partial" or path.name.startswith(".tilegan")]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"to": "png"},
        {"to": "tif", "options": ExportOptions(compress="zstd")},
        {"to": "webp", "strength": 0.5},
        {"to": "png", "stroke": 2},
        {"to": "zarr"},
        {"to": "png", "precision": "bfloat16"},
        {"to": "png", "seams": "combo"},
    ],
    ids=str,
)
def test_every_result_is_that_of_stylize(folder, model, out, run, tmp_path, contents, options):
    statuses, result = run(**options)
    assert set(statuses.values()) == {"done"}
    assert (result.done, result.failed, len(statuses)) == (6, 0, 6)
    kind = options.pop("to", None)
    for source in folder.rglob("*.*"):
        ending = f".{kind}" if kind else source.suffix if source.suffix != ".bmp" else ".tif"
        if kind and source.name == "a.jpg":
            assert (out / "b" / f"a{ending}").exists()
        output = (out / source.relative_to(folder)).with_suffix(ending)
        alone = tmp_path / f"alone{ending}"
        settings = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"} | options
        stylize(source, alone, model, overwrite=True, **settings)
        if kind == "zarr":
            same = {name: text for name, text in contents(output).items() if name != "zarr.json"}
            assert same == {name: text for name, text in contents(alone).items() if name != "zarr.json"}
        else:
            assert output.read_bytes() == alone.read_bytes(), source
    assert leftovers(out) == []


def test_results_tell_what_became_of_each_image(folder, out, run):
    (folder / "b" / "broken.jpg").write_bytes(b"no image")
    _, result = run()
    by_output = {line["output"]: line for line in lines(out)}
    assert len(by_output) == len(lines(out)) == 7
    done, failed = by_output["b/large.tif"], by_output["b/broken.jpg"]
    assert (done["status"], done["width"], done["height"]) == ("done", 150, 100)
    assert done["path"] == str(folder / "b" / "large.tif")
    assert done["sha256"] == hashlib.sha256((out / "b" / "large.tif").read_bytes()).hexdigest()
    assert done["bytes"] == (out / "b" / "large.tif").stat().st_size
    assert done["error"] is None and done["seconds"] > 0
    assert (failed["status"], failed["sha256"], failed["width"]) == ("failed", None, None)
    assert "broken.jpg" in failed["error"] and "\n" not in failed["error"]
    assert result.results == out / "results.jsonl"
    assert [image.output for image in result.failures] == ["b/broken.jpg"]
    assert result.megapixels == pytest.approx(
        sum(line["width"] * line["height"] for line in lines(out) if line["width"]) / 1e6
    )


def test_what_is_done_is_skipped_without_being_opened(out, run, monkeypatch):
    run()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")}
    monkeypatch.setattr(maker_module, "prepared", None)
    statuses, result = run()
    assert set(statuses.values()) == {"skipped"}
    assert (result.done, result.skipped) == (0, 6)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.*")} == before


def test_without_results_outputs_tell_themselves(out, run):
    run()
    told = lines(out)
    (out / "results.jsonl").unlink()
    statuses, _ = run()
    assert set(statuses.values()) == {"skipped"}
    known = ("output", "status", "sha256", "width", "height", "bytes")
    again = [{name: line[name] for name in known} | {"status": "done"} for line in lines(out)]
    assert sorted(again, key=str) == sorted(({name: line[name] for name in known} for line in told), key=str)
    run()
    assert len(lines(out)) == 6  # nothing new is known


def test_a_moved_or_touched_folder_is_the_same(folder, run, tmp_path):
    run()
    shutil.copytree(folder, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*.*"):
        os.utime(path, ns=(1, 1))
    assert set(run(tmp_path / "copy")[0].values()) == {"skipped"}


def test_a_changed_image_is_made_anew(folder, model, out, run, tmp_path):
    run()
    draw(folder / "a.png", 44, 55)
    statuses, _ = run()
    assert {name for name, status in statuses.items() if status == "done"} == {"a.png"}
    stylize(folder / "a.png", tmp_path / "alone.png", model, window=32, shard=64, device="cpu", precision="float32")
    assert (out / "a.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:500])
    assert run()[0]["a.png"] == "failed"
    assert (out / "a.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    draw(folder / "a.png", 20, 20)
    assert run()[0]["a.png"] == "done"


def test_other_settings_are_refused_before_any_work(folder, out, run):
    run()
    draw(folder / "0.png", 20, 20)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    with pytest.raises(
        ResumeError, match=r"6 of 7 outputs in .*out were made with another setting: strength was 1.0"
    ) as told:
        run(strength=0.5)
    assert "--overwrite makes them again" in str(told.value)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    statuses, _ = run(strength=0.5, overwrite=True)
    assert set(statuses.values()) == {"done"}
    assert set(run(strength=0.5, overwrite=True)[0].values()) == {"skipped"}


def test_another_window_makes_nothing_anew(run):
    run()
    assert set(run(window=64, shard=128)[0].values()) == {"skipped"}


def test_what_others_made_is_kept(folder, model, out, run, tmp_path):
    out.mkdir()
    (out / "a.png").write_bytes(b"precious")
    draw(out / "clear.png", 30, 30, 4)
    stylize(folder / "a.png", out / "one.tif", model)  # of another image
    before = (out / "one.tif").read_bytes()
    statuses, result = run()
    assert {name for name, status in statuses.items() if status == "failed"} == {"a.png", "clear.png", "one.tif"}
    assert all("exists" in image.error and "--overwrite replaces it" in image.error for image in result.failures)
    assert ((out / "a.png").read_bytes(), (out / "one.tif").read_bytes()) == (b"precious", before)
    assert set(run(overwrite=True)[0].values()) == {"done", "skipped"}
    other = tmp_path / "other"
    draw(other / "a.png", 40, 50)
    before = (out / "a.png").read_bytes()
    assert run(other)[0] == {"a.png": "failed"}  # the same name does not make it a new version
    assert (out / "a.png").read_bytes() == before


def test_an_output_that_was_changed_or_lost_since(folder, out, run):
    run()
    (out / "a.png").unlink()
    (out / "b" / "a.jpg").write_bytes((out / "b" / "a.jpg").read_bytes()[:-30])
    statuses, _ = run()
    assert {name for name, status in statuses.items() if status == "done"} == {"a.png", "b/a.jpg"}
    Image.open(folder / "a.png").save(out / "a.png")
    assert run()[0]["a.png"] == "failed"


def test_an_error_of_our_own_fails_one_image_too(out, run, monkeypatch):
    real = maker_module.carry_out

    def carry_out(job, *rest):
        if job.summary.width == 50:
            raise ValueError("of two\nlines")
        return real(job, *rest)

    monkeypatch.setattr(maker_module, "carry_out", carry_out)
    statuses, _ = run()
    assert [name for name, status in statuses.items() if status == "failed"] == ["a.png"]
    assert [line["error"] for line in lines(out) if line["error"]] == ["ValueError: of two lines"]


def test_a_full_disk_ends_the_batch(run, failing_disk, monkeypatch, out):
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="no room left"):
        failing_disk(patch, 3, OSError(errno.ENOSPC, "No space left on device"))
        run()
    assert [line["status"] for line in lines(out) if line["output"].endswith("large.webp")] in ([], ["failed"])
    statuses, _ = run()
    assert set(statuses.values()) <= {"done", "skipped"}
    assert leftovers(out) == []


def test_an_interruption_lets_what_is_begun_end_and_the_next_run_goes_on(folder, model, out, run, tmp_path):
    for number in range(20):
        draw(folder / "many" / f"{number:02}.png", 40, 40)
    told = []

    def interrupt(image):
        told.append(image.output)
        if len(told) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(folder, out, model, window=32, shard=64, device="cpu", precision="float32", progress=interrupt)
    made = {line["output"] for line in lines(out)}
    assert 8 <= len(made) < 26
    files = {path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.is_file()}
    assert {name for name in files if ".partial/" not in name} == made | {"results.jsonl"}
    assert set(leftovers(out)) <= {"large.tif.partial", "large.webp.partial"}  # which can be resumed
    statuses, _ = run()
    assert {name for name, status in statuses.items() if status == "skipped"} == made
    assert len(statuses) == 26
    stylize(folder / "many" / "19.png", tmp_path / "x.png", model, device="cpu", precision="float32")
    assert (out / "many" / "19.png").read_bytes() == (tmp_path / "x.png").read_bytes()


def test_unfinished_work_goes_on_and_that_of_an_earlier_version_does_not(folder, model, out, run, unfinished, tmp_path):
    large = draw(folder / "large.png", 200, 200)
    out.mkdir()
    settings = {"device": "cpu", "precision": "float32"}
    unfinished(large, model, out / "large.png", **settings)
    markers = list((out / "large.png.partial" / "journal" / "0").iterdir())
    assert markers
    with pytest.MonkeyPatch.context() as patch:
        from tilegan.images.stores.store import Store

        written = []
        real = Store.write_shard
        patch.setattr(Store, "write_shard", lambda store, level, index, shard: (
            written.append(store.path.parent.name), real(store, level, index, shard)))  # fmt: skip
        assert run()[0]["large.png"] == "done"
        assert written.count("large.png.partial") == 16 - len(markers)
    (out / "large.png").unlink()
    unfinished(large, model, out / "large.png", **settings, strength=0.5)
    assert run()[0]["large.png"] == "failed"  # with another setting
    time.sleep(0.01)
    draw(large, 200, 210)
    assert run()[0]["large.png"] == "done"
    stylize(large, tmp_path / "alone.png", model, **settings)
    assert (out / "large.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert leftovers(out) == []


def test_mistakes_that_concern_all_images(out, run, tmp_path, styled_translator):
    with pytest.raises(ImageError, match="no such image or folder"):
        run(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("none")
    with pytest.raises(ImageError, match=r"no images in .*empty, but 1 other files"):
        run(tmp_path / "empty")
    with pytest.raises(ImageError, match="no images selected by --include and --exclude"):
        run(include=["*.gif"])
    with pytest.raises(ModelError, match="nothing"):
        run(model="nothing")
    with pytest.raises(SettingError, match="has the ending of a file"):
        run(output=tmp_path / "out.png")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        run(output=tmp_path / "file")
    with pytest.raises(SettingError, match="no format 'gif'"):
        run(to="gif")
    with pytest.raises(SettingError, match="local files only"):
        run("s3://bucket/folder")
    with pytest.raises(SettingError, match="an instance map belongs to one image"):
        run(instances=tmp_path / "map.png")
    with pytest.raises(SettingError, match="style"):
        run(model=styled_translator, style={"bright": 1})
    with pytest.raises(SettingError, match="a memory of 1 MiB is too little"):
        run(memory=2**20)
    with pytest.raises(SettingError, match="strenght"):
        run(strenght=1)
    assert not [path for path in out.glob("*") if path.suffix in (".png", ".tif")]


def test_a_dry_run_writes_nothing_and_tells_the_same(folder, model, out, run):
    (folder / "broken.jpg").write_bytes(b"no image")
    options = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32"}
    plan = plan_batch(folder, out, model, **options)
    assert not out.exists()
    assert (plan.images, plan.to_make, plan.skipped, plan.failed) == (7, 6, 0, 1)
    assert "broken.jpg" in plan.failures[0].error
    _, result = run()
    assert result.megapixels == plan.megapixels
    draw(folder / "a.png", 40, 50)
    (out / "results.jsonl").write_bytes((out / "results.jsonl").read_bytes() + b"torn")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in out.rglob("*")}
    plan = plan_batch(folder, out, model, **options)
    assert (plan.to_make, plan.skipped, plan.failed) == (1, 5, 1)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in out.rglob("*")} == before


def test_two_batches_do_not_write_to_one_folder(folder, out, run):
    def second(_):
        with pytest.raises(OutputError, match="another run is writing"):
            run()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(folder, out, planned=second)
    assert leftovers(out) == []


def test_a_translator_and_one_image_of_many_sources(folder, random_translator, run):
    statuses, _ = run([folder / "b", folder / "a.png"], model=random_translator)
    assert statuses == dict.fromkeys(("b/a.jpg", "b/large.tif", "b/c/large.webp", "a.png"), "done")
    assert run(folder / "one.bmp", model=random_translator)[0] == {"one.tif": "done"}


def test_a_stopped_batch_ends_a_large_image_at_its_next_window(folder, out, model, random_translator, tmp_path):
    """And not that of another run in the same process."""
    large = draw(folder / "0.png", 400, 400)
    options = {"window": 32, "shard": 64, "device": "cpu", "precision": "float32", "stroke": 4}
    other, told = [], []

    def interrupt(path, phase, done, total):
        told.append((path, phase, done, total))
        if len(told) == 2:
            other.append(threading.Thread(target=stylize, args=(large, tmp_path / "other.png", random_translator)))
            other[0].start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(large, out, model, parts=interrupt, **options)
    other[0].join()
    assert (tmp_path / "other.png").exists()
    assert not (out / "0.png").exists()
    assert (out / "0.png.partial").is_dir()
    assert batch(large, out, model, **options).done == 1
    stylize(large, tmp_path / "alone.png", model, **options)
    assert (out / "0.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert leftovers(out) == []
