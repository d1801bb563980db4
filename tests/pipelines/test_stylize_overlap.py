"""Windows of files that overlap and are blended: the same pixels however the work is divided, and what is told."""

import pytest
import torch
from torch import nn

from tilegan.errors import ModelError, ResumeError, SettingError
from tilegan.images.finished import provenance_of
from tilegan.pipelines import plan_stylize, stylize
from tilegan.translator import Translator

BLEND = {"seams": "blend", "stroke": 1}


class Mean(nn.Module):
    """Adds the mean of what it sees."""

    def __init__(self, fixed_side=0):
        super().__init__()
        torch.manual_seed(0)
        self.fixed_side, self.first = fixed_side, nn.Conv2d(3, 3, 3, 1, 1)

    def forward(self, image):
        return torch.tanh(self.first(image) + 2 * image.mean((1, 2, 3), keepdim=True))


@pytest.fixture(scope="module")
def mean():
    facts = {"seams": {"compared": "x", "window": 32, "overlap": 8, "borders": [1, 2], "elsewhere": [0, 1]}}
    return Translator.of(Mean(), {"name": "some"}, 32, facts=facts)


def test_files_are_the_same_whatever_the_shards(tmp_path, picture, mean, level0):
    found = []
    for shard in (64, 512):
        stylize(picture, tmp_path / "out.zarr", mean, shard=shard, overwrite=True, **BLEND)
        found.append(level0(tmp_path / "out.zarr"))
    assert (found[0] == found[1]).all()
    part = stylize(picture, tmp_path / "part.zarr", mean, region=(40, 30, 90, 100), **BLEND)
    assert (level0(part.output) == found[0][30:130, 40:130]).all()
    assert part.seams == "blend"
    said = "(Mean) sees more than a neighborhood; where windows of 32 pixels overlap, a sample differs from x by 1.0"
    assert said in part.notes[0]
    assert provenance_of(part.output, "zarr").settings["window"] == 32


def test_the_plan_tells_and_a_window_is_what_was_asked_for(tmp_path, picture, mean):
    plan = plan_stylize(picture, tmp_path / "out.zarr", mean, **BLEND)
    assert (plan.window, plan.overlap, plan.halo) == (32, 8, 0)
    assert 1.5 < plan.overhead < 2
    assert plan_stylize(picture, tmp_path / "out.zarr", mean, window=64, **BLEND).window == 64
    fixed = Translator.of(Mean(fixed_side=32), {"name": "some"}, 32)
    with pytest.raises(SettingError, match="32 x 32 pixels only"):
        plan_stylize(picture, tmp_path / "out.zarr", fixed, window=64, **BLEND)
    with pytest.raises(ModelError, match="seams 'blend'"):
        plan_stylize(picture, tmp_path / "out.zarr", mean)


def test_a_run_goes_on_with_its_window(tmp_path, picture, random_translator, unfinished, level0):
    output = tmp_path / "out.zarr"
    stylize(picture, tmp_path / "whole.zarr", random_translator, window=32, **BLEND)
    unfinished(picture, random_translator, output, **BLEND)
    with pytest.raises(ResumeError, match="window was 32, now 48"):
        stylize(picture, output, random_translator, resume=True, window=48, shard=96, **BLEND)
    made = stylize(picture, output, random_translator, resume=True, **BLEND)
    assert (level0(output) == level0(tmp_path / "whole.zarr")).all()
    assert "seams 'exact' would show none" in made.notes[0]
