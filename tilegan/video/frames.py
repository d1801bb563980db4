"""The frames of a clip: decoded in order, upright, as RGB, with their time stamps."""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, shown
from tilegan.video.clip import Clip
from tilegan.video.colors import Converter
from tilegan.video.library import errors_of_reading

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_CUT_SHORT = 1.0  # seconds that may be missing at the end of a file that is whole


@dataclass(frozen=True)
class Frame:
    """A frame.

    Attributes:
        number: its number, from 0.
        pts: its time stamp, in units of the clip's time base.
        duration: how long it is shown, likewise, where the file says so; else that of an average frame.
        pixels: uint8 RGB (h, w, 3), upright.
    """

    number: int
    pts: int
    duration: int
    pixels: NDArray[np.uint8]


def frames_of(clip: Clip, first: int = 0, *, allow_truncated: bool = False) -> Iterator[Frame]:
    """Yield the frames of a clip, from a number on; those before are decoded, but not converted.

    Time stamps increase: a frame without one, or with one that is not later than that of the frame before, gets one.

    Args:
        clip: the clip.
        first: number of the first frame.
        allow_truncated: leave out frames that cannot be decoded, and accept an early end.

    Raises:
        ImageError: the file is damaged; the message says where.
    """
    usual = max(1, round(1 / (clip.rate * clip.time_base)))
    converter, last = Converter(clip.colors), None
    for number, decoded in enumerate(_decoded(clip, allow_truncated)):
        pts = decoded.pts if decoded.pts is not None else (0 if last is None else last + usual)
        pts = pts if last is None else max(pts, last + 1)
        last = pts
        if number >= first:
            yield Frame(number, pts, decoded.duration or usual, _upright(converter, decoded, clip))


def sampled(clip: Clip, count: int) -> list[NDArray[np.uint8]]:
    """Return frames spread evenly over a clip, uint8 RGB (h, w, 3); those that cannot be decoded are left out.

    Raises:
        ImageError: there are none.
    """
    found: list[NDArray[np.uint8]] = []
    converter = Converter(clip.colors)
    with closing(clip.open()) as container:
        stream = _stream(container, clip)
        begin = stream.start_time or 0
        length = clip.frames / clip.rate / clip.time_base
        for number in range(min(count, clip.frames)):
            place = begin + int(length * (2 * number + 1) / (2 * count))
            with suppress(OSError, ValueError):  # of PyAV; a stream that cannot be sought gives its next frame
                container.seek(place, stream=stream)
            with suppress(OSError, ValueError):
                frame = next((each for each in container.decode(stream) if each.pts is None or each.pts >= place), None)
                if frame is not None:
                    found.append(_upright(converter, frame, clip))
    return found or [next(frames_of(clip, allow_truncated=True)).pixels]


def _upright(converter: Converter, frame: "VideoFrame", clip: Clip) -> NDArray[np.uint8]:
    """Return the pixels of a decoded frame, turned as the file says."""
    stored = (clip.width, clip.height) if clip.turns % 2 else (clip.height, clip.width)
    pixels = converter.rgb(frame, *stored)
    return np.ascontiguousarray(np.rot90(pixels, clip.turns)) if clip.turns else pixels


def _decoded(clip: Clip, allow_truncated: bool) -> "Iterator[VideoFrame]":
    where = f"cannot read video: {shown(clip.path)}"
    packets, end, number = 0, 0.0, 0
    with closing(clip.open()) as container:
        stream = _stream(container, clip)
        stream.thread_type = "AUTO"
        if not allow_truncated:
            stream.codec_context.options = {"err_detect": "explode"}
        for packet in _packets(container, stream, clip, allow_truncated):
            if packet is not None and packet.size:
                packets += 1
                end = max(end, float(((packet.pts or 0) + (packet.duration or 0)) * clip.time_base))
            try:
                with errors_of_reading(f"{where} is damaged near {end:.2f} s, after frame {number}"):
                    decoded = stream.decode(packet)
            except ImageError as error:
                if allow_truncated:
                    continue
                raise ImageError(f"{error}: get it again, or --allow-truncated leaves out what is damaged") from error
            for frame in decoded:
                number += 1
                yield frame
        if not allow_truncated:
            counted = "mp4" in container.format.name  # others count what they leave out, too
            _check_end(stream, clip, packets if counted else stream.frames, end)


def _stream(container: "InputContainer", clip: Clip) -> "VideoStream":
    return next(each for each in container.streams.video if each.index == clip.stream)


def _packets(container: "InputContainer", stream: "VideoStream", clip: Clip, allow_truncated: bool) -> Iterator[Any]:
    """Yield the packets of the stream; the last one, empty or None, asks for frames that are still being decoded."""
    try:
        with errors_of_reading(f"cannot read video: {shown(clip.path)}"):
            yield from container.demux(stream)
    except ImageError:
        if not allow_truncated:
            raise
        yield None


def _check_end(stream: "VideoStream", clip: Clip, packets: int, end: float) -> None:
    """Refuse a file that ends before it says so: by its number of frames, or else by its duration."""
    begin = float((stream.start_time or 0) * clip.time_base)
    whole = float(stream.duration * clip.time_base) if stream.duration else _told(stream.metadata)
    if packets < stream.frames or end - begin < whole - _CUT_SHORT:
        raise ImageError(
            f"cannot read video: {shown(clip.path)} ends early, at {end:.2f} s: get it again, or --allow-truncated "
            "takes what is there"
        )


def _told(metadata: Mapping[str, str]) -> float:
    """Return the duration that Matroska notes for each stream, in seconds; 0 if there is none."""
    try:
        hours, minutes, seconds = metadata.get("DURATION", "").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return 0.0
