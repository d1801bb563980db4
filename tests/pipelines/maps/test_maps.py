"""Maps that say where and how much: exact whatever the cut, resumable, and refused in time."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
import rasterio
import torch
from PIL import Image

from pictures import are_equal, saved
from tilegan.errors import ImageError, ResumeError
from tilegan.inference.array import stylize_array
from tilegan.inference.blend import blend, mixed
from tilegan.inference.controls.feather import shares
from tilegan.networks.build import build_generator
from tilegan.pipelines import StylizeSettings, plan_stylize, stylize
from tilegan.pipelines.batch import batch
from tilegan.pipelines.convert import convert
from tilegan.translator import Translator

CUT = {"window": 32, "shard": 64}
SHAPE = (135, 155)  # of the picture


def share_of(numbers, number, feather):
    """The shares of a number in a whole map."""
    margin = feather // 2
    return shares(np.pad(numbers == number, margin, "reflect"), feather)


def test_strength_by_a_map_is_the_blend_of_each_pixel(picture, pixels, random_translator, amounts, tmp_path, level0):
    stylize(picture, tmp_path / "plain.zarr", random_translator, stroke=1, **CUT)
    stylize(picture, tmp_path / "out.zarr", random_translator, stroke=1, strength=amounts, **CUT)
    stylize(picture, tmp_path / "whole.zarr", random_translator, stroke=1, strength=str(amounts))
    expected = level0(tmp_path / "plain.zarr")
    blend(pixels, expected, np.asarray(Image.open(amounts)) / np.float32(255))
    assert (level0(tmp_path / "out.zarr") == expected).all()
    assert (level0(tmp_path / "out.zarr")[:, :24] == pixels[:, :24]).all()
    assert np.abs(level0(tmp_path / "whole.zarr").astype(int) - expected).max() <= 1
    array = stylize_array(pixels, random_translator, stroke=1, strength=np.asarray(Image.open(amounts)))
    assert (np.asarray(array) == level0(tmp_path / "whole.zarr")).all()


def test_styles_by_a_map(picture, pixels, styled_translator, halves, tmp_path, level0):
    how = {"stroke": 1, "feather": 20, **CUT}
    for style in ("dark", "light"):
        stylize(picture, tmp_path / f"{style}.zarr", styled_translator, style={style: 1}, **how)
    plan = plan_stylize(picture, tmp_path / "out.zarr", styled_translator, style=halves, **how)
    assert "map of style: 0 dark; 1 light" in plan.notes
    assert (plan.maps, plan.feather) == ({"style": str(halves)}, 20)
    assert plan.memory.shards > plan_stylize(picture, None, styled_translator, style={"dark": 1}, **how).memory.shards
    stylize(picture, tmp_path / "out.zarr", styled_translator, style=halves, **how)
    dark, light, result = (level0(tmp_path / f"{name}.zarr") for name in ("dark", "light", "out"))
    numbers = np.asarray(Image.open(halves))
    parts = [(dark.copy(), share_of(numbers, 0, 20)), (light.copy(), share_of(numbers, 1, 20))]
    assert (result == mixed(parts)).all()
    assert (result[:, :65] == dark[:, :65]).all()
    assert (result[:, 85:] == light[:, 85:]).all()
    chunked = da.from_array(pixels, chunks=(64, 50, 3))
    array = stylize_array(chunked, styled_translator, style=numbers, stroke=1, feather=20)
    assert np.abs(np.asarray(array).astype(int) - result).max() <= 1


def test_strokes_by_a_map(picture, pixels, random_translator, halves, tmp_path, level0):
    numbers = np.asarray(Image.open(halves)) * 7 + 1  # 1 on the left, 8 on the right
    strokes = saved(tmp_path / "strokes.png", numbers)
    how = {"feather": 12, **CUT}
    for stroke in (1, 8):
        stylize(picture, tmp_path / f"{stroke}.zarr", random_translator, stroke=stroke, **CUT)
    result = stylize(picture, tmp_path / "out.zarr", random_translator, stroke=strokes, **how)
    assert result.stroke == 8
    small, large, found = (level0(tmp_path / f"{name}.zarr") for name in ("1", "8", "out"))
    assert (found == mixed([(small, share_of(numbers, 1, 12)), (large, share_of(numbers, 8, 12))])).all()
    array = stylize_array(pixels, random_translator, stroke=numbers, feather=12)
    apart = np.abs(np.asarray(array).astype(int) - found)
    assert (apart.max() <= 3, (apart > 0).mean() < 1e-2) == (True, True)


@pytest.mark.parametrize("ending", ["png", "tif", "zarr"])
def test_protected_pixels_are_those_of_the_source(picture, pixels, random_translator, faces, tmp_path, ending):
    output = tmp_path / f"out.{ending}"
    stylize(picture, output, random_translator, stroke=1, protect=faces, feather=16, keep_colors=True, **CUT)
    stylize(picture, tmp_path / "plain.tif", random_translator, stroke=1, keep_colors=True, **CUT)
    if ending == "zarr":
        convert(output, output := tmp_path / "converted.tif")
    with rasterio.open(output) as file, rasterio.open(tmp_path / "plain.tif") as plain:
        result, painted = file.read().transpose(1, 2, 0), plain.read().transpose(1, 2, 0)
    mask = np.asarray(Image.open(faces))
    assert (result[mask == 255] == pixels[mask == 255]).all()
    far = np.ones(SHAPE, bool)
    far[19:81, 34:106] = far[84:131, :41] = False  # 16 pixels around
    assert (result[far] == painted[far]).all()
    assert (result[22:35, 50:90] != pixels[22:35, 50:90]).any()


@pytest.fixture
def everything(tmp_path, amounts, halves, faces):
    """All controls at once: maps of different resolutions."""
    numbers = np.zeros((27, 31), np.uint8)  # 0: auto, which is 1 here
    numbers[10:] = 2
    strokes = saved(tmp_path / "strokes.png", numbers)
    small = Image.open(amounts).resize((62, 54))
    small.save(tmp_path / "small.png")
    return {"strength": tmp_path / "small.png", "style": halves, "stroke": strokes, "protect": faces, "feather": 14}


def test_all_at_once_are_the_same_whatever_the_cut(picture, pixels, styled_translator, everything, tmp_path, level0):
    stylize(picture, tmp_path / "whole.zarr", styled_translator, **everything)
    stylize(picture, tmp_path / "tiled.zarr", styled_translator, **everything, **CUT)
    stylize(picture, tmp_path / "part.zarr", styled_translator, **everything, region=(50, 20, 65, 100), **CUT)
    whole = level0(tmp_path / "whole.zarr")
    assert are_equal(level0(tmp_path / "tiled.zarr"), whole, most=2)  # each step of strokes amplifies them
    assert are_equal(level0(tmp_path / "part.zarr"), whole[20:120, 50:115], most=2)
    arrays = {name: np.asarray(Image.open(file)) for name, file in everything.items() if name != "feather"}
    chunked = da.from_array(pixels, chunks=(60, 100, 3))
    made = stylize_array(chunked, styled_translator, **(everything | arrays))
    assert are_equal(np.asarray(made), whole, most=2)


def test_what_was_begun_is_continued_with_the_same_maps_only(
    picture, styled_translator, everything, tmp_path, unfinished, contents
):
    output, how = tmp_path / "out.zarr", everything | CUT
    stylize(picture, tmp_path / "at_once.zarr", styled_translator, **how)
    unfinished(picture, styled_translator, output, **everything)
    other = saved(tmp_path / "other.png", np.zeros(SHAPE, np.uint8))
    with pytest.raises(ResumeError, match=r"the map of protect changed: name was 'faces.png', now 'other.png'"):
        stylize(picture, output, styled_translator, resume=True, **(how | {"protect": other}))
    with pytest.raises(ResumeError, match=r"the map of protect changed: name was 'faces.png', now None"):
        stylize(picture, output, styled_translator, resume=True, **(how | {"protect": None}))
    with pytest.raises(ResumeError, match=r"the settings changed: feather was 14, now 15"):
        stylize(picture, output, styled_translator, resume=True, **(how | {"feather": 15}))
    stylize(picture, output, styled_translator, resume=True, **how)
    assert contents(output) == contents(tmp_path / "at_once.zarr")


@pytest.mark.slow
def test_workers_compute_the_same(picture, styled_translator, everything, tmp_path, level0, scheduler):
    for name, where in (("alone", {}), ("other", {"scheduler": scheduler})):
        stylize(picture, tmp_path / f"{name}.zarr", styled_translator, **where, **everything, **CUT)
    assert (level0(tmp_path / "alone.zarr") == level0(tmp_path / "other.zarr")).all()


def test_a_finished_output_tells_its_maps(picture, random_translator, amounts, tmp_path):
    output, how = tmp_path / "out.png", {"stroke": 1, "strength": amounts}
    stylize(picture, output, random_translator, **how)
    assert stylize(picture, output, random_translator, resume=True, **how).notes[-1].endswith("was finished already")
    amounts.rename(tmp_path / "renamed.png")
    renamed = how | {"strength": tmp_path / "renamed.png"}
    assert stylize(picture, output, random_translator, resume=True, **renamed).seconds == 0  # the same content
    saved(tmp_path / "renamed.png", np.zeros(SHAPE, np.uint8))
    with pytest.raises(ResumeError, match="with another setting: map of strength was"):
        stylize(picture, output, random_translator, resume=True, **renamed)


def test_a_map_is_that_of_the_upright_image(pixels, random_translator, faces, tmp_path):
    turned, exif = Image.fromarray(np.rot90(pixels).copy()), Image.Exif()
    exif[0x0112] = 6  # stored turned to the left, shown turned back
    turned.save(tmp_path / "turned.png", exif=exif)
    stylize(tmp_path / "turned.png", tmp_path / "out.png", random_translator, stroke=1, protect=faces)
    mask = np.asarray(Image.open(faces)) == 255
    result = np.asarray(Image.open(tmp_path / "out.png"))
    assert result.shape[:2] == SHAPE
    assert (result[mask] == pixels[mask]).all()
    stored = saved(tmp_path / "stored.png", np.rot90(np.asarray(Image.open(faces))).copy())
    with pytest.raises(ImageError, match=r"135 x 155 pixels, and the image, upright, 155 x 135: a map covers all"):
        stylize(tmp_path / "turned.png", tmp_path / "other.png", random_translator, protect=stored)


def test_what_is_not_valid_keeps_its_color(pixels, random_translator, amounts, tmp_path):
    opacity = np.full((*SHAPE, 1), 255, np.uint8)
    opacity[:30] = 0
    saved(tmp_path / "in.png", np.concatenate([pixels, opacity], 2))
    stylize(tmp_path / "in.png", tmp_path / "out.png", random_translator, stroke=1, strength=amounts, **CUT)
    stylize(tmp_path / "in.png", tmp_path / "plain.png", random_translator, stroke=1, **CUT)
    result, plain = (np.asarray(Image.open(tmp_path / name)) for name in ("out.png", "plain.png"))
    assert (result[:30] == plain[:30]).all()
    assert (result[..., 3] == opacity[..., 0]).all()
    expected = plain[30:, :, :3].copy()
    blend(pixels[30:], expected, np.asarray(Image.open(amounts))[30:] / np.float32(255))
    assert (result[30:, :, :3] == expected).all()


def test_a_batch_has_one_map_or_one_for_each_image(pixels, random_translator, faces, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    white = np.full(SHAPE, 255, np.uint8)
    for name, mask in (("a", white), ("b", 255 - white)):
        saved(tmp_path / "images" / f"{name}.png", pixels)
        saved(tmp_path / "masks" / f"{name}.tif", mask)
    settings = StylizeSettings().but(protect=str(tmp_path / "masks"), stroke=1, device="cpu")
    results = batch(tmp_path / "images", tmp_path / "out", random_translator, settings=settings)
    assert (results.done, results.failed) == (2, 0)
    a, b = (np.asarray(Image.open(tmp_path / "out" / f"{name}.png")) for name in "ab")
    assert (a == pixels).all()
    assert (b != pixels).any()
    again = batch(tmp_path / "images", tmp_path / "out", random_translator, settings=settings)
    assert (again.done, again.skipped) == (0, 2)
    one = replace(settings, styling=replace(settings.styling, protect=str(faces)))
    other = batch(tmp_path / "images", tmp_path / "one", random_translator, settings=one)
    mask = np.asarray(Image.open(faces)) == 255
    assert other.done == 2
    for name in "ab":
        assert (np.asarray(Image.open(tmp_path / "one" / f"{name}.png"))[mask] == pixels[mask]).all()
    (tmp_path / "masks" / "b.tif").unlink()
    third = batch(tmp_path / "images", tmp_path / "two", random_translator, settings=settings)
    error = f"no map of b.png in {tmp_path / 'masks'}: give one named b.png or .tif"
    assert [image.error for image in third.failures] == [error]


def test_strokes_by_a_map_with_statistics_of_the_image(picture, halves, tmp_path, level0, unfinished):
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "norm": "instance"}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    normed = Translator.of(generator, architecture, tile_size=16, name="normed").place("cpu", "float32")
    strokes = saved(tmp_path / "strokes.png", np.asarray(Image.open(halves)) + 1)
    how = {"stroke": strokes, "feather": 0, "statistics": "global"}
    unfinished(picture, normed, tmp_path / "out.zarr", **how)
    stylize(picture, tmp_path / "out.zarr", normed, resume=True, **how, **CUT)
    for stroke, part in ((1, np.s_[:, :75]), (2, np.s_[:, 75:])):
        stylize(picture, tmp_path / f"{stroke}.zarr", normed, statistics="global", stroke=stroke, **CUT)
        assert (level0(tmp_path / "out.zarr")[part] == level0(tmp_path / f"{stroke}.zarr")[part]).all()
