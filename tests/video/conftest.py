"""What the tests of videos share: tiny clips, made by PyAV, and what is in a file, read by PyAV."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from tilegan.translator import Translator

try:
    import av
    from av.video.reformatter import Interpolation as Way

    ACCURATE = int(Way.BICUBIC | Way.ACCURATE_RND | Way.FULL_CHR_H_INT)
except ImportError:  # the extra video is not installed
    collect_ignore_glob = ["test_*.py"]

HEIGHT, WIDTH = 48, 64
TICKS = Fraction(1, 600)


def picture(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A soft picture, which moves to the right by two pixels per frame; uint8 RGB."""
    rows, columns = np.mgrid[:height, :width]
    waves = [128 + 90 * np.sin((columns - 2 * number + shift) / 9) * np.cos(rows / 11) for shift in (0, 7, 15)]
    return np.stack(waves, axis=2).astype(np.uint8)


@dataclass
class Making:
    """How a clip is made."""

    frames: list[np.ndarray] = field(default_factory=lambda: [picture(number) for number in range(10)])
    times: list[int] | None = None  # in ticks; 25 frames per second
    codec: str = "libx264"
    pixels: str = "yuv420p"
    matrix: int = 6
    range: int = 1
    aspect: Fraction = Fraction(1)
    turn: int = 0  # degrees, counterclockwise, by which it is shown
    sound: str = ""
    options: dict[str, str] = field(default_factory=lambda: {"crf": "4"})
    tags: dict[str, str] = field(default_factory=dict)


def write_clip(path: Path, **told: Any) -> Path:
    """Write a clip."""
    made = Making(**told)
    matrix = {6: 5}.get(made.matrix, made.matrix)
    with closing(av.open(str(path), "w")) as target:
        target.metadata.update(made.tags)
        stream = target.add_stream(made.codec, rate=25, options=made.options)
        stream.height, stream.width = made.frames[0].shape[:2]
        stream.pix_fmt, stream.time_base = made.pixels, TICKS
        context = stream.codec_context
        context.time_base, context.sample_aspect_ratio = TICKS, made.aspect
        if made.matrix != 2:
            context.colorspace, context.color_range = made.matrix, made.range
        if made.turn:
            stream.set_display_rotation(made.turn)
        sound = target.add_stream(made.sound, rate=48000) if made.sound else None
        for number, pixels in enumerate(made.frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                format=made.pixels,
                src_colorspace=matrix if matrix != 2 else 5,
                dst_colorspace=matrix if matrix != 2 else 5,
                src_color_range=2,
                dst_color_range=made.range,
                interpolation=ACCURATE,
            )
            frame.pts, frame.time_base = (made.times or range(0, 24 * len(made.frames), 24))[number], TICKS
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
        if sound is not None:
            _add_sound(target, sound, len(made.frames) / 25)
    return path


def _add_sound(target: Any, stream: Any, seconds: float) -> None:
    tone = (np.sin(np.arange(int(48000 * seconds)) / 20) * 9000).astype(np.int16)
    resampler = av.AudioResampler(stream.format, stream.layout, 48000, stream.frame_size or 960)
    frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], "s16", "stereo")
    frame.sample_rate, frame.pts = 48000, 0
    for given in (frame, None):
        for each in resampler.resample(given):
            target.mux(stream.encode(each))
    target.mux(stream.encode(None))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of ten frames of 48 x 64 pixels, with sound."""
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", sound="aac", tags={"title": "A walk"})


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Path]:
    """Write a clip of other properties."""
    return write_clip


@dataclass
class Found:
    """What is in a file."""

    pixels: list[np.ndarray]
    seconds: list[Fraction]
    stream: dict[str, Any]
    packets: dict[str, list[bytes]]
    tags: dict[str, str]


@pytest.fixture(scope="session")
def found() -> Callable[[Path], Found]:
    """Decode a file by PyAV alone: upright frames, their times, facts of the stream, packets of others."""

    def read(path: Path) -> Found:
        pixels, seconds, packets = [], [], {}
        with closing(av.open(str(path))) as container:
            stream = container.streams.video[0]
            for packet in container.demux():
                if packet.stream.type != "video" and packet.size:
                    packets.setdefault(packet.stream.type, []).append(bytes(packet))
            container.seek(0)
            for frame in container.decode(stream):
                matrix = {6: 5, 2: 5}.get(int(frame.colorspace), int(frame.colorspace))
                rgb = frame.reformat(
                    format="rgb24",
                    src_colorspace=matrix,
                    dst_colorspace=matrix,
                    src_color_range=int(frame.color_range) or 1,
                    dst_color_range=2,
                    interpolation=ACCURATE,
                )
                pixels.append(np.rot90(rgb.to_ndarray(), round(frame.rotation / 90)))
                seconds.append(frame.pts * frame.time_base)
            context = stream.codec_context
            facts = {
                "codec": context.codec.canonical_name,
                "matrix": int(frame.colorspace),
                "range": int(frame.color_range),
                "aspect": stream.sample_aspect_ratio,
                "frames": stream.frames,
                "rate": stream.average_rate,
                "turn": frame.rotation,
                "end": (frame.pts + frame.duration) * frame.time_base,
                "keys": None,
            }
            return Found(pixels, seconds, facts, packets, dict(container.metadata))

    return read


@pytest.fixture(scope="session")
def same() -> Callable[..., Translator]:
    """A generator that looks one pixel around it, and gives the one in the middle ``scale`` x ``scale`` times."""

    def make(scale: int = 1) -> Translator:
        layer = nn.Conv2d(3, 3, 3, padding=1)
        nn.init.dirac_(layer.weight)
        nn.init.zeros_(layer.bias)
        network = nn.Sequential(layer, *([nn.Upsample(scale_factor=scale)] if scale > 1 else []))
        return Translator.of(network, {"name": "same"}, tile_size=16, name="same").place("cpu", "float32")

    return make
