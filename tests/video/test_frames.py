"""Frames as they are decoded: in order, upright, with their times; damage is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilegan.errors import ImageError
from tilegan.video.clip import open_clip
from tilegan.video.frames import frames_of, sampled

Make = Callable[..., Path]


def test_all_frames_and_those_from_a_number_on(clip: Path, found: Callable[[Path], Any]) -> None:
    facts, expected = open_clip(clip), found(clip)
    frames = list(frames_of(facts))
    assert [frame.number for frame in frames] == list(range(10))
    assert [frame.pts * facts.time_base for frame in frames] == expected.seconds
    for frame, pixels in zip(frames, expected.pixels, strict=True):
        assert np.abs(frame.pixels.astype(int) - pixels).max() <= 3
    rest = list(frames_of(facts, 7))
    assert [(frame.number, frame.pts) for frame in rest] == [(frame.number, frame.pts) for frame in frames[7:]]
    assert (rest[0].pixels == frames[7].pixels).all()


@pytest.mark.parametrize(("turn", "corner"), [(90, (-4, 4)), (-90, (4, -4)), (180, (-4, -4))])
def test_frames_are_turned_as_the_file_says(
    make_clip: Make, tmp_path: Path, turn: int, corner: tuple[int, int]
) -> None:
    """Counterclockwise: what is at the top left is then at the bottom left."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:12, :12] = 255
    (frame,) = frames_of(open_clip(make_clip(tmp_path / "a.mp4", frames=[pixels], turn=turn)))
    assert frame.pixels[corner].min() > 200
    assert np.mean(frame.pixels > 128) == pytest.approx(144 / 48 / 64, rel=0.2)


def test_damage_in_the_middle_is_found_or_left_out(make_clip: Make, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", options={"crf": "10", "g": "4"})
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    middle = begin + (len(content) - begin) // 3
    content[middle : middle + 500] = bytes(500)
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"is damaged near 0\..* s, after frame \d: .*--allow-truncated leaves out"):
        list(frames_of(open_clip(path)))
    left = list(frames_of(open_clip(path), allow_truncated=True))
    assert 0 < len(left) < 10


@pytest.mark.parametrize(("ending", "codec"), [(".mkv", "libx264"), (".webm", "libvpx-vp9")])
def test_a_file_that_ends_early(make_clip: Make, tmp_path: Path, ending: str, codec: str) -> None:
    options = {"deadline": "realtime"} if ending == ".webm" else {"crf": "10"}
    path = make_clip(tmp_path / f"a{ending}", codec=codec, options=options, times=range(0, 6000, 600))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 4 // 5])
    with pytest.raises(ImageError, match="ends early"):
        list(frames_of(open_clip(path)))
    assert len(list(frames_of(open_clip(path), allow_truncated=True))) in range(1, 10)


def test_a_sample_is_spread_over_the_clip(make_clip: Make, tmp_path: Path) -> None:
    levels = range(20, 220, 20)
    frames = [np.full((48, 64, 3), level, np.uint8) for level in levels]
    sample = sampled(open_clip(make_clip(tmp_path / "a.mp4", frames=frames)), 3)
    assert [round(pixels.mean() / 20) * 20 for pixels in sample] == [60, 120, 200]
