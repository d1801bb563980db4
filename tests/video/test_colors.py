"""Colors there and back."""

import av
import numpy as np
import pytest

from tilegan.video.colors import FULL, LIMITED, Colors, Converter

RAMP = np.repeat(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 16, 0), 3, 2)
PATCHES = np.repeat(np.array([[200, 40, 30], [20, 160, 60], [30, 60, 210], [90, 90, 90]], np.uint8)[None], 32, 1)
PATCHES = np.repeat(PATCHES, 16, 0)


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("pixels", [RAMP, PATCHES], ids=["ramp", "patches"])
def test_there_and_back(matrix: int, pixels: np.ndarray) -> None:
    converter = Converter(Colors(matrix, 1, 1, LIMITED))
    back = converter.rgb(converter.yuv(pixels), *pixels.shape[:2]).astype(int)
    inside = np.ones(pixels.shape[1], bool)
    if pixels is PATCHES:  # chroma has half the resolution: edges blur
        inside = np.arange(pixels.shape[1]) % 32 // 4 % 7 > 0
    assert np.abs(back - pixels)[:, inside].max() <= (1 if pixels is RAMP else 3)


def test_full_range_is_read_as_such() -> None:
    gray = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    frame = av.VideoFrame.from_ndarray(np.concatenate([gray, np.full((8, 256), 128, np.uint8)]), "yuv420p")
    read = Converter(Colors(1, 1, 1, FULL)).rgb(frame, 16, 256)
    assert np.abs(read[..., 1].astype(int) - gray).max() <= 1
    limited = Converter(Colors(1, 1, 1, LIMITED)).rgb(frame, 16, 256)[0, :, 1].astype(int)
    assert (limited[16], limited[235]) == (0, 255)


@pytest.mark.parametrize(("height", "matrix"), [(576, 6), (720, 1)])
def test_what_a_file_does_not_say_follows_from_its_size(height: int, matrix: int) -> None:
    assert Colors.of(av.VideoFrame(64, height, "yuv420p"), height) == Colors(matrix, 2, 2, LIMITED)
    assert Colors.of(av.VideoFrame(64, height, "yuvj420p"), height).range == FULL
