"""Comparison of sets of images by style and palette."""

from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.palette import colors, palette_distance
from tilegan.metrics.style import PER_IMAGE, neighborhoods, share, sliced_wasserstein

COLORS = 2048  # colors of each image, for the palette
MOST_IMAGES = 10**6  # number of images with different seeds

Picture = NDArray[np.uint8]


class StyleSet:
    """Neighborhoods and colors of a set of images.

    Args:
        images: number of images of the set.
        levels: number of pyramid levels.
        size: size of the sets to compare, in images: a smaller set takes more squares of each image.
        seed: seed of positions in the images.
    """

    def __init__(self, images: int, levels: int, size: int, seed: int = 0) -> None:
        self._levels = levels
        self._seed = MOST_IMAGES * seed
        self._shares = list(zip(share(images, size * PER_IMAGE), share(images, size * COLORS), strict=True))
        self._squares: list[list[torch.Tensor]] = []
        self._colors: list[torch.Tensor] = []

    def add(self, image: Picture) -> None:
        """Add the next image, (h, w, 3)."""
        number = len(self._squares)
        squares, pixels = self._shares[number]
        self._squares.append(neighborhoods(image, self._levels, squares, self._seed + number))
        self._colors.append(colors(image, pixels, self._seed + number))

    def style_distances(self, other: "StyleSet") -> list[float]:
        """Return the sliced Wasserstein distances to another set, by level."""
        pairs = zip(zip(*self._squares, strict=True), zip(*other._squares, strict=True), strict=True)
        return [sliced_wasserstein(torch.cat(own), torch.cat(others)) for own, others in pairs]

    def palette_distance(self, other: "StyleSet") -> float:
        """Return the distance of colors to another set."""
        return palette_distance(torch.cat(self._colors), torch.cat(other._colors))


class Targets:
    """Real target images in two halves, which also give the distance between real images.

    Attributes:
        style: distances of one half to the other, by level.
        palette: likewise for colors.
    """

    def __init__(self, first: StyleSet, second: StyleSet) -> None:
        self._halves = first, second
        self.style = first.style_distances(second)
        self.palette = first.palette_distance(second)

    def style_distances(self, candidate: StyleSet) -> list[float]:
        """Return the distances of a candidate's images, by level: means over both halves."""
        return [fmean(pair) for pair in zip(*(candidate.style_distances(half) for half in self._halves), strict=True)]

    def palette_distance(self, candidate: StyleSet) -> float:
        """Return the distance of a candidate's colors: mean over both halves."""
        return fmean(candidate.palette_distance(half) for half in self._halves)
