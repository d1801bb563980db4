"""Report what a training will do, and what became of it."""

from dataclasses import dataclass
from pathlib import Path

from tilegan.card import card
from tilegan.images.data_url import thumbnail_url
from tilegan.training.run import SAMPLES


@dataclass(frozen=True)
class TrainResult:
    """The result of a training.

    Attributes:
        run: the run folder.
        model: file of the translator in it.
        steps: total number of completed steps; ``finished`` is true if these are all requested steps.
        seconds: total training time, in seconds.
        losses: means over the last 100 steps; with several processes only in the first one.
        figures: the last metrics of ``training.monitor``.
    """

    run: Path
    model: Path
    steps: int
    finished: bool
    seconds: float
    losses: dict[str, float]
    figures: dict[str, float]

    def _repr_html_(self) -> str:
        sheets = sorted((self.run / SAMPLES).glob("*.png"))
        facts = {
            "model": self.model,
            "steps": f"{self.steps}, {'finished' if self.finished else 'to be resumed'}",
            "time": f"{self.seconds / 60:.1f} minutes",
            **{name: f"{value:.4g}" for name, value in (self.losses | self.figures).items()},
        }
        return card(self.run.name, facts, thumbnail_url(sheets[-1]) if sheets else "")


@dataclass(frozen=True)
class TrainPlan:
    """The plan of a training.

    Attributes:
        source_images, target_images: numbers of usable images.
        cache_needed: bytes of all reduced images; ``cache`` is the limit of the cache.
        init: model that it starts from; None if from scratch.
        parameters: number of parameters of each network.
        steps: total number of steps.
        seconds_per_step: measured on this machine, without reading images.
        device, precision: names of device and precision.
    """

    source_images: int
    target_images: int
    cache_needed: int
    cache: int
    init: str | None
    parameters: dict[str, int]
    steps: int
    seconds_per_step: float
    device: str
    precision: str
