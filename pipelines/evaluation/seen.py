"""What a frozen network sees of sources, targets and candidates."""

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

WHOLE = 512  # pixels: pictures of a larger short side are reduced to it before they are looked at as a whole


@dataclass(frozen=True)
class Seen:
    """What a frozen network sees of a candidate; ``docs/evaluate.md`` explains all.

    Attributes:
        verdict: how far its crops have come from sources to targets.
        structure: cosine of deep features with the source's, each channel's mean over the picture removed; mean over
            the pictures.
        feature_distance: squared distance of normalized features from the source's, likewise.
    """

    verdict: Verdict
    structure: float
    feature_distance: float


class Onlooker:
    """A network, and the judge who knows the crops of an evaluation's images by it.

    Attributes:
        network: on the CPU, in float32: what it sees depends on no device.
        side: of the crops, in pixels.
        translated, others, targets: what the judge has learned from, as it is given to ``Judge``.
        judge: of results that are as large as targets.
    """

    def __init__(self, network: EfficientNetFeatures, images: Images) -> None:
        self.network = network
        given = [images.before(source) for _, source in images.sources] + [target for _, target in images.targets]
        self.side = min(CROP, min(min(picture.shape[:2]) for picture in given) // STRIDE * STRIDE)
        numbers: dict[tuple[str, str], int] = {}
        # what corresponds has one name, and shows the same
        kinds = ("source", "target") if images.wanted is None else ("", "")
        sources = ((name, images.before(source)) for name, source in chain(images.sources, images.other_sources))
        found = list(self._numbered(sources, kinds[0], numbers))
        self.translated, self.others = found[: len(images.sources)], found[len(images.sources) :]
        self.targets = list(self._numbered(chain(images.targets, images.other_targets), kinds[1], numbers))
        self.judge = Judge(self.translated, self.others, self.targets)

    def crops(self, number: int, picture: Picture) -> Crops:
        """Of a picture (h, w, 3) of the file of that number, at its own pixels."""
        return Crops(number, View.of(self.network, cropped(picture, self.side)).statistics)

    def whole(self, picture: Picture) -> list[torch.Tensor]:
        """Features of a picture, reduced to a short side of 512 pixels if it is larger."""
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
    """Gathers what is seen of a candidate, picture by picture."""

    def __init__(self) -> None:
        self._crops: list[Crops] = []
        self._structure: list[float] = []
        self._distance: list[float] = []

    def add(self, crops: Crops, source: list[torch.Tensor], made: list[torch.Tensor]) -> None:
        """Take the next picture.

        Args:
            crops: of what was made, with the number of the source's file.
            source: features of the source, by tap.
            made: of what was made of it.
        """
        self._crops.append(crops)
        self._structure.append(structure(source[-1], made[-1]))
        self._distance.append(float(feature_distance(source, made)))

    def seen(self, judge: Judge) -> Seen:
        """All of it, by a judge who knows the sources."""
        return Seen(judge.of(self._crops), fmean(self._structure), fmean(self._distance))
