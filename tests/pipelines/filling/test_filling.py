"""Filling holes, from a folder of images to a filled picture."""

import json

import dask.array as da
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pictures import opened, saved
from tilegan.cli.events import plan_lines
from tilegan.cli.main import main
from tilegan.errors import ImageError, ModelError, ResumeError, SettingError
from tilegan.inference.array import stylize_array
from tilegan.methods.registry import method_settings
from tilegan.pipelines import evaluate, evaluate_filling, plan_stylize, stylize
from tilegan.pipelines.train import train
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

pytestmark = pytest.mark.usefixtures("no_curves")

ARCHITECTURE = {"name": "filling", "channels": 4, "dilations": [1, 2], "detail": 4, "stride": 2}
CUT = {"window": 32, "shard": 64}
SHAPE = (130, 150)


@pytest.fixture(scope="module")
def clouds(mask):
    """A hole of 40 pixels beside narrow ones."""
    return np.maximum(mask, np.pad(np.full((40, 55), 255, np.uint8), ((80, 10), (5, 90))))


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(3).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def mask():
    """A scratch down the image, and a square of pixels that are nearly black."""
    holes = np.zeros(SHAPE, np.uint8)
    for row in range(SHAPE[0]):
        holes[row, row // 2 + 20 : row // 2 + 26] = 255
    holes[10:19, 100:109] = 1
    return holes


def test_holes_are_filled_and_no_other_byte_changes(photo, holes, pixels, mask, filler, tmp_path, worst):
    told = stylize(photo, tmp_path / "whole.png", filler, mask=holes)
    stylize(photo, tmp_path / "tiled.png", filler, mask=holes, **CUT)
    stylize(photo, tmp_path / "part.png", filler, mask=holes, region=(20, 30, 100, 90), **CUT)
    whole = opened(tmp_path / "whole.png")
    assert (whole[mask == 0] == pixels[mask == 0]).all()
    assert (whole[mask > 0] != pixels[mask > 0]).any(1).mean() > 0.9
    expected = filler.translate(np.dstack((pixels, (mask > 0) * np.uint8(255))))
    assert worst(whole, expected) <= 1
    assert worst(opened(tmp_path / "tiled.png"), whole) <= 1
    assert worst(opened(tmp_path / "part.png"), whole[30:120, 20:120]) <= 1
    assert told.stroke == 1
    assert told.notes == ("holes are up to 9 px wide",)
    made = np.asarray(stylize_array(pixels, filler, mask=mask, window=40))
    assert worst(made, whole) <= 1
    assert (made[mask == 0] == pixels[mask == 0]).all()


def by_steps(translator, pixels, mask):
    """A slow obvious reference: copies of 1/8 and 1/4 of the size, then the image, each filled as a whole."""
    below, height, width = None, *SHAPE
    for step in (8, 4, 1):
        sides = -(-height // step) * step, -(-width // step) * step
        reflected = [(0, side - length) for side, length in zip(sides, SHAPE, strict=True)]
        known = np.pad(mask == 0, reflected, "reflect").reshape(sides[0] // step, step, sides[1] // step, step)
        colors = np.pad(pixels, [*reflected, (0, 0)], "reflect").reshape(*known.shape, 3)
        counts = known.sum((1, 3))
        sums = (colors * known[..., None]).sum((1, 3), dtype=np.int64)
        copy, holes = (sums + counts[..., None] // 2) // np.maximum(counts, 1)[..., None], (counts == 0) * 255
        if below is not None:
            filled, lost, factor = below
            large = np.kron(lost, np.ones((factor, factor), int))[: copy.shape[0], : copy.shape[1]]
            places = [(np.arange(length) + 0.5) / factor + 0.5 for length in copy.shape[:2]]
            around = np.pad(filled.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
            rows = np.stack([around[int(y)] * (1 - y % 1) + around[int(y) + 1] * (y % 1) for y in places[0]])
            start = np.stack([rows[:, int(x)] * (1 - x % 1) + rows[:, int(x) + 1] * (x % 1) for x in places[1]], 1)
            started = (large > 0) & (holes > 0)
            copy, holes = np.where(started[..., None], np.floor(start + 0.5), copy), np.where(started, 128, holes)
        made = translator.translate(np.dstack((copy, holes)).astype(np.uint8))
        below = (
            np.where((holes > 0)[..., None], made, copy).astype(np.uint8),
            (counts == 0) * 255,
            step // {8: 4, 4: 1, 1: 1}[step],
        )
    return below[0]


def test_wide_holes_are_filled_from_coarse_to_fine(photo, pixels, clouds, learned_filler, tmp_path, worst):
    holes = saved(tmp_path / "clouds.png", clouds)
    told = stylize(photo, tmp_path / "whole.png", learned_filler, mask=holes)
    assert told.stroke == 8
    whole = opened(tmp_path / "whole.png")
    assert (whole[clouds == 0] == pixels[clouds == 0]).all()
    expected = by_steps(learned_filler, pixels, clouds)
    assert worst(whole, expected) <= 2  # each step may round once
    stylize(photo, tmp_path / "tiled.png", learned_filler, mask=holes, **CUT)
    stylize(photo, tmp_path / "part.png", learned_filler, mask=holes, region=(20, 60, 100, 60), **CUT)
    assert worst(opened(tmp_path / "tiled.png"), whole) <= 2
    assert worst(opened(tmp_path / "part.png"), whole[60:120, 20:120]) <= 2
    made = stylize_array(da.from_array(pixels, (70, 90, 3)), learned_filler, mask=clouds, window=32)
    assert worst(np.asarray(made), whole) <= 2
    deep = pixels.astype(np.uint16) * 257
    made = np.asarray(stylize_array(deep, learned_filler, mask=clouds, window=64))
    assert (made[clouds == 0] == deep[clouds == 0]).all()
    assert worst(made / 257, whole) <= 2


def test_a_smaller_mask_of_an_upright_photograph(pixels, filler, tmp_path):
    turned, exif = Image.fromarray(np.rot90(pixels).copy()), Image.Exif()
    exif[0x0112] = 6  # stored turned to the left, shown turned back
    turned.save(tmp_path / "turned.png", exif=exif)
    small = np.zeros((13, 15), np.uint8)
    small[2, 3:6] = 255
    stylize(tmp_path / "turned.png", tmp_path / "out.png", filler, mask=saved(tmp_path / "small.png", small))
    changed = (opened(tmp_path / "out.png") != pixels).any(2)
    assert not (changed & (small.repeat(10, 0).repeat(10, 1) == 0)).any()
    assert changed[20:30, 30:60].mean() > 0.9


def test_what_was_begun_is_continued_with_the_same_mask_only(photo, holes, mask, filler, tmp_path, unfinished):
    output = tmp_path / "out.zarr"
    unfinished(photo, filler, output, mask=holes)
    other = saved(tmp_path / "other.png", mask[::-1].copy())
    with pytest.raises(ResumeError, match=r"the map of mask changed: name was 'holes.png', now 'other.png'"):
        stylize(photo, output, filler, mask=other, resume=True, **CUT)
    stylize(photo, output, filler, mask=holes, resume=True, **CUT)


def test_what_does_not_go_together_is_told_before_anything_is_computed(
    photo, holes, pixels, mask, filler, learned_filler, random_translator, tmp_path
):
    def told(error, message, model=filler, **values):
        with pytest.raises(error, match=message) as found:
            plan_stylize(photo, tmp_path / "out.png", model, **values)
        assert "\n" not in str(found.value)

    black = saved(tmp_path / "black.png", mask * 0)
    square = saved(tmp_path / "square.png", np.zeros((50, 50), np.uint8))
    told(SettingError, "the model 'filler' fills holes: give the mask that is white in them, --mask")
    told(SettingError, "the model 'random' fills no holes: leave the mask out", random_translator, mask=holes)
    told(SettingError, r"nothing to fill: .*black.png is black everywhere", mask=black)
    told(ImageError, r"square.png is 50 x 50 pixels, and the image, upright, 150 x 130", mask=square)
    told(SettingError, "no larger strokes: 'filler' fills holes, and paints none", mask=holes, stroke=2)
    with pytest.raises(SettingError, match="fills holes: give the mask"):
        stylize_array(pixels, filler)
    wide = saved(tmp_path / "wide.png", np.pad(np.full((110, 120), 255, np.uint8), ((20, 0), (0, 30))))
    plan = plan_stylize(photo, tmp_path / "out.png", filler, mask=wide)
    coarse = "filled from coarse to fine, in copies of 1/4 of the size first"
    assert plan.notes[0] == f"holes are up to 110 px wide, and the model sees 56 px far: {coarse}"
    plan = plan_stylize(photo, tmp_path / "out.png", learned_filler, mask=wide)
    assert plan.notes[0].endswith(
        "learned to fill 7 px: filled from coarse to fine, in copies of 1/16, 1/8, 1/4 of the size first"
    )
    assert plan.stroke == 16
    assert "filling: strength 1; holes are filled from coarse to fine, first in a copy of 1/16 of the size" in [
        *plan_lines(plan)
    ]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fill") / "photos"
    folder.mkdir()
    for number in range(3):
        blots = np.random.default_rng(number).integers(0, 256, (6, 7, 3), dtype=np.uint8)
        Image.fromarray(blots).resize((50 + number, 45), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    settings = TrainSettings.of(
        method_settings("inpaint", {"hole_width": 5}),
        tile_size=16,
        short_side=40,
        batch=2,
        steps=2,
        generator=ARCHITECTURE,
        discriminator={"name": "patch-and-global", "channels": 4, "layers": 2},
    )
    return train(photos, run=tmp_path_factory.mktemp("run") / "run", settings=settings, device="cpu").run


@pytest.mark.slow
def test_a_folder_alone_makes_a_model_that_fills(run, photos, tmp_path):
    translator = load(run)
    assert translator.fills
    assert (translator.channels, translator.stride) == (4, 8)
    assert translator.facts["figures"]["psnr"] > 20  # most pixels are kept
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert set(lines[0]["losses"]) == {"reconstruction", "global", "patch", "real", "filled"}
    with pytest.raises(SettingError, match="inpaint learns from one folder, in whose images it draws holes"):
        train(photos, tmp_path, run=tmp_path / "run", method="inpaint", device="cpu")


@pytest.mark.slow
def test_it_is_measured_in_holes_beside_baselines(run, photos, model, tmp_path):
    result = evaluate_filling(run, photos, tmp_path / "out", device="cpu", precision="float32")
    assert list(result.figures) == ["mean", "diffusion", "exact"]
    assert result.figures["exact"].psnr > result.figures["mean"].psnr
    assert (result.hole_width, result.short_side, len(result.sources)) == (5, 40, 3)
    assert result.whole.maximum <= 1
    assert json.loads((tmp_path / "out" / "evaluate.json").read_text())["images"]["exact"][0]["ssim"] <= 1
    with pytest.raises(SettingError, match="fills holes: measure it by evaluate_filling"):
        evaluate(run, photos, photos, tmp_path / "other", device="cpu")
    with pytest.raises(ModelError, match="the model 'random' fills no holes: measure it by evaluate"):
        evaluate_filling(model, photos, tmp_path / "other")


@pytest.mark.slow
def test_the_command_line_fills_and_measures(run, photos, photo, holes, pixels, mask, tmp_path):
    asked = ["stylize", str(photo), "--model", str(run), "--mask", str(holes), "-o", str(tmp_path / "out.png")]
    done = CliRunner().invoke(main, [*asked, "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "holes are up to 9 px wide, and the model learned to fill 5 px: filled from coarse to fine" in done.output
    assert (opened(tmp_path / "out.png")[mask == 0] == pixels[mask == 0]).all()
    asked = ["evaluate", str(run), str(photos), "-o", str(tmp_path / "figures"), "--images", "1", "--device", "cpu"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert "holes up to 5 px wide" in done.output
    assert "diffusion" in done.output
    done = CliRunner().invoke(main, [*asked, "--stroke", "2", str(photos)])
    assert done.exit_code == 2
    assert "fills holes, and is measured without: --stroke" in done.output
