"""Joining of parts: into one file, with the sound and the subtitles of the source as they are."""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.images.metadata.provenance import KEY, Provenance
from tilegan.progress import Progress
from tilegan.video.clip import Clip
from tilegan.video.encoding import Encoding
from tilegan.video.library import errors_of_reading, errors_of_writing, library
from tilegan.video.parts import PartNote, Parts

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

Timed = tuple[Fraction, int, Any]  # seconds, order of streams, packet

_COPIED = ("audio", "subtitle")
_COMMENT = "comment"  # the only tag with room for provenance that all containers keep
_DROPPED = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration"}  # of the source's file itself


def copied(clip: Clip, output: Path, encoding: Encoding) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the indices of the source's streams that a result takes over, and a note on those left out.

    Raises:
        ImageError: the source cannot be opened.
    """
    known = _held_by(encoding.codec.container)
    taken, left = [], []
    with closing(clip.open()) as container:
        for stream in container.streams:
            if stream.type not in _COPIED:
                continue
            name = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
            if name in known:
                taken.append(stream.index)
            else:
                left.append(f"{stream.type} ({name})")
    note = f"{', '.join(left)} left out: {output.suffix.lower()} does not hold it: .mkv holds nearly all"
    return tuple(taken), (note,) if left else ()


def join(
    clip: Clip,
    parts: Parts,
    notes: list[PartNote],
    encoding: Encoding,
    path: Path,
    streams: tuple[int, ...],
    made: Provenance,
    progress: Progress,
    *,
    strip: bool = False,
) -> None:
    """Write the file of finished parts; nobody sees it before it gets its final name.

    Args:
        clip: the source.
        parts: the parts.
        notes: what is known of them, in order.
        encoding: how they were encoded.
        path: file to write.
        streams: indices of the source's streams that are copied.
        made: provenance, which the file's comment holds.
        progress: called with the frames written, phase 'export'.
        strip: leave out the source's metadata.

    Raises:
        OutputError, OSError: it cannot be written.
        ImageError: the source cannot be read.
    """
    av = library()
    with (
        errors_of_writing(f"cannot write {path}"),
        closing(clip.open()) as source,
        closing(av.open(str(path), "w", encoding.codec.container, dict(encoding.codec.muxing))) as target,
    ):
        video = target.add_stream(encoding.codec.encoder, rate=encoding.rate)
        encoding.configure(video.codec_context)
        video.time_base = encoding.time_base
        twins: dict[int, Any] = {}
        for index in streams:
            twins[index] = target.add_stream_from_template(source.streams[index])
            twins[index].metadata.update(_kept(source.streams[index].metadata))
            twins[index].disposition = source.streams[index].disposition
        _describe(target, source, made, strip)
        written, total = 0, sum(note.frames for note in notes)
        for _, order, packet in merge(
            _of_parts(parts, notes, video, encoding),
            _of_source(source, twins),
            key=lambda each: each[:2],
        ):
            target.mux(packet)
            if order == 0:
                written += 1
                progress("export", written * encoding.height * encoding.width, total * encoding.height * encoding.width)


def provenance_of(path: Path) -> Provenance | None:
    """Return the provenance in a video; None if there is none, or the file is no complete video."""
    from av.error import FFmpegError

    try:
        with closing(library().open(str(path), metadata_errors="replace")) as container:
            comment = {name.lower(): value for name, value in container.metadata.items()}.get(_COMMENT, "")
    except (FFmpegError, OSError, ValueError):
        return None
    _, mark, text = comment.partition(f"{KEY} ")
    return Provenance.from_text(text) if mark else None


def _held_by(container: str) -> set[str]:
    """Return the names of the codecs that a container holds."""
    import io

    with closing(library().open(io.BytesIO(), "w", format=container)) as target:
        known: set[str] = target.supported_codecs
    return known


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    """Return the tags of a stream that hold for its copy."""
    return {name: value for name, value in metadata.items() if name.lower() in ("language", "title", "handler_name")}


def _describe(target: "OutputContainer", source: "InputContainer", made: Provenance, strip: bool) -> None:
    """Set chapters and tags; provenance stands at the end of the comment."""
    tags = {} if strip else {name: text for name, text in source.metadata.items() if name.lower() not in _DROPPED}
    comments = [tags.pop(name) for name in list(tags) if name.lower() == _COMMENT]
    earlier = comments[0].partition(f"{KEY} ")[0].strip() if comments else ""
    target.metadata.update(tags)
    target.metadata[_COMMENT] = " ".join(filter(None, (earlier, f"{KEY} {made.text()}")))
    if not strip:
        target.set_chapters(source.chapters())


def _of_parts(parts: Parts, notes: list[PartNote], stream: "Stream", encoding: Encoding) -> Iterator[Timed]:
    """Yield the packets of all parts with their time stamps, in decoding order.

    Encoders give decoding times that hold inside of a part. Those of the whole are the time stamps of earlier frames,
    as many before as frames are reordered at most, so that they increase across parts; the first ones are before the
    video, at the distance of average frames.
    """
    av, time_base = library(), encoding.time_base
    times: list[int] = []
    depth, usual = 0, max(1, round(1 / (encoding.rate * time_base)))
    for number in range(len(notes)):
        listed = [packet.pts for packet in parts.packets(number)]
        ranks = {pts: rank for rank, pts in enumerate(sorted(listed))}
        depth = max([depth, *(place - ranks[pts] for place, pts in enumerate(listed))])
        times += sorted(listed)
    ends = [*times[1:], notes[-1].end]
    place = 0
    for number in range(len(notes)):
        first = place
        ranks = {pts: first + rank for rank, pts in enumerate(sorted(p.pts for p in parts.packets(number)))}
        for part in parts.packets(number):
            packet = av.Packet(part.content)
            packet.stream, packet.time_base = stream, time_base
            packet.pts, packet.is_keyframe = part.pts, part.is_key
            packet.dts = times[place - depth] if place >= depth else times[0] - (depth - place) * usual
            packet.duration = ends[ranks[part.pts]] - part.pts
            yield packet.dts * time_base, 0, packet
            place += 1


def _of_source(source: "InputContainer", twins: dict[int, Any]) -> Iterator[Timed]:
    """Yield the packets of the streams that are copied, in the order of the file."""
    if not twins:
        return
    with errors_of_reading("cannot copy the sound"):
        for packet in source.demux(*(source.streams[index] for index in twins)):
            if packet.size and packet.dts is not None:
                seconds = packet.dts * packet.time_base
                order = 1 + packet.stream.index
                packet.stream = twins[packet.stream.index]
                yield seconds, order, packet
