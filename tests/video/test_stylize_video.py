"""A painted video: its frames, its times, and all that is copied, read again by PyAV."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilegan.errors import OutputError, OutputExistsError, ResumeError, SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.pipelines import plan_video, stylize_video
from tilegan.translator import Translator
from tilegan.video.clip import open_clip
from tilegan.video.frames import frames_of

Make = Callable[..., Path]
BEST = ExportOptions(quality=100)
SMALL = "tilegan.pipelines.video_run.PART"


def apart(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The mean difference of frames, in levels."""
    pairs = zip(first, second, strict=True)
    return float(np.mean([np.abs(one.astype(int) - other).mean() for one, other in pairs]))


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_frames_times_and_sound_stay(
    clip: Path, same: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Through three parts, the second of which begins in the middle of the picture's motion."""
    monkeypatch.setattr(SMALL, 4)
    told: list[tuple[str, int, int]] = []
    result = stylize_video(clip, tmp_path / f"out{ending}", same(), progress=lambda *each: told.append(each))
    before, after = found(clip), found(result.output)
    assert (result.frames, result.height, result.width, result.notes) == (10, 48, 64, ())
    assert apart(before.pixels, after.pixels) < 2
    shift = after.seconds[0] - before.seconds[0]  # Matroska begins with the sound, a frame of AAC before the picture
    assert shift == 0 or (ending == ".mkv" and 0 < shift < Fraction(3, 100))
    late = [abs(two - one - shift) for one, two in zip(before.seconds, after.seconds, strict=True)]
    assert max(late) <= (Fraction(1, 1000) if ending == ".mkv" else 0)
    assert after.packets == before.packets and after.stream["rate"] == 25
    assert after.tags["title"] == "A walk"
    assert [path.name for path in tmp_path.iterdir()] == [f"out{ending}"]
    each = 48 * 64
    assert told[0] == ("stylize", 0, 10 * each) and ("stylize", 10 * each, 10 * each) in told
    assert told[-1] == ("export", 10 * each, 10 * each)


def test_webm_keeps_odd_sides_and_leaves_sound_out_that_it_does_not_hold(
    make_clip: Make, same: Any, found: Any, tmp_path: Path
) -> None:
    frames = [np.full((47, 63, 3), level, np.uint8) for level in (40, 90, 140)]
    source = make_clip(tmp_path / "a.mkv", frames=frames, codec="ffv1", options={}, sound="aac")
    result = stylize_video(source, tmp_path / "b.webm", same())
    assert result.notes == ("audio (aac) left out: .webm does not hold it: .mkv holds nearly all",)
    after = found(result.output)
    assert (after.stream["codec"], after.pixels[0].shape, after.packets) == ("vp9", (47, 63, 3), {})
    assert apart(frames, after.pixels) < 1.5


def test_a_ramp_comes_back_and_colors_are_named(make_clip: Make, same: Any, found: Any, tmp_path: Path) -> None:
    ramp = np.repeat(np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], 48, 0), 3, 2)
    for matrix, span in ((1, 2), (6, 1)):
        source = make_clip(tmp_path / "a.mp4", frames=[ramp] * 2, matrix=matrix, range=span, options={"crf": "0"})
        result = stylize_video(source, tmp_path / "b.mp4", same(), options=BEST, overwrite=True)
        after = found(result.output)
        assert (after.stream["matrix"], after.stream["range"]) == (matrix, 1)
        assert max(np.abs(pixels.astype(int) - ramp).max() for pixels in after.pixels) <= 3


def test_variable_times_turned_frames_and_pixels_that_are_not_square(
    make_clip: Make, same: Any, found: Any, tmp_path: Path
) -> None:
    times = [0, 5, 50, 51, 100, 103, 200, 300, 301, 390]
    source = make_clip(tmp_path / "a.mp4", times=times, turn=90, aspect=Fraction(4, 3))
    result = stylize_video(source, tmp_path / "b.mp4", same())
    before, after = found(source), found(result.output)
    assert after.seconds == before.seconds == [Fraction(ticks, 600) for ticks in times]
    assert (after.stream["turn"], after.stream["aspect"]) == (0, Fraction(3, 4))
    assert after.pixels[0].shape == (64, 48, 3) and apart(before.pixels, after.pixels) < 2


