"""One video to read: its facts, without decoding more than a frame."""

from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.errors import ImageError, shown
from tilegan.images.source import file_identity
from tilegan.video.colors import HDR, Colors, upright_aspect
from tilegan.video.library import errors_of_reading, library

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_USUAL_RATE = Fraction(25)  # where a file says nothing


@dataclass(frozen=True)
class Clip:
    """A video on this disk.

    Attributes:
        path: the file.
        stream: index of the video stream.
        height, width: size of an upright frame, in pixels.
        turns: quarter turns, counterclockwise, that make a stored frame upright.
        aspect: width of an upright pixel divided by its height.
        rate: average frames per second.
        time_base: unit of its time stamps, in seconds.
        frames: number of frames, estimated from the duration where the file does not say.
        colors: meaning of its code values.
        remarks: notes for the user, one line each.
    """

    path: Path
    stream: int
    height: int
    width: int
    turns: int
    aspect: Fraction
    rate: Fraction
    time_base: Fraction
    frames: int
    colors: Colors
    remarks: tuple[str, ...]

    def identity(self) -> dict[str, Any]:
        """Return values that distinguish this clip from others and from later versions of itself."""
        return file_identity(self.path, self.height, self.width)

    def open(self, options: dict[str, str] | None = None) -> "InputContainer":
        """Open the file again; the caller closes it.

        Raises:
            ImageError: it cannot be opened.
        """
        return _opened(self.path, options)


def open_clip(path: str | Path) -> Clip:
    """Return the facts of a video.

    Raises:
        ImageError: it is missing, no video, or its first frame cannot be decoded.
        SettingError: the extra ``video`` is not installed.
    """
    library()
    path = Path(path).absolute()
    if not path.exists():
        raise ImageError(f"no such video: {shown(path)}: check the name")
    if not path.is_file() or path.stat().st_size == 0:
        raise ImageError(f"not a video: {shown(path)} is empty or no file: get it again")
    with closing(_opened(path)) as container:
        stream, others = _video_stream(container, path)
        first = _first_frame(container, stream)
        if first is None:
            raise ImageError(f"cannot read video: {shown(path)}: no frame of it can be decoded: get it again")
        turns = round(first.rotation / 90) % 4
        height, width = (first.height, first.width) if turns % 2 == 0 else (first.width, first.height)
        colors = Colors.of(first, first.height)
        rate = stream.average_rate or stream.guessed_rate or _USUAL_RATE
        assert stream.time_base is not None
        return Clip(
            path,
            stream.index,
            height,
            width,
            turns,
            upright_aspect(stream.sample_aspect_ratio, turns),
            rate,
            stream.time_base,
            max(1, _frames(container, stream, rate)),
            colors,
            _remarks(first, colors, others),
        )


def _opened(path: Path, options: dict[str, str] | None = None) -> "InputContainer":
    with errors_of_reading(f"cannot read video: {shown(path)}", "it is damaged, incomplete or no video: get it again"):
        container: InputContainer = library().open(str(path), options=options or {}, metadata_errors="replace")
    return container


def _video_stream(container: "InputContainer", path: Path) -> "tuple[VideoStream, int]":
    """Return the first video stream that is no cover picture, and the number of others."""
    from av.stream import Disposition

    found = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    if not found:
        kinds = ", ".join(sorted({each.type for each in container.streams})) or "nothing"
        container.close()
        raise ImageError(f"no video stream in {shown(path)}: it holds {kinds}: check the file")
    return found[0], len(found) - 1


def _first_frame(container: "InputContainer", stream: "VideoStream") -> "VideoFrame | None":
    """Return the first frame that can be decoded: damage is reported with its place, when frames are painted."""
    from av.error import FFmpegError

    packets = container.demux(stream)
    while True:
        with suppress(FFmpegError):
            packet = next(packets, None)
            if packet is None:
                return None
            for frame in stream.decode(packet):
                return frame


def _frames(container: "InputContainer", stream: "VideoStream", rate: Fraction) -> int:
    if stream.frames:
        return stream.frames
    if stream.duration and stream.time_base:
        return round(stream.duration * stream.time_base * rate)
    return round((container.duration or 0) / 1_000_000 * rate)


def _remarks(first: Any, colors: Colors, others: int) -> tuple[str, ...]:
    notes = []
    if others:
        notes.append(f"the first of {others + 1} video streams is painted, the others are left out")
    if first.interlaced_frame:
        notes.append("its frames are interlaced: both fields are painted as one picture; deinterlace it before")
    if colors.transfer in HDR:
        curve = HDR[colors.transfer]
        notes.append(f"its brightness curve is {curve}, of high dynamic range: kept, but its values get 8 bits")
    if first.format.name.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap")):
        notes.append("its transparency is left out")
    return tuple(notes)
