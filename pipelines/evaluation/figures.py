"""Metrics of a set of stylized images, accumulated image by image."""

from dataclasses import dataclass
from statistics import fmean

from tilegan.metrics.content import gradient_correlation, luminance, ssim
from tilegan.metrics.judge import Judge
from tilegan.metrics.psnr import psnr
from tilegan.metrics.seams import Difference, Pattern, amplitude, chance, step_ratio
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.metrics.style import style_position
from tilegan.pipelines.evaluation.seen import Seen, Sight


@dataclass(frozen=True)
class Figures:
    """The metrics of a candidate; lists are by pyramid level, finest first. ``docs/evaluate.md`` explains them.

    Attributes:
        amplitude: amplitude of the pattern that repeats with the tile, in 8-bit values.
        chance: the amplitude that may occur by chance in such images.
        cell_amplitude: amplitude of the pattern that repeats with the generator's stride, likewise.
        step_ratio: color steps at tile borders over those beside them.
        whole: difference between tiled and whole-image result; None for baselines, which have no tiles.
        shift: difference to the result with the tile grid shifted by half a tile; likewise.
        style: 0 is as far from the targets as the source, 1 as near as other targets; None if the source is as near.
        style_distance: sliced Wasserstein distances to the targets, from which ``style`` is computed.
        palette: distance of colors to the targets, in units of Lab.
        content: correlation of gradients with the source.
        ssim: structural similarity of luminance with the source.
        psnr: PSNR of the output and its target, in dB; None without pairs.
        seen: metrics by frozen features.
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
    psnr: float | None
    seen: Seen


@dataclass(frozen=True)
class ImageFigures:
    """The metrics that are available for one image; ``content`` is the mean over the levels."""

    amplitude: float
    step_ratio: float
    content: float
    ssim: float


class MetricAccumulator:
    """Accumulates the metrics of one candidate.

    Args:
        style: an empty set, for the candidate's images.
        levels: number of pyramid levels.
        tile: side of a tile, in output pixels.
        cell: stride of the generator, in output pixels.
    """

    def __init__(self, style: StyleSet, levels: int, tile: int, cell: int) -> None:
        self.style = style
        self.sight = Sight()
        self.images: list[ImageFigures] = []
        self._levels, self._tile, self._cell = levels, tile, cell
        self._patterns: list[Pattern] = []
        self._cells: list[Pattern] = []
        self._content: list[list[float]] = []
        self._whole: list[Difference] = []
        self._shift: list[Difference] = []
        self._psnr: list[float] = []

    def add(self, source: Picture, output: Picture, small: Picture, wanted: Picture | None = None) -> None:
        """Add the next image.

        Args:
            source: (h, w, 3).
            output: output of the candidate, for metrics of seams.
            small: the output at the size of the source.
            wanted: target of the source at the same size; None without pairs.
        """
        if wanted is not None:
            self._psnr.append(psnr(small, wanted))
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
        """Add the differences by tiling in that image."""
        self._whole.append(whole)
        self._shift.append(shift)

    def figures(self, targets: Targets, of_source: list[float], judge: Judge) -> Figures:
        """Return all metrics, after all images were added, also to ``sight``.

        Args:
            targets: the targets of the evaluation.
            of_source: style distances of the sources to them.
            judge: judge with the same sources and targets.
        """
        own = targets.style_distances(self.style)
        return Figures(
            amplitude=amplitude(self._patterns),
            chance=chance(self._patterns),
            cell_amplitude=amplitude(self._cells),
            step_ratio=fmean(image.step_ratio for image in self.images),
            whole=Difference.over(self._whole) if self._whole else None,
            shift=Difference.over(self._shift) if self._shift else None,
            style=[style_position(*distances) for distances in zip(of_source, own, targets.style, strict=True)],
            style_distance=own,
            palette=targets.palette_distance(self.style),
            content=[fmean(level) for level in zip(*self._content, strict=True)],
            ssim=fmean(image.ssim for image in self.images),
            psnr=fmean(self._psnr) if self._psnr else None,
            seen=self.sight.seen(judge),
        )
