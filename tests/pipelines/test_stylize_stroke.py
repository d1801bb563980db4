"""Larger strokes in the pipeline: the same whatever the cut, also where pixels mean nothing."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import rasterio
from PIL import Image

from tilegan.errors import OutputError, ResumeError, SettingError
from tilegan.geometry import Window
from tilegan.inference.array import stylize_array
from tilegan.inference.blend import blend
from tilegan.inference.blocks import Part
from tilegan.inference.ground import Ground
from tilegan.inference.reduced import Reduced
from tilegan.inference.stroke import steps_of
from tilegan.pipelines import plan_stylize, stylize

# stylizes within 560 MiB beside what Python and torch take, and prints its limit and its peak: the kernel's own count,
# since ``ru_maxrss`` may be the parent's
WITHIN = """
import sys
from pathlib import Path
import psutil
import tilegan.pipelines.stylize
from tilegan.cli.main import main
limit = psutil.Process().memory_info().rss + 560 * 2**20
main([*sys.argv[1:], "--memory", f"{limit}B"], standalone_mode=False)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(limit, int(peak.split()[1]) * 1024)
"""


def as_defined(translator, pixels, stroke):
    """The whole image, step by step, each translated at once."""
    below, before, steps = None, stroke, steps_of(stroke)
    image = Held(pixels)
    copy = Reduced(image, steps[-2])
    for step in steps:
        photo = image if step == 1 else Reduced(copy, step // steps[-2])
        everything = Window(0, 0, photo.height, photo.width)
        ground = photo if below is None else Ground(photo, Held(below), before // step)
        painted = translator.translate(ground.read(everything))
        below, before = painted if below is None else ground.moved_back(painted, everything, everything), step
    return below


class Held(Part):
    """An image in memory."""

    def __init__(self, pixels):
        height, width, _ = pixels.shape
        super().__init__(pixels, Window(0, 0, height, width), height, width)


@pytest.mark.parametrize("stroke", [3, 8])
def test_tiled_equals_whole(picture, pixels, random_translator, tmp_path, level0, worst, stroke):
    result = stylize(picture, tmp_path / "out.zarr", random_translator, stroke=stroke, window=32, shard=64)
    assert result.stroke == stroke
    assert worst(level0(tmp_path / "out.zarr"), as_defined(random_translator, pixels, stroke)) <= 2


@pytest.mark.parametrize("seams", ["exact", "combo"])
def test_the_same_whatever_the_cut(picture, random_translator, tmp_path, level0, seams):
    how = {"seams": seams, "stroke": 8}
    stylize(picture, tmp_path / "one.zarr", random_translator, window=512, **how)
    stylize(picture, tmp_path / "many.zarr", random_translator, window=32, shard=64, **how)
    apart = np.abs(level0(tmp_path / "one.zarr").astype(int) - level0(tmp_path / "many.zarr"))
    # convolutions sum in another order when windows are small, and each step makes more of a level here or there
    assert apart.max() <= 2
    assert (apart > 0).mean() < 1e-3
    stylize(picture, tmp_path / "fine.zarr", random_translator, seams=seams, stroke=1)
    assert (level0(tmp_path / "one.zarr") != level0(tmp_path / "fine.zarr")).mean() > 0.5


def test_an_array_is_what_a_file_is(picture, pixels, random_translator, tmp_path, level0, worst):
    stylize(picture, tmp_path / "file.zarr", random_translator, stroke=8)
    lazy = stylize_array(da.from_array(pixels, chunks=(100, 120, 3)), random_translator, stroke=8, window=48)
    assert worst(level0(tmp_path / "file.zarr"), np.asarray(lazy)) <= 2


def test_by_default_they_follow_the_whole_picture(picture, pixels, random_translator, tmp_path, level0, worst):
    """Also where only a region of it is stylized."""
    small = replace(random_translator, facts={"settings": {"short_side": 64}})
    assert stylize(picture, tmp_path / "whole.zarr", small, window=32, shard=64).stroke == 4
    result = stylize(picture, tmp_path / "part.zarr", small, region=(101, 16, 50, 60), window=32, shard=64)
    assert result.stroke == 4
    np.testing.assert_array_equal(level0(tmp_path / "part.zarr"), level0(tmp_path / "whole.zarr")[16:76, 101:151])
    lazy = stylize_array(da.from_array(pixels, chunks=-1), small)
    assert worst(np.asarray(lazy), level0(tmp_path / "whole.zarr")) <= 2
    assert plan_stylize(picture, model=small, seams="combo").stroke == 4
    assert plan_stylize(picture, model=replace(small, facts={})).stroke == 1


def test_a_run_goes_on_with_what_it_was_begun_with(picture, random_translator, tmp_path, contents, failing_disk):
    """Killed while copies are painted, and again with all of them and a part of the image."""
    out, cut = tmp_path / "out.zarr", {"window": 32, "shard": 64}
    stylize(picture, tmp_path / "whole.zarr", random_translator, stroke=4, **cut)
    for after, finished in ((2, {"stroke-4.partial": 2}), (7, {"stroke-4.partial": 4, "": 5})):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OutputError):
            failing_disk(patch, after)
            stylize(picture, out, random_translator, stroke=4 if after == 2 else "auto", resume=True, **cut)
        partial = tmp_path / "out.zarr.partial"
        counted = {name: len([*(partial / name / "journal").glob("0/*.*")]) for name in finished}
        assert counted == finished
    with pytest.raises(ResumeError, match="stroke was 4, now 2"):
        stylize(picture, out, random_translator, stroke=2, resume=True, **cut)
    told = []
    stylize(picture, out, random_translator, resume=True, progress=lambda *event: told.append(event), **cut)
    assert contents(out) == contents(tmp_path / "whole.zarr")
    copies = [event for event in told if event[0] == "copies"]
    assert copies[-1] == ("copies", 68 * 78, 68 * 78)
    assert told.index(copies[-1]) < told.index(("stylize", 0, 270 * 310))


@pytest.mark.parametrize("stroke", [3, 8])
def test_a_region_of_an_image_with_holes_has_the_pixels_of_the_whole(tmp_path, random_translator, level0, stroke):
    pixels = np.random.default_rng(0).integers(0, 256, (400, 300, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[150:300, 40:200, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "in.png")
    cut = {"window": 32, "shard": 64, "stroke": stroke}
    stylize(tmp_path / "in.png", tmp_path / "whole.zarr", random_translator, **cut)
    stylize(tmp_path / "in.png", tmp_path / "part.zarr", random_translator, region=(150, 200, 40, 64), **cut)
    np.testing.assert_array_equal(level0(tmp_path / "part.zarr"), level0(tmp_path / "whole.zarr")[200:264, 150:190])


@pytest.mark.slow
def test_workers_paint_copies_too(picture, random_translator, tmp_path, contents, scheduler):
    how = {"stroke": 4, "window": 64, "shard": 128}
    stylize(picture, tmp_path / "one.zarr", random_translator, **how)
    stylize(picture, tmp_path / "two.zarr", random_translator, scheduler=scheduler, **how)
    assert contents(tmp_path / "one.zarr") == contents(tmp_path / "two.zarr")


@pytest.mark.parametrize("how", [{"strength": 0.0}, {"strength": 0.5}, {"keep_colors": True}])
def test_what_is_kept_of_the_source_is_the_sources(picture, pixels, random_translator, tmp_path, level0, how):
    stylize(picture, tmp_path / "out.zarr", random_translator, stroke=4, window=32, shard=64, **how)
    stylize(picture, tmp_path / "all.zarr", random_translator, stroke=4, window=32, shard=64)
    expected = level0(tmp_path / "all.zarr")
    blend(pixels, expected, **how)
    np.testing.assert_array_equal(level0(tmp_path / "out.zarr"), expected)


def test_a_region_has_the_pixels_of_the_whole(picture, random_translator, tmp_path, level0):
    cut = {"window": 32, "shard": 64, "stroke": 4}
    stylize(picture, tmp_path / "whole.zarr", random_translator, **cut)
    stylize(picture, tmp_path / "part.zarr", random_translator, region=(11, 6, 50, 60), **cut)
    np.testing.assert_array_equal(level0(tmp_path / "part.zarr"), level0(tmp_path / "whole.zarr")[6:66, 11:61])


def test_colors_of_pixels_that_mean_nothing_make_no_difference(tmp_path, random_translator, level0):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 150, 140), dtype=np.uint8)
    valid = np.full((150, 140), 255, np.uint8)
    valid[40:, 60:] = 0
    found = []
    for name, nothing in (("black", 0), ("white", 255)):
        filled = np.where(valid, pixels, nothing).astype(np.uint8)
        profile = {"driver": "GTiff", "height": 150, "width": 140, "count": 4, "dtype": "uint8", "alpha": "yes"}
        with rasterio.open(tmp_path / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(np.concatenate([filled, valid[None]]))
        out = tmp_path / f"{name}.zarr"
        stylize(tmp_path / f"{name}.tif", out, random_translator, stroke=3, window=32, shard=64)
        found.append(level0(out)[..., :3][valid > 0])
    np.testing.assert_array_equal(*found)


def test_the_plan_tells_of_it_and_of_its_memory(picture, random_translator):
    fine, large = (plan_stylize(picture, model=random_translator, stroke=stroke) for stroke in (1, 16))
    assert (fine.stroke, large.stroke) == (1, 16)
    assert large.memory.shards > fine.memory.shards
    with pytest.raises(
        SettingError, match="strokes 257 times as large are impossible: give a whole number from 1 to 256"
    ):
        plan_stylize(picture, model=random_translator, stroke=257)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is told by Linux alone")
def test_no_more_memory_is_taken_than_is_planned(tmp_path, random_translator):
    random_translator.save(tmp_path / "model.safetensors")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 400, 500), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    profile = {"driver": "GTiff", "height": 3200, "width": 4000, "count": 3, "dtype": "uint8"}
    with rasterio.open(tmp_path / "in.tif", "w", tiled=True, compress="deflate", **profile) as dataset:
        dataset.write(pixels)
    how = {"-o": tmp_path / "out.zarr", "--model": tmp_path / "model.safetensors", "--stroke": 8, "--progress": "json"}
    arguments = [str(part) for option in how.items() for part in option]
    command = [sys.executable, "-c", WITHIN, "stylize", str(tmp_path / "in.tif"), *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    plan, (limit, peak) = json.loads(printed[0]), map(int, printed[-1].split())
    assert plan["stroke"] == 8
    assert plan["shards"] > 1
    assert peak <= plan["memory"]["total"] <= limit
