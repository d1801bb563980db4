"""Encoding of videos: codecs and their settings by the ending of a file, and encoders for parts of a video."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tilegan.errors import OutputError
from tilegan.geometry import Pixels, round_up
from tilegan.names import WRITTEN_VIDEOS
from tilegan.video.clip import Clip
from tilegan.video.colors import LIMITED, Colors, Converter
from tilegan.video.library import errors_of_writing, library

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

# frames of a part, which is encoded alone: what a kill costs at most, and the distance of frames to which players jump
PART = 24
_THREADS = 4  # of an encoder: always the same, since others give other bits
_LARGEST = 16384  # pixels of a side that H.264 and VP9 hold


@dataclass(frozen=True)
class Codec:
    """A codec of a container.

    Attributes:
        container: FFmpeg's name of the container.
        encoder: FFmpeg's name of the encoder.
        name: name in messages.
        even: whether frames need even sides.
        worst: its rate factor for quality 0.
        options: further options of the encoder.
        muxing: options of the container.
    """

    container: str
    encoder: str
    name: str
    even: bool
    worst: float
    options: tuple[tuple[str, str], ...]
    muxing: tuple[tuple[str, str], ...] = ()

    def rate_factor(self, quality: int) -> float:
        """Return the constant rate factor of a quality, 1 to 100: 75 gives the encoder's usual one, 23 for H.264."""
        return round(self.worst * (1 - 0.0075 * quality), 1)


_AT_ONCE = (("movflags", "+faststart"),)  # the index first, so that browsers begin at once
_H264 = ("libx264", "H.264", True, 51.0, ())
_VP9 = ("libvpx-vp9", "VP9", False, 63.0, (("b", "0"), ("deadline", "good"), ("cpu-used", "2"), ("row-mt", "1")))
_CODECS = {
    ".mp4": Codec("mp4", *_H264, _AT_ONCE),
    ".mov": Codec("mov", *_H264, _AT_ONCE),
    ".mkv": Codec("matroska", *_H264),
    ".webm": Codec("webm", *_VP9),
}
assert tuple(_CODECS) == WRITTEN_VIDEOS


def codec_of(output: Path) -> Codec:
    """Return the codec of an output by its ending.

    Raises:
        OutputError: no video is written with this ending.
    """
    codec = _CODECS.get(output.suffix.lower())
    if codec is None:
        listed = ", ".join(WRITTEN_VIDEOS)
        raise OutputError(f"cannot write {output}: a video is written as one of {listed}: give it such an ending")
    return codec


@dataclass(frozen=True)
class Encoding:
    """Settings of a video stream.

    Attributes:
        codec: codec and container.
        quality: 1 to 100.
        height, width: size of the encoded frames in pixels, even where the codec needs it.
        aspect: width of a pixel divided by its height.
        rate: average frames per second.
        time_base: unit of time stamps, in seconds.
        colors: meaning of the code values of the source.
    """

    codec: Codec
    quality: int
    height: int
    width: int
    aspect: Fraction
    rate: Fraction
    time_base: Fraction
    colors: Colors

    @classmethod
    def of(cls, clip: Clip, output: Path, quality: int, height: int, width: int) -> Self:
        """Return the encoding of a result.

        Args:
            clip: the source, from which time, color and the shape of pixels are taken.
            output: path of the result.
            quality: 1 to 100.
            height: height of the painted frames, in pixels.
            width: likewise.

        Raises:
            OutputError: no video is written with this ending, or its codec holds no such frames.
        """
        codec = codec_of(output)
        if max(height, width) > _LARGEST:
            raise OutputError(
                f"cannot write {output}: {height} x {width} pixels, but {codec.name} holds {_LARGEST} a side: "
                "paint a smaller --region"
            )
        step = 2 if codec.even else 1
        return cls(
            codec,
            quality,
            round_up(height, step),
            round_up(width, step),
            clip.aspect,
            clip.rate,
            clip.time_base,
            clip.colors,
        )

    def remarks(self, height: int, width: int) -> tuple[str, ...]:
        """Return a note if painted frames of a size are enlarged to an even one."""
        if (height, width) == (self.height, self.width):
            return ()
        return (
            f"{self.codec.name} needs even sides: {height} x {width} pixels become {self.height} x {self.width}, "
            "their last row or column repeated; .webm keeps odd ones",
        )

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide what a result looks like, and how parts fit together, as JSON types."""
        return {
            "codec": self.codec.encoder,
            "quality": self.quality,
            "size": [self.height, self.width],
            "encoder version": library().ffmpeg_version_info,
        }

    def configure(self, context: "VideoCodecContext") -> None:
        """Set up an encoder, in a container or alone."""
        from av.codec.context import Flags

        codec, colors = self.codec, self.colors
        context.height, context.width = self.height, self.width
        context.pix_fmt = "yuv420p"
        context.time_base, context.framerate = self.time_base, self.rate
        context.sample_aspect_ratio = self.aspect
        context.colorspace, context.color_range = colors.matrix, LIMITED
        context.color_primaries, context.color_trc = colors.primaries, colors.transfer
        context.thread_count = _THREADS
        context.flags |= Flags.global_header | Flags.closed_gop
        context.options = {"crf": f"{codec.rate_factor(self.quality):g}", **dict(codec.options)}


@dataclass(frozen=True)
class Packet:
    """An encoded frame: its time stamp in units of the time base, whether it stands alone, and its bytes."""

    pts: int
    is_key: bool
    content: bytes


class PartEncoder:
    """Encodes the frames of one part, which begins anew, in the order of their time stamps."""

    def __init__(self, encoding: Encoding) -> None:
        from av import CodecContext

        library()
        self._encoding, self._converter = encoding, Converter(encoding.colors)
        self._context: VideoCodecContext = CodecContext.create(encoding.codec.encoder, "w")  # type: ignore[assignment]
        encoding.configure(self._context)

    def encode(self, pixels: Pixels, pts: int) -> list[Packet]:
        """Take a painted frame, uint8 (h, w, 3); return the frames that are encoded so far, in decoding order.

        Raises:
            OutputError: the encoder fails.
        """
        encoding = self._encoding
        missing = (encoding.height - pixels.shape[0], encoding.width - pixels.shape[1])
        if any(missing):
            pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), "edge")
        frame = self._converter.yuv(pixels)
        frame.pts, frame.time_base = pts, encoding.time_base
        return self._packets(frame)

    def finish(self) -> list[Packet]:
        """Return the remaining frames.

        Raises:
            OutputError: the encoder fails.
        """
        return self._packets(None)

    def _packets(self, frame: Any) -> list[Packet]:
        with errors_of_writing(f"cannot encode {self._encoding.codec.name}"):
            made = self._context.encode(frame)
        return [Packet(packet.pts or 0, packet.is_keyframe, bytes(packet)) for packet in made]
