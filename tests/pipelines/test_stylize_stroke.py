"""Larger strokes in the pipeline: the same whatever the cut, also where pixels mean nothing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilegan.errors import SettingError
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


@pytest.mark.parametrize("seams", ["exact", "combo"])
def test_the_same_whatever_the_cut(picture, random_translator, tmp_path, level0, seams):
    how = {"seams": seams, "stroke": 3}
    stylize(picture, tmp_path / "one.zarr", random_translator, window=512, **how)
    stylize(picture, tmp_path / "many.zarr", random_translator, window=32, shard=64, **how)
    np.testing.assert_array_equal(level0(tmp_path / "one.zarr"), level0(tmp_path / "many.zarr"))
    stylize(picture, tmp_path / "fine.zarr", random_translator, seams=seams)
    assert (level0(tmp_path / "one.zarr") != level0(tmp_path / "fine.zarr")).mean() > 0.5


def test_a_region_has_the_pixels_of_the_whole(picture, random_translator, tmp_path, level0):
    cut = {"window": 32, "shard": 64, "stroke": 4}
    stylize(picture, tmp_path / "whole.zarr", random_translator, **cut)
    stylize(picture, tmp_path / "part.zarr", random_translator, region=(11, 6, 50, 60), **cut)
    np.testing.assert_array_equal(level0(tmp_path / "part.zarr"), level0(tmp_path / "whole.zarr")[6:66, 11:61])


def test_colours_of_pixels_that_mean_nothing_make_no_difference(tmp_path, random_translator, level0):
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
    with pytest.raises(SettingError, match="strokes 65 times as large cannot be: give a whole number from 1 to 64"):
        plan_stylize(picture, model=random_translator, stroke=65)


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
    assert (plan["stroke"], plan["shards"]) == (8, 4)
    assert peak <= plan["memory"]["total"] <= limit
