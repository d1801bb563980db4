"""What an evaluation came to."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tilegan.metrics.judge import Verdict
from tilegan.pipelines.evaluation.figures import Figures, ImageFigures
from tilegan.pipelines.evaluation.large import LargeFigures


@dataclass(frozen=True)
class EvaluateResult:
    """What was measured.

    Attributes:
        output: the folder with ``evaluate.json`` and ``evaluate.html``.
        style: the model's name.
        tile_size, stride: of the model, in pixels.
        short_side: to which sources were reduced, in pixels.
        enlarged: by how much larger all that is compared is, where sources are reductions of what they should become.
        device, precision: in which the model computed.
        sources: names of the images that were translated.
        targets: names of the images of the style, in two halves.
        seed: of the places that were compared.
        figures: by candidate: 'identity', 'color_transfer', 'combo', 'exact'.
        real_style: distances from real to real target images, by level.
        real_palette: the same of colors.
        real_seen: what is seen of real target images.
        learnt: how many sources and targets probes have learnt from.
        features: name of the file of the network that looks, or of the package of its weights.
        large: what is seen of large results, by size.
        large_sources: names of the images that these were made of.
        images: by candidate, for each source.
        seconds: that it took.
    """

    output: Path
    style: str
    tile_size: int
    stride: int
    short_side: int
    enlarged: int
    device: str
    precision: str
    sources: list[str]
    targets: tuple[list[str], list[str]]
    seed: int
    figures: dict[str, Figures]
    real_style: list[float]
    real_palette: float
    real_seen: Verdict
    learnt: tuple[int, int]
    features: str
    large: list[LargeFigures]
    large_sources: list[str]
    images: dict[str, list[ImageFigures]]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """What ``evaluate.json`` holds: all but the folder and the time, so that two evaluations compare."""
        content = asdict(self)
        del content["output"], content["seconds"]
        for figures in content["figures"].values():
            for name in ("whole", "shift"):
                figures[name] = figures[name] and figures[name]._asdict()
        return content
