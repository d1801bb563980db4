"""What a frozen network sees of pictures: statistics of crops, which know no place, and features where they are."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.sets import Picture
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures

CROP = 128  # pixels: some strokes of a painting whose short side is 512
MOST_CROPS = 24  # of a picture: a grid of 4 x 6 covers 512 x 768 pixels
_BATCH = 8  # crops that are looked at at once

Statistics = NDArray[np.float64]


def crop_places(height: int, width: int, side: int = CROP, most: int = MOST_CROPS) -> list[tuple[int, int]]:
    """Tops and lefts of squares of a picture, at most ``most``: of a grid from edge to edge without overlap, evenly.

    Args:
        height: of the picture, in pixels, at least ``side``.
        width: likewise.
        side: of the squares.
        most: how many there may be.
    """
    rows, columns = (np.linspace(0, length - side, length // side).round().astype(int) for length in (height, width))
    places = [(int(top), int(left)) for top in rows for left in columns]
    count = min(len(places), most)
    # of each of ``count`` equal parts the middle one
    return [places[(2 * number + 1) * len(places) // (2 * count)] for number in range(count)]


def cropped(picture: Picture, side: int = CROP) -> list[Picture]:
    """The squares of a picture (h, w, 3) at its ``crop_places``."""
    height, width = picture.shape[:2]
    return [picture[top : top + side, left : left + side] for top, left in crop_places(height, width, side)]


class View(NamedTuple):
    """Features of some crops of one picture, or of the whole.

    Attributes:
        statistics: float64 (n, 384): means and deviations of the channels of all taps, crop by crop.
        features: by tap, float32 (n, C, h, w), in place.
    """

    statistics: Statistics
    features: list[torch.Tensor]

    @classmethod
    def of(cls, network: EfficientNetFeatures, crops: Sequence[Picture]) -> Self:
        """Those of crops (h, w, 3) of one size; sides are multiples of 16."""
        with torch.inference_mode():
            batches = [network(_signed(crops[start : start + _BATCH])) for start in range(0, len(crops), _BATCH)]
        features = [torch.cat(tap) for tap in zip(*batches, strict=True)]
        parts = [part for tap in features for part in (tap.mean((2, 3)), tap.std((2, 3), correction=0))]
        return cls(torch.cat(parts, 1).double().numpy(), features)

    @classmethod
    def whole(cls, network: EfficientNetFeatures, picture: Picture) -> Self:
        """Those of all of a picture (h, w, 3) but what is beyond the last multiple of 16 pixels."""
        height, width = (side // STRIDE * STRIDE for side in picture.shape[:2])
        return cls.of(network, [picture[:height, :width]])


def _signed(crops: Sequence[Picture]) -> torch.Tensor:
    """Crops (h, w, 3) as float32 (N, 3, h, w) in [-1, 1]."""
    return torch.from_numpy(np.stack(crops)).movedim(-1, 1).float() / 127.5 - 1
