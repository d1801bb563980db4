"""Metrics of sources, targets and candidates by frozen features."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

import numpy as np
import torch
from PIL import Image

from tilegan.metrics.judge import Judge, Verdict
from tilegan.metrics.painted import Crops
from tilegan.metrics.sets import Picture
from tilegan.metrics.structure import feature_distance, structure
from tilegan.metrics.views import CROP, View, cropped
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures
from tilegan.pipelines.evaluation.images import Images, Named

WHOLE = 512  # pixels: images with a larger short side are reduced to it for metrics of the whole image


@dataclass(frozen=True)
class Seen:
    """Metrics of a candidate by frozen features; ``docs/evaluate.md`` explains them.

    Attributes:
        verdict: position of its crops between sources and targets.
        structure: cosine of deep features with those of the source, minus the mean of each channel over the image; mean
            over images.
        feature_distance: squared distance of normalized features from those of the source, likewise.
    """

    verdict: Verdict
    structure: float
    feature_distance: float


class Onlooker:
    """A frozen network, and the judge with the crops of an evaluation's images.

    Attributes:
        network: the network, on the CPU in float32, so that features are independent of the device.
        side: side of the crops, in pixels.
        translated, others, targets: training data of the judge, as passed to ``Judge``.
        judge: judge of results that are as large as targets.
    """

    def __init__(self, network: EfficientNetFeatures, images: Images) -> None:
        self.network = network
        given = [images.before(source) for _, source in images.sources] + [target for _, target in images.targets]
        self.side = min(CROP, min(min(picture.shape[:2]) for picture in given) // STRIDE * STRIDE)
        numbers: dict[tuple[str, str], int] = {}
        # images of a pair have the same name, and show the same
        kinds = ("source", "target") if images.wanted is None else ("", "")
        sources = ((name, images.before(source)) for name, source in chain(images.sources, images.other_sources))
        found = list(self._numbered(sources, kinds[0], numbers))
        self.translated, self.others = found[: len(images.sources)], found[len(images.sources) :]
        self.targets = list(self._numbered(chain(images.targets, images.other_targets), kinds[1], numbers))
        self.judge = Judge(self.translated, self.others, self.targets)

    def crops(self, number: int, picture: Picture) -> Crops:
        """Return the crops of an image (h, w, 3) of the file with a number, at full resolution."""
        return Crops(number, View.of(self.network, cropped(picture, self.side)).statistics)

    def whole(self, picture: Picture) -> list[torch.Tensor]:
        """Return the features of an image, reduced to a short side of 512 pixels if it is larger."""
        factor = WHOLE / min(picture.shape[:2])
        if factor < 1:
            height, width = (round(side * factor) for side in picture.shape[:2])
            picture = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
        return View.whole(self.network, picture).features

    def _numbered(self, pictures: Iterable[Named], kind: str, numbers: dict[tuple[str, str], int]) -> Iterator[Crops]:
        for name, picture in pictures:
            if min(picture.shape[:2]) >= self.side:
                yield self.crops(numbers.setdefault((kind, name), len(numbers)), picture)


class Sight:
    """Accumulates metrics of a candidate, image by image."""

    def __init__(self) -> None:
        self._crops: list[Crops] = []
        self._structure: list[float] = []
        self._distance: list[float] = []

    def add(self, crops: Crops, source: list[torch.Tensor], made: list[torch.Tensor]) -> None:
        """Add the next image.

        Args:
            crops: crops of the output, with the number of the source's file.
            source: features of the source, by tap.
            made: features of the output.
        """
        self._crops.append(crops)
        self._structure.append(structure(source[-1], made[-1]))
        self._distance.append(float(feature_distance(source, made)))

    def seen(self, judge: Judge) -> Seen:
        """Return the metrics, by a judge with the sources."""
        return Seen(judge.of(self._crops), fmean(self._structure), fmean(self._distance))
