"""Frozen features of images: statistics of crops, without positions, and features with positions."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.sets import Picture
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures

CROP = 128  # pixels: a few strokes of a painting with a short side of 512
MOST_CROPS = 24  # per image: a grid of 4 x 6 covers 512 x 768 pixels
_BATCH = 8  # crops per forward pass

Statistics = NDArray[np.float64]


def crop_places(height: int, width: int, side: int = CROP, most: int = MOST_CROPS) -> list[tuple[int, int]]:
    """Return top and left of at most ``most`` squares of an image: evenly from an edge-to-edge grid without overlap.

    Args:
        height: height of the image, in pixels, at least ``side``.
        width: likewise.
        side: side of the squares.
        most: maximum number of squares.
    """
    rows, columns = (np.linspace(0, length - side, length // side).round().astype(int) for length in (height, width))
    places = [(int(top), int(left)) for top in rows for left in columns]
    count = min(len(places), most)
    # the middle one of each of ``count`` equal parts
    return [places[(2 * number + 1) * len(places) // (2 * count)] for number in range(count)]


def cropped(picture: Picture, side: int = CROP) -> list[Picture]:
    """Return the squares of an image (h, w, 3) at its ``crop_places``."""
    height, width = picture.shape[:2]
    return [picture[top : top + side, left : left + side] for top, left in crop_places(height, width, side)]


class View(NamedTuple):
    """Features of crops of one image, or of the whole image.

    Attributes:
        statistics: float64 (n, 384): means and deviations of the channels of all taps, for each crop.
        features: features by tap, float32 (n, C, h, w), with positions.
    """

    statistics: Statistics
    features: list[torch.Tensor]

    @classmethod
    def of(cls, network: EfficientNetFeatures, crops: Sequence[Picture]) -> Self:
        """Return the features of crops (h, w, 3) of the same size; sides are multiples of 16."""
        with torch.inference_mode():
            batches = [network(_signed(crops[start : start + _BATCH])) for start in range(0, len(crops), _BATCH)]
        features = [torch.cat(tap) for tap in zip(*batches, strict=True)]
        parts = [part for tap in features for part in (tap.mean((2, 3)), tap.std((2, 3), correction=0))]
        return cls(torch.cat(parts, 1).double().numpy(), features)

    @classmethod
    def whole(cls, network: EfficientNetFeatures, picture: Picture) -> Self:
        """Return the features of an image (h, w, 3), cropped to multiples of 16 pixels."""
        height, width = (side // STRIDE * STRIDE for side in picture.shape[:2])
        return cls.of(network, [picture[:height, :width]])


def _signed(crops: Sequence[Picture]) -> torch.Tensor:
    """Convert crops (h, w, 3) to float32 (N, 3, h, w) in [-1, 1]."""
    return torch.from_numpy(np.stack(crops)).movedim(-1, 1).float() / 127.5 - 1
