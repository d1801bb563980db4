"""Strength and kept colors in the pipeline: the blend of the source with what is made without them, bit for bit."""

import numpy as np
import pytest
import rasterio
from distributed import LocalCluster
from PIL import Image

from tilegan.errors import ResumeError, SettingError
from tilegan.images.metadata.origin import Reading
from tilegan.inference.blend import blend
from tilegan.pipelines import plan_stylize, stylize

CUT = {"window": 32, "shard": 64}
HOW = [{"strength": 0.35}, {"keep_colors": True}, {"strength": 0.7, "keep_colors": True}]


def blended(source, stylized, strength=1.0, keep_colors=False):
    result = stylized.copy()
    blend(source, result, strength, keep_colors)
    return result


@pytest.mark.parametrize("seams", ["exact", "combo"])
def test_the_blend_of_the_whole_whatever_the_cut(picture, pixels, random_translator, tmp_path, level0, seams):
    for cut in (CUT, {"window": 64, "shard": 128}):
        stylize(picture, tmp_path / "plain.zarr", random_translator, seams=seams, overwrite=True, **cut)
        for how in HOW:
            stylize(picture, tmp_path / "out.zarr", random_translator, seams=seams, overwrite=True, **cut, **how)
            expected = blended(pixels, level0(tmp_path / "plain.zarr"), **how)
            np.testing.assert_array_equal(level0(tmp_path / "out.zarr"), expected, str(how))


def test_no_strength_is_the_source_and_all_of_it_the_style(
    picture, pixels, random_translator, tmp_path, contents, level0
):
    stylize(picture, tmp_path / "none.zarr", random_translator, strength=0, **CUT)
    np.testing.assert_array_equal(level0(tmp_path / "none.zarr"), pixels)
    for name, how in (("plain", {}), ("all", {"strength": 1})):
        stylize(picture, tmp_path / f"{name}.zarr", random_translator, **how, **CUT)
    assert contents(tmp_path / "plain.zarr") == contents(tmp_path / "all.zarr")


def test_sixteen_bits_and_a_region(tmp_path, random_translator, level0):
    values = np.random.default_rng(5).integers(0, 65536, (120, 90, 3), dtype=np.uint16)
    with rasterio.open(
        tmp_path / "in.tif", "w", driver="GTiff", height=120, width=90, count=3, dtype="uint16"
    ) as dataset:
        dataset.write(values.transpose(2, 0, 1))
    region = (13, 7, 70, 101)
    how = {"region": region, "reading": Reading(depth="keep", stretch="dtype"), **CUT}
    stylize(tmp_path / "in.tif", tmp_path / "plain.zarr", random_translator, **how)
    stylize(tmp_path / "in.tif", tmp_path / "out.zarr", random_translator, strength=0.4, keep_colors=True, **how)
    found = level0(tmp_path / "out.zarr")
    assert found.dtype == np.uint16
    source = values[7 : 7 + 101, 13 : 13 + 70]
    np.testing.assert_array_equal(found, blended(source, level0(tmp_path / "plain.zarr"), 0.4, True))


def test_pixels_that_mean_nothing_keep_their_color(tmp_path, pixels, random_translator):
    alpha = np.zeros((270, 310, 1), np.uint8)
    alpha[30:200, 50:180] = 128
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(tmp_path / "in.png")
    for name, how in (("plain", {}), ("out", {"strength": 0.5})):
        stylize(tmp_path / "in.png", tmp_path / f"{name}.png", random_translator, **how, **CUT)
    plain, out = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("plain", "out"))
    np.testing.assert_array_equal(out[..., 3:], alpha)
    expected = np.where(alpha, blended(pixels, plain[..., :3].copy(), 0.5), pixels)
    np.testing.assert_array_equal(out[..., :3], expected)


@pytest.mark.parametrize("how", HOW[::2])
def test_resumed_with_the_same_settings_and_refused_with_others(
    picture, random_translator, tmp_path, unfinished, contents, how
):
    output = tmp_path / "out.zarr"
    stylize(picture, tmp_path / "whole.zarr", random_translator, **how, **CUT)
    unfinished(picture, random_translator, output, **how)
    with pytest.raises(ResumeError, match=f"settings changed: strength was {how['strength']}, now 0.5"):
        stylize(picture, output, random_translator, resume=True, **(how | {"strength": 0.5}))
    keeps = not how.get("keep_colors", False)
    with pytest.raises(ResumeError, match=f"settings changed: keep_colors was {not keeps}, now {keeps}"):
        stylize(picture, output, random_translator, resume=True, **(how | {"keep_colors": keeps}))
    stylize(picture, output, random_translator, resume=True, **how)
    assert contents(output) == contents(tmp_path / "whole.zarr")


def test_workers_blend_the_same(picture, random_translator, tmp_path, contents):
    how = {"strength": 0.6, "keep_colors": True, **CUT}
    stylize(picture, tmp_path / "alone.zarr", random_translator, **how)
    options = {"n_workers": 2, "threads_per_worker": 2, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(protocol="tcp", host="127.0.0.1", **options) as cluster:
        address = cluster.scheduler_address
        stylize(picture, tmp_path / "out.zarr", random_translator, scheduler=address, **how)
    assert contents(tmp_path / "out.zarr") == contents(tmp_path / "alone.zarr")


def test_the_plan_tells_and_other_strengths_leave_nothing(picture, random_translator, tmp_path):
    plan = plan_stylize(picture, tmp_path / "out.zarr", random_translator, strength=0.25, keep_colors=True)
    assert (plan.strength, plan.keep_colors) == (0.25, True)
    assert plan.memory.shards > plan_stylize(picture, tmp_path / "out.zarr", random_translator).memory.shards
    with pytest.raises(SettingError, match=r"a strength of 1\.5 is invalid"):
        stylize(picture, tmp_path / "out.zarr", random_translator, strength=1.5)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
