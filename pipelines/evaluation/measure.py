"""Stylization of the images one after the other, with accumulation of the candidates' metrics and pictures."""

import dask.array as da
import numpy as np

from tilegan.geometry import means, round_up
from tilegan.images.instances import plane_numbers
from tilegan.inference.array import stylize_array
from tilegan.metrics.baselines import ColorStatistics, color_transfer
from tilegan.metrics.pyramid import max_levels
from tilegan.metrics.seams import Difference
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.pipelines.evaluation.figures import Figures, MetricAccumulator
from tilegan.pipelines.evaluation.images import Images
from tilegan.pipelines.evaluation.page import Pictures
from tilegan.pipelines.evaluation.seen import Onlooker
from tilegan.progress import Progress
from tilegan.translator import Translator

BASELINES, MODES = ("identity", "color_transfer"), ("combo", "exact")
EXACT_WINDOW = 4  # tiles: small, so that there are borders in every image


class Evaluation:
    """The images, the candidates and their accumulated metrics."""

    def __init__(self, translator: Translator, images: Images, seed: int, onlooker: Onlooker) -> None:
        sources, paintings = ([picture for _, picture in some] for some in (images.sources, images.targets))
        self.translator, self.sources, self.wanted, self.seed = translator, sources, images.wanted, seed
        self.images, self.onlooker = images, onlooker
        self.levels = max_levels(min(min(picture.shape[:2]) for picture in (images.wanted or sources) + paintings))
        self.colors = ColorStatistics.mean_of([ColorStatistics.of(picture) for picture in paintings])
        halves = paintings[::2], paintings[1::2]
        self.size = max(len(sources), *map(len, halves))
        self.targets = Targets(*(self._style_of(half) for half in halves))
        scales = dict.fromkeys(BASELINES, images.enlarged) | dict.fromkeys(MODES, translator.scale)
        self.tallies = {name: self._tally(scale) for name, scale in scales.items()}
        self.pictures: list[Pictures] = []

    def run(self, progress: Progress) -> None:
        """Stylize and measure one image after the other."""
        done, total = 0, sum(picture[..., 0].size for picture in self.sources)
        progress("evaluate", done, total)
        for number, picture in enumerate(self.sources):
            self._measure(number, picture, None if self.wanted is None else self.wanted[number])
            done += picture[..., 0].size
            progress("evaluate", done, total)

    def figures(self) -> dict[str, Figures]:
        """Return the metrics by candidate."""
        of_source = self.targets.style_distances(self.tallies["identity"].style)
        return {
            name: tally.figures(self.targets, of_source, self.onlooker.judge) for name, tally in self.tallies.items()
        }

    def _measure(self, number: int, source: Picture, wanted: Picture | None) -> None:
        before = self.images.before(source)
        candidates = {"identity": before, "color_transfer": color_transfer(before, self.colors)}
        for name, picture in candidates.items():
            self.tallies[name].add(before, picture, picture, wanted)
        translator = self.translator.for_image(source).with_statistics_of(source)
        tile, scale = translator.tile_size, translator.scale
        whole = translator.translate(source)
        shift = round_up(tile // 2, translator.stride)
        # the shifted image has other edges: pixels that depend on them are excluded
        edge = round_up(translator.halo, translator.stride)
        for mode in MODES:
            tiled = _tiled(translator, source, mode)
            moved = _tiled(translator, source[shift:, shift:], mode)
            inside = tiled[(shift + edge) * scale :, (shift + edge) * scale :]
            candidates[mode] = means(tiled, scale // self.images.enlarged)
            self.tallies[mode].add(before, tiled, candidates[mode], wanted)
            self.tallies[mode].compare(
                Difference.of(tiled, whole), Difference.of(inside, moved[edge * scale :, edge * scale :])
            )
        whole_before = self.onlooker.whole(before)
        for name, picture in candidates.items():
            crops = self.onlooker.crops(self.onlooker.translated[number].number, picture)
            self.tallies[name].sight.add(crops, whole_before, self.onlooker.whole(picture))
        self.pictures.append(Pictures.of(candidates, tile * self.images.enlarged))

    def _style_of(self, pictures: list[Picture]) -> StyleSet:
        found = StyleSet(len(pictures), self.levels, self.size, self.seed)
        for picture in pictures:
            found.add(picture)
        return found

    def _tally(self, scale: int) -> MetricAccumulator:
        style = StyleSet(len(self.sources), self.levels, self.size, self.seed)
        return MetricAccumulator(style, self.levels, self.translator.tile_size * scale, self.translator.stride * scale)


def _tiled(translator: Translator, source: Picture, mode: str) -> Picture:
    window = EXACT_WINDOW * translator.tile_size if mode == "exact" else None
    array = da.from_array(source[..., :3], chunks=-1)
    numbers = da.from_array(plane_numbers(source[..., 3:]), chunks=-1) if source.shape[2] > 3 else None
    lazy = stylize_array(array, translator, seams=mode, stroke=1, window=window, instances=numbers)
    stylized: Picture = np.asarray(lazy.compute(scheduler="synchronous"))
    return stylized
