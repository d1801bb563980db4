"""A batch: every result is that of ``stylize``, what is done is skipped, and what fails fails alone."""

import hashlib
import os
import shutil

import pytest
from PIL import Image

from tilegan.errors import ImageError, ModelError, OutputError, ResumeError, SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.pipelines import plan_batch, stylize
from tilegan.pipelines.batching import maker as maker_module

from .conftest import draw, leftovers, lines


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


def test_mistakes_that_concern_all_images(out, run, tmp_path, styled_translator):
    with pytest.raises(ImageError, match="no such image or folder"):
        run(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("none")
    with pytest.raises(ImageError, match=r"no images in .*empty, but 1 other files"):
        run(tmp_path / "empty")
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "clip.mp4").write_bytes(b"1")
    with pytest.raises(ImageError, match=r"no images in .*clips, but 1 other files: .*; 1 video passed over"):
        run(tmp_path / "clips")
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


def test_a_translator_and_one_image_of_many_sources(folder, random_translator, run):
    statuses, _ = run([folder / "b", folder / "a.png"], model=random_translator)
    assert statuses == dict.fromkeys(("b/a.jpg", "b/large.tif", "b/c/large.webp", "a.png"), "done")
    assert run(folder / "one.bmp", model=random_translator)[0] == {"one.tif": "done"}
