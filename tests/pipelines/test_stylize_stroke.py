"""Larger strokes in the pipeline: the same whatever the cut, also where pixels mean nothing."""

import numpy as np
import pytest
import rasterio

from tilegan.errors import SettingError
from tilegan.pipelines import plan_stylize, stylize


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
