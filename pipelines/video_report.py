"""Reports on the painting of a video: its plan, and its result."""

from dataclasses import dataclass
from pathlib import Path

from tilegan.card import card
from tilegan.inference.memory import Memory


@dataclass(frozen=True)
class VideoPlan:
    """The plan of a video.

    Attributes:
        source, output: paths.
        height, width: size of an encoded frame of the output, in pixels.
        frames: number of frames, estimated where the file does not say.
        rate: average frames per second.
        codec, quality: encoding.
        copied: streams of sound and subtitles that are copied.
        region: x, y, width and height of the stylized region of upright frames, in pixels.
        seams, window, shard, batch, device, precision: see ``tilegan.inference.plan.Plan``.
        statistics: source of the statistics of instance norms (see ``tilegan.inference.statistics``), of a sample of
            frames; '' without any.
        strength, keep_colors, stroke: see ``tilegan.inference.rendering.Rendering``.
        halo: context of each forward pass, per side, in input pixels.
        overhead: pixels of all forward passes, divided by input pixels.
        part: frames that a kill costs at most.
        at_once: frames painted at once.
        streams: forward passes at once.
        memory: bytes by part (see ``tilegan.inference.memory.Memory``); ``shards`` are frames.
        finished: whether a finished output exists already.
        notes: deviations from the request, one line each.
    """

    source: str
    output: str
    height: int
    width: int
    frames: int
    rate: float
    codec: str
    quality: int
    copied: int
    region: tuple[int, int, int, int]
    seams: str
    statistics: str
    strength: float
    keep_colors: bool
    stroke: int
    window: int
    shard: int
    batch: int
    device: str
    precision: str
    halo: int
    overhead: float
    part: int
    at_once: int
    streams: int
    memory: Memory
    finished: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class VideoResult:
    """A painted video.

    Attributes:
        source: the video.
        output: the file written.
        height: height of an encoded frame, in pixels.
        width: likewise.
        frames: number of frames; 0 if the output was finished already.
        seams: 'exact' or 'combo'.
        statistics: source of the statistics of instance norms; '' without any.
        stroke: factor by which strokes are larger than the model's own.
        window: side of the square translated at once, in input pixels.
        device: name of the device.
        precision: name of the precision.
        seconds: duration of this call; 0 if the output was finished already.
        frames_per_second: painted frames of this call per second.
        notes: deviations from the request, one line each.
    """

    source: str
    output: Path
    height: int
    width: int
    frames: int
    seams: str
    statistics: str
    stroke: int
    window: int
    device: str
    precision: str
    seconds: float
    frames_per_second: float
    notes: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        facts = {
            "size": f"{self.width} pixels wide, {self.height} high; {self.frames} frames",
            "source": self.source,
            "file": self.output,
            "stroke": self.stroke,
            "computed": f"on {self.device} in {self.precision}",
            "time": f"{self.seconds:.1f} s, {self.frames_per_second:.2f} frames/s" if self.seconds else "",
            "notes": "; ".join(self.notes),
        }
        return card(self.output.name, facts)
