"""The result of an evaluation."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tilegan.metrics.judge import Verdict
from tilegan.pipelines.evaluation.figures import Figures, ImageFigures
from tilegan.pipelines.evaluation.large import LargeFigures


@dataclass(frozen=True)
class EvaluateResult:
    """The measurements of an evaluation.

    Attributes:
        output: the folder with ``evaluate.json`` and ``evaluate.html``.
        style: name of the model.
        code: chosen values of its codes, by name.
        tile_size, stride: tile size and stride of the model, in pixels.
        short_side: short side of the reduced sources, in pixels.
        enlarged: factor by which compared images are larger than sources, if sources are reductions of targets.
        device, precision: device and precision of the model.
        sources: names of the stylized images.
        targets: names of the images of the style, in two halves.
        seed: seed of the compared positions.
        figures: metrics by candidate: 'identity', 'color_transfer', 'combo', 'exact'.
        real_style: distances between real target images, by level.
        real_palette: likewise for colors.
        real_seen: metrics of real target images by frozen features.
        trained_on: numbers of sources and targets on which probes were trained.
        features: name of the file of the frozen network, or of the package of its weights.
        large: metrics of large results, by size.
        large_sources: names of the sources of these.
        images: metrics by candidate, for each source.
        seconds: duration.
    """

    output: Path
    style: str
    code: dict[str, float]
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
    trained_on: tuple[int, int]
    features: str
    large: list[LargeFigures]
    large_sources: list[str]
    images: dict[str, list[ImageFigures]]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``evaluate.json``: everything except folder and time, for comparisons."""
        content = asdict(self)
        del content["output"], content["seconds"]
        for figures in content["figures"].values():
            for name in ("whole", "shift"):
                figures[name] = figures[name] and figures[name]._asdict()
        return content
