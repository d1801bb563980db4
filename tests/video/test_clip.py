"""Facts of a clip, and files that are none."""

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tilegan.errors import ImageError
from tilegan.images.opening import open_source
from tilegan.video.clip import open_clip

Make = Callable[..., Path]


def test_facts(clip: Path) -> None:
    found = open_clip(clip)
    assert (found.height, found.width, found.frames, found.turns) == (48, 64, 10, 0)
    assert (found.rate, found.aspect, found.remarks) == (25, 1, ())
    assert found.identity()["bytes"] == clip.stat().st_size


def test_a_clip_on_its_side_is_upright(make_clip: Make, tmp_path: Path) -> None:
    found = open_clip(make_clip(tmp_path / "a.mp4", turn=-90, aspect=Fraction(4, 3)))
    assert (found.height, found.width, found.turns, found.aspect) == (64, 48, 3, Fraction(3, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such video"), (b"", "is empty"), (b"x" * 1000, "damaged, incomplete or no video")],
)
def test_files_that_are_no_videos(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=message):
        open_clip(path)


def test_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with closing(av.open(str(path), "w")) as target:
        stream = target.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48000, 0
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    with pytest.raises(ImageError, match=r"no video stream in .*: it holds audio"):
        open_clip(path)


def test_a_video_is_no_image(clip: Path) -> None:
    with pytest.raises(ImageError, match="is a video: tilegan stylize paints videos"):
        open_source(clip)