def test_larger_frames_and_a_region(clip: Path, same: Any, found: Any, tmp_path: Path) -> None:
    result = stylize_video(clip, tmp_path / "b.mp4", same(2), region=(4, 6, 21, 30), options=BEST)
    expected = [frame.pixels[6:36, 4:25].repeat(2, 0).repeat(2, 1) for frame in frames_of(open_clip(clip))]
    assert (result.height, result.width) == (60, 42)
    assert apart(expected, found(result.output).pixels) < 2


def test_what_is_still_stays_still(make_clip: Make, random_translator: Translator, found: Any, tmp_path: Path) -> None:
    still = [np.random.default_rng(1).integers(60, 200, (48, 64, 3), np.uint8)] * 3
    source = make_clip(tmp_path / "a.mkv", frames=still, codec="ffv1", options={})
    pixels = found(stylize_video(source, tmp_path / "b.mp4", random_translator, options=BEST).output).pixels
    assert apart(pixels[:1] * 2, pixels[1:]) < 0.5


def test_the_plan(clip: Path, same: Any, tmp_path: Path) -> None:
    plan = plan_video(clip, None, same(), region=(0, 0, 63, 47))
    assert plan.output == str(clip.with_name("clip.same.mp4"))
    assert (plan.frames, plan.rate, plan.codec, plan.copied, plan.height, plan.width) == (10, 25, "H.264", 1, 48, 64)
    assert "H.264 needs even sides: 47 x 63 pixels become 48 x 64" in plan.notes[0]
    assert plan.memory.total <= plan.memory.limit
    assert not list(tmp_path.iterdir())
    with pytest.raises(SettingError, match="a memory of 50 MiB is too little"):
        plan_video(clip, None, same(), memory=50 * 2**20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 2}, "one process"),
        ({"protect": "map.png"}, "maps belong to one image, .* those of protect"),
        ({"looks": {1: 2}}, "label maps"),
        ({"reading": Reading(stretch="minmax")}, "no stretch"),
        ({"options": ExportOptions(lossless=True)}, "with loss"),
        ({"region": (0, 0, 65, 48)}, "not inside"),
        ({"seed": 3}, "no noise"),
    ],
)
def test_settings_that_mean_nothing(clip: Path, same: Any, tmp_path: Path, settings: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        plan_video(clip, tmp_path / "b.mp4", same(), **settings)


@pytest.mark.parametrize(
    ("name", "message"),
    [("b.png", "written as one of .mp4"), ("none/b.mp4", "no folder"), ("clip.mp4", "source itself"), ("", "no video")],
)
def test_outputs_that_cannot_be(clip: Path, same: Any, name: str, message: str) -> None:
    folder = clip.with_name("folder.mp4")
    folder.mkdir(exist_ok=True)
    with pytest.raises(OutputError, match=message):
        stylize_video(clip, clip.parent / name if name else folder, same(), overwrite=True)


def test_existing_outputs(clip: Path, same: Any, tmp_path: Path) -> None:
    output = tmp_path / "b.mp4"
    output.write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        stylize_video(clip, output, same())
    with pytest.raises(ResumeError, match="does not say what made it"):
        stylize_video(clip, output, same(), resume=True)
    assert output.read_bytes() == b"mine"
    stylize_video(clip, output, same(), overwrite=True)
    content = output.read_bytes()
    assert stylize_video(clip, output, same(), resume=True).notes == (f"{output} was finished already",)
    with pytest.raises(ResumeError, match="quality was 95, now 50"):
        stylize_video(clip, output, same(), resume=True, options=ExportOptions(quality=50))
    assert output.read_bytes() == content
