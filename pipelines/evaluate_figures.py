"""Figures of a set of translations, gathered image by image."""

from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.content import gradient_correlation, luminance, ssim
from tilegan.metrics.palette import colors, palette_distance
from tilegan.metrics.seams import Difference, Pattern, amplitude, chance, step_ratio
from tilegan.metrics.style import PER_IMAGE, neighbourhoods, place, share, sliced_wasserstein

COLORS = 2048  # of each image, for the palette

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Figures:
    """What a candidate came to; lists are by level of the pyramid, the finest first. ``docs/evaluate.md`` explains all.

    Attributes:
        amplitude: of the pattern that repeats with the tile, in levels of 255.
        chance: what this reads by chance in such images.
        cell_amplitude: of the pattern that repeats with the generator's stride, likewise.
        step_ratio: colour steps at tile borders over those beside them.
        whole: tiled against the whole image done at once; None for a baseline, which has no tiles.
        shift: against the result when the grid of tiles begins half a tile further; likewise.
        style: 0 is as far from the targets as the source, 1 as near as other targets; None where the source is as near.
        style_distance: sliced Wasserstein distances to the targets that ``style`` is made of.
        palette: distance of colours to the targets, in units of Lab.
        content: correlation of gradients with the source.
        ssim: structural similarity of luminance with the source.
    """

    amplitude: float
    chance: float
    cell_amplitude: float
    step_ratio: float
    whole: Difference | None
    shift: Difference | None
    style: list[float | None]
    style_distance: list[float]
    palette: float
    content: list[float]
    ssim: float


@dataclass(frozen=True)
class ImageFigures:
    """The same of one image, as far as one image can tell: ``content`` is the mean over the levels."""

    amplitude: float
    step_ratio: float
    content: float
    ssim: float


class StyleSet:
    """Neighbourhoods and colours of a set of images.

    Args:
        images: how many there will be.
        levels: of the pyramid.
        size: of the set, in images: a smaller one gives more of each image, so that sets compare.
    """

    def __init__(self, images: int, levels: int, size: int) -> None:
        self._levels = levels
        self._shares = list(zip(share(images, size * PER_IMAGE), share(images, size * COLORS), strict=True))
        self._squares: list[list[torch.Tensor]] = []
        self._colors: list[torch.Tensor] = []

    def add(self, image: Picture) -> None:
        """Take the next image, (h, w, 3)."""
        number = len(self._squares)
        squares, pixels = self._shares[number]
        self._squares.append(neighbourhoods(image, self._levels, squares, number))
        self._colors.append(colors(image, pixels, number))

    def style_distances(self, other: "StyleSet") -> list[float]:
        """Sliced Wasserstein distances to another set, by level."""
        pairs = zip(zip(*self._squares, strict=True), zip(*other._squares, strict=True), strict=True)
        return [sliced_wasserstein(torch.cat(own), torch.cat(others)) for own, others in pairs]

    def palette_distance(self, other: "StyleSet") -> float:
        """Distance of colours to another set."""
        return palette_distance(torch.cat(self._colors), torch.cat(other._colors))


class Targets:
    """Real target images in two halves, by which also the distance from real to real is known.

    Attributes:
        style: distances of one half from the other, by level.
        palette: likewise of colours.
    """

    def __init__(self, first: StyleSet, second: StyleSet) -> None:
        self._halves = first, second
        self.style = first.style_distances(second)
        self.palette = first.palette_distance(second)

    def style_distances(self, candidate: StyleSet) -> list[float]:
        """Of a candidate's images, by level: means over both halves."""
        return [fmean(pair) for pair in zip(*(candidate.style_distances(half) for half in self._halves), strict=True)]

    def palette_distance(self, candidate: StyleSet) -> float:
        """Likewise of colours."""
        return fmean(candidate.palette_distance(half) for half in self._halves)


class Tally:
    """Gathers the figures of one candidate.

    Args:
        style: an empty set, for the candidate's images.
        levels: of the pyramid.
        tile: side of a tile, in output pixels.
        cell: stride of the generator, in output pixels.
    """

    def __init__(self, style: StyleSet, levels: int, tile: int, cell: int) -> None:
        self.style = style
        self.images: list[ImageFigures] = []
        self._levels, self._tile, self._cell = levels, tile, cell
        self._patterns: list[Pattern] = []
        self._cells: list[Pattern] = []
        self._content: list[list[float]] = []
        self._whole: list[Difference] = []
        self._shift: list[Difference] = []

    def add(self, source: Picture, output: Picture, small: Picture) -> None:
        """Take the next image.

        Args:
            source: (h, w, 3).
            output: the candidate's, in which seams are looked for.
            small: the same as large as the source.
        """
        patterns = Pattern.both(output, self._tile, self._cell)
        self._patterns += patterns
        self._cells += Pattern.both(output, self._cell, 1)
        self.style.add(small)
        light = luminance(source), luminance(small)
        self._content.append(gradient_correlation(*light, self._levels))
        self.images.append(
            ImageFigures(amplitude(patterns), step_ratio(output, self._tile), fmean(self._content[-1]), ssim(*light))
        )

    def compare(self, whole: Difference, shift: Difference) -> None:
        """Take what tiling changed in that image."""
        self._whole.append(whole)
        self._shift.append(shift)

    def figures(self, targets: Targets, of_source: list[float]) -> Figures:
        """All figures, once all images are taken; ``of_source`` are the sources' style distances to the targets."""
        own = targets.style_distances(self.style)
        return Figures(
            amplitude=amplitude(self._patterns),
            chance=chance(self._patterns),
            cell_amplitude=amplitude(self._cells),
            step_ratio=fmean(image.step_ratio for image in self.images),
            whole=Difference.over(self._whole) if self._whole else None,
            shift=Difference.over(self._shift) if self._shift else None,
            style=[place(*distances) for distances in zip(of_source, own, targets.style, strict=True)],
            style_distance=own,
            palette=targets.palette_distance(self.style),
            content=[fmean(level) for level in zip(*self._content, strict=True)],
            ssim=fmean(image.ssim for image in self.images),
        )
