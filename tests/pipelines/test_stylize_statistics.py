"""Stylizing with a model of instance norms: what its statistics are taken from, and what can be promised then."""

from functools import partial

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import nn

from tilegan.cli.main import main
from tilegan.errors import ResumeError, SettingError
from tilegan.images.opening import open_source
from tilegan.inference.blocks import read_block
from tilegan.inference.statistics import with_streamed_statistics
from tilegan.networks.build import build_generator
from tilegan.norms import interpolated
from tilegan.pipelines import plan_stylize, stylize
from tilegan.tiling.places import Place
from tilegan.translator import Translator


@pytest.fixture(scope="module")
def normed():
    """A small translator with instance norms."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4, "norm": "instance"}
    generator = build_generator(architecture)
    nn.init.normal_(generator.tail.weight, std=0.3)
    return Translator.of(generator, architecture, tile_size=16, name="normed").place("cpu", "float32")


@pytest.fixture
def small_cells(monkeypatch):
    """Cells of 48 pixels, so that a small image has several."""
    monkeypatch.setattr(interpolated, "CELL", 48)


def read(path):
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("statistics", ["thumbnail", "global"])
def test_a_file_is_as_the_whole_image_whatever_the_windows(picture, pixels, normed, tmp_path, statistics, worst):
    expected = normed.translate(pixels)  # an image of less than 1024 pixels is its own thumbnail
    for number, (window, shard) in enumerate([(None, None), (64, 128)]):
        output = tmp_path / f"{number}.png"
        result = stylize(picture, output, normed, statistics=statistics, window=window, shard=shard)
        assert result.statistics == statistics
        assert worst(read(output), expected) <= 1


def test_of_larger_images_a_thumbnail_tells_something_else(tmp_path, normed, worst):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 2600, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    made = {}
    for statistics in ("thumbnail", "global"):
        stylize(tmp_path / "wide.png", tmp_path / f"{statistics}.png", normed, statistics=statistics)
        made[statistics] = read(tmp_path / f"{statistics}.png")
    whole = normed.translate(pixels)
    assert worst(made["global"], whole) <= 1
    assert worst(made["thumbnail"], whole) > 5


@pytest.mark.usefixtures("small_cells")
def test_interpolated_statistics_are_as_exact(picture, pixels, normed, tmp_path, worst):
    image = open_source(str(picture))
    made = with_streamed_statistics(normed, "interpolated", partial(read_block, image), *pixels.shape[:2], 512)
    expected = made.translate(pixels)
    assert worst(expected, normed.translate(pixels)) > 2
    for number, (window, shard) in enumerate([(None, None), (64, 128)]):
        output = tmp_path / f"{number}.png"
        stylize(picture, output, normed, statistics="interpolated", window=window, shard=shard)
        assert worst(read(output), expected) <= 1


@pytest.mark.parametrize("statistics", ["global", "interpolated"])
@pytest.mark.usefixtures("small_cells")
def test_a_region_has_the_statistics_of_the_whole(picture, normed, tmp_path, worst, statistics):
    stylize(picture, tmp_path / "whole.png", normed, statistics=statistics)
    stylize(picture, tmp_path / "part.png", normed, statistics=statistics, region=(50, 30, 120, 100))
    assert worst(read(tmp_path / "part.png"), read(tmp_path / "whole.png")[30:130, 50:170]) == 0


def test_tiles_have_their_own_statistics_in_combo_mode_unless_others_are_asked_for(picture, pixels, normed, tmp_path):
    assert stylize(picture, tmp_path / "tiles.png", normed, seams="combo").statistics == "tile"
    assert np.array_equal(read(tmp_path / "tiles.png")[16:32, :16], normed.run(pixels[None, 16:32, :16])[0])
    assert stylize(picture, tmp_path / "all.png", normed, seams="combo", statistics="global").statistics == "global"
    assert not np.array_equal(read(tmp_path / "tiles.png"), read(tmp_path / "all.png"))


@pytest.mark.usefixtures("small_cells")
def test_tiles_of_combo_mode_know_their_place(picture, pixels, normed, tmp_path):
    stylize(picture, tmp_path / "cells.png", normed, seams="combo", statistics="interpolated", region=(32, 64, 50, 40))
    read_window = partial(read_block, open_source(str(picture)))
    made = with_streamed_statistics(normed, "interpolated", read_window, *pixels.shape[:2], 512)
    tile = made.run(pixels[None, 80:96, 48:64], places=[Place(80, 48)])[0]
    assert np.array_equal(read(tmp_path / "cells.png")[16:32, 16:32], tile)


@pytest.mark.slow
@pytest.mark.parametrize("statistics", ["global", "interpolated"])
@pytest.mark.usefixtures("small_cells")
def test_unfinished_work_goes_on_with_the_statistics_it_was_begun_with(
    picture, normed, tmp_path, unfinished, statistics
):
    output = tmp_path / "out.zarr"
    unfinished(picture, normed, output, statistics=statistics)
    with pytest.raises(ResumeError, match=f"statistics was '{statistics}', now 'thumbnail'"):
        stylize(picture, output, normed, statistics="thumbnail", resume=True)
    phases = set()
    result = stylize(picture, output, normed, resume=True, progress=lambda phase, *_: phases.add(phase))
    assert result.statistics == statistics
    assert "statistics" not in phases  # they were kept
    stylize(picture, tmp_path / "at_once.zarr", normed, statistics=statistics, window=32, shard=64)
    files = {path.relative_to(output): path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert files == {path: (tmp_path / "at_once.zarr" / path).read_bytes() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("statistics", ["global", "interpolated"])
@pytest.mark.usefixtures("small_cells")
def test_workers_have_the_same_statistics(picture, normed, tmp_path, statistics, scheduler):
    for name, where in (("alone", {}), ("other", {"scheduler": scheduler})):
        stylize(picture, tmp_path / f"{name}.png", normed, window=32, shard=64, statistics=statistics, **where)
    assert np.array_equal(read(tmp_path / "alone.png"), read(tmp_path / "other.png"))


def test_a_plan_knows_the_halo_and_writes_nothing(picture, normed, random_translator, tmp_path):
    plans = [plan_stylize(picture, tmp_path / "out.png", each) for each in (normed, random_translator)]
    assert plans[0].halo == plans[1].halo == 28
    assert [plan.statistics for plan in plans] == ["thumbnail", ""]
    assert [path.name for path in tmp_path.iterdir()] == [picture.name]


def test_statistics_are_refused_where_there_are_none(picture, random_translator, normed, tmp_path):
    with pytest.raises(SettingError, match="needs no statistics of images"):
        stylize(picture, tmp_path / "out.png", random_translator, statistics="global")
    with pytest.raises(SettingError, match="nothing is exact"):
        stylize(picture, tmp_path / "out.png", normed, statistics="tile")


@pytest.mark.parametrize(
    ("options", "promise"),
    [
        ([], "(exact for statistics of a thumbnail"),
        (["--statistics", "global"], "(exact for statistics of the whole image"),
        (["--statistics", "interpolated"], "(exact for statistics of neighboring tiles, interpolated"),
        (["--seams", "combo"], "(combo, each tile with its own statistics"),
    ],
)
def test_the_command_says_what_holds(picture, normed, tmp_path, options, promise):
    normed.save(tmp_path / "normed.safetensors")
    arguments = ["stylize", str(picture), "--model", str(tmp_path / "normed.safetensors"), "--device", "cpu", *options]
    for more in (["--dry-run"], []):
        result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "out.png"), *more])
        assert result.exit_code == 0, result.output
        assert promise in result.output
    result = CliRunner().invoke(main, ["info", str(tmp_path / "normed.safetensors")])
    assert "for statistics of the image (stylize --statistics thumbnail, global or interpolated)" in result.output


def test_what_a_settled_model_can_promise(normed, tmp_path):
    for grid, promise in ((None, "frozen for one image"), (interpolated.Grid(48, 2, 3), "of neighboring tiles")):
        normed.frozen(grid=grid).save(tmp_path / "settled.safetensors")
        result = CliRunner().invoke(main, ["info", str(tmp_path / "settled.safetensors")])
        assert promise in result.output


def test_mistakes_of_the_command_are_one_line(picture, tmp_path):
    arguments = ["stylize", str(picture), "-o", str(tmp_path / "out.png"), "--device", "cpu", "--dry-run"]
    result = CliRunner().invoke(main, [*arguments, "--statistics", "global"])
    assert result.exit_code == 1
    assert result.output.strip() == "Error: the model 'vangogh' needs no statistics of images: leave 'global' out"
