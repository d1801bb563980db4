"""Frames in memory are painted as files and arrays are, one or several at once."""

from collections.abc import Callable

import numpy as np
import pytest

from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.inference.array import stylize_array
from tilegan.inference.frames import FramePainter, contact_sheet, settled_on
from tilegan.inference.plan import make_plan
from tilegan.inference.rendering import Rendering
from tilegan.names import GLOBAL, INTERPOLATED, THUMBNAIL
from tilegan.networks.build import build_generator
from tilegan.translator import Translator

FRAMES = [np.random.default_rng(number).integers(0, 256, (90, 130, 3), np.uint8) for number in range(5)]
WHOLE = Window(0, 0, 90, 130)


def painted(translator: Translator, region: Window = WHOLE, stroke: int = 1, at_once: int = 1) -> list[np.ndarray]:
    plan = make_plan(translator, region, window=32, shard=64, look=Rendering(0.8, stroke=stroke))
    painter = FramePainter(translator, plan, at_once, at_once)
    found = list(painter.each(enumerate(FRAMES), lambda each: each[1]))
    painter.close()
    assert [number for (number, _), _ in found] == list(range(5))
    return [pixels for _, pixels in found]


@pytest.mark.parametrize("stroke", [1, 2, 8])
def test_frames_are_painted_as_arrays_are(random_translator: Translator, stroke: int) -> None:
    for frame, pixels in zip(FRAMES[:2], painted(random_translator, stroke=stroke), strict=False):
        expected = stylize_array(frame, random_translator, strength=0.8, stroke=stroke, window=48)
        assert (pixels == expected.compute()).all()


def test_a_region_and_several_at_once(random_translator: Translator) -> None:
    whole = painted(random_translator)
    region = Window(21, 13, 50, 70)
    for one, several in zip(whole, painted(random_translator, region, at_once=3), strict=True):
        assert (region.of(one) == several).all()


def test_a_scaled_model_enlarges(same: Callable[..., Translator]) -> None:
    for frame, pixels in zip(FRAMES, painted(same(2)), strict=True):
        assert (pixels == frame.repeat(2, 0).repeat(2, 1)).all()


def test_a_run_that_ends_early_leaves_no_threads(random_translator: Translator) -> None:
    painter = FramePainter(random_translator, make_plan(random_translator, WHOLE, window=32), 1, 2)
    frames = painter.each(FRAMES, lambda frame: frame)
    next(frames)
    frames.close()
    painter.close()


def test_a_sheet_of_frames() -> None:
    sheet = contact_sheet(FRAMES, None)
    assert sheet.shape == (180, 260, 3)  # the fifth would not fill a row
    assert (sheet[:90, 130:] == FRAMES[1]).all()
    assert contact_sheet(FRAMES[:1], 65).shape == (45, 65, 3)


def test_statistics_are_those_of_all_sampled_frames() -> None:
    architecture = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 4, "norm": "instance"}
    translator = Translator.of(build_generator(architecture), architecture, 16, name="i").place("cpu", "float32")
    dark, light = (np.full_like(FRAMES[0], 0) + FRAMES[0] // 4 + level for level in (0, 190))
    both = [dark.astype(np.uint8), light.astype(np.uint8)]
    prints = {settled_on(translator, statistics, both, 512).fingerprint() for statistics in (THUMBNAIL, GLOBAL)}
    assert len(prints) == 1  # frames are smaller than a thumbnail
    assert settled_on(translator, THUMBNAIL, both[:1], 512).fingerprint() not in prints
    with pytest.raises(SettingError, match="statistics of cells"):
        settled_on(translator, INTERPOLATED, both, 512)
