"""Metrics of large images from near and from far: at full resolution, and reduced as a whole."""

import math
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilegan.errors import DatasetError, SettingError
from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.readers.scaled import scaled, write_scaled
from tilegan.images.source import Source
from tilegan.metrics.judge import Judge
from tilegan.metrics.painted import Crops
from tilegan.metrics.views import View, crop_places
from tilegan.pipelines.evaluation.seen import Onlooker, Seen, Sight
from tilegan.pipelines.stylize import stylize
from tilegan.progress import Progress
from tilegan.translator import Translator

CROPS = 96  # crops per image from near: 1.6 megapixels
LOOKS = ("near", "far")
CANDIDATES = ("identity", "exact")


@dataclass(frozen=True)
class Sizes:
    """The large images of an evaluation.

    Attributes:
        megapixels: sizes to which each source is scaled.
        files: files of the sources with numbers: those of the files of the evaluation, or others.
        stroke: option of ``stylize``.
    """

    megapixels: Sequence[float]
    files: Sequence[tuple[int, Path]]
    stroke: int | str


@dataclass(frozen=True)
class LargeFigures:
    """Metrics of results of one size.

    Attributes:
        megapixels: size of sources and results.
        enlarged: maximum factor by which a source was enlarged to that size along each side; 1 if none was.
        looks: metrics by 'near' and 'far' and then by candidate, 'identity' and 'exact'.
    """

    megapixels: float
    enlarged: float
    looks: dict[str, dict[str, Seen]]


def check_sizes(megapixels: Sequence[float], translator: Translator, corresponds: bool) -> None:
    """Refuse models and sizes for which large images cannot be made.

    Raises:
        SettingError: sizes are below 0.1 megapixels, or the sources of the model are no plain photographs.
    """
    if any(not size >= 0.1 for size in megapixels):
        raise SettingError(f"no images of {min(megapixels):g} megapixels: give 0.1 or more")
    other = corresponds or translator.scale > 1 or bool(translator.architecture.get("labels"))
    if megapixels and (other or translator.facts.get("derive")):
        raise SettingError(f"large images cannot be made for '{translator.name}': it takes no photographs as they are")


def look_at_large(
    onlooker: Onlooker, translator: Translator, sizes: Sizes, side: int, settings: dict[str, Any], progress: Progress
) -> list[LargeFigures]:
    """Scale, stylize with the engine and measure, image by image; only reduced images are held in memory as a whole.

    Args:
        onlooker: onlooker of the evaluation.
        translator: the model.
        sizes: the large images.
        side: short side, in pixels, to which whole images are reduced: that of the evaluation's targets.
        settings: further options of ``stylize``.
        progress: called with the finished source pixels, as phase 'large'.

    Raises:
        DatasetError: an image is too narrow.
        ImageError: one does not decode.
        OutputError: the temporary folder cannot be written.
    """
    total = round(1e6 * sum(sizes.megapixels)) * len(sizes.files)
    done, found = 0, []
    for megapixels in sizes.megapixels:
        gathered = {look: {name: Sight() for name in CANDIDATES} for look in LOOKS}
        sources: dict[str, list[Crops]] = {look: [] for look in LOOKS}
        enlarged = 1.0
        for number, path in sizes.files:
            progress("large", done, total)
            with tempfile.TemporaryDirectory(prefix="tilegan-evaluate-") as folder:
                given, result = Path(folder) / "given.tif", Path(folder) / "result.zarr"
                factor = _scale(path, given, megapixels, side)
                enlarged = max(enlarged, factor)
                stylize(given, result, translator, stroke=sizes.stroke, **settings)
                with closing(open_source(given)) as before, closing(open_source(result)) as made:
                    _look(onlooker, number, (before, made), side, sources, gathered)
            done += round(1e6 * megapixels)
        progress("large", done, total)
        known = [*onlooker.translated, *onlooker.others]
        judges = {look: Judge(sources[look], known, onlooker.targets) for look in LOOKS}
        looks = {
            look: {name: sight.seen(judges[look]) for name, sight in sights.items()}
            for look, sights in gathered.items()
        }
        found.append(LargeFigures(megapixels, enlarged, looks))
    return found


def _scale(path: Path, scaled_path: Path, megapixels: float, least: int) -> float:
    """Write the image of a file at a size; return the scale factor along each side."""
    with closing(open_source(path)) as source:
        factor = math.sqrt(1e6 * megapixels / (source.height * source.width))
        height, width = (max(1, round(length * factor)) for length in (source.height, source.width))
        if min(height, width) < min(least, 128):
            raise DatasetError(f"{path} is too narrow for {megapixels:g} megapixels: it would have {width} x {height}")
        write_scaled(source, scaled_path, height, width)
    return factor


def _look(
    onlooker: Onlooker,
    number: int,
    pictures: tuple[Source, Source],
    side: int,
    sources: dict[str, list[Crops]],
    gathered: dict[str, dict[str, Sight]],
) -> None:
    """Add a source and its result, of the same size."""
    height, width = pictures[0].height, pictures[0].width
    places = crop_places(height, width, onlooker.side, CROPS)
    windows = [Window(top, left, onlooker.side, onlooker.side) for top, left in places]
    near = [View.of(onlooker.network, [picture.read(window) for window in windows]) for picture in pictures]
    factor = min(1.0, side / min(height, width))
    reduced = [scaled(picture, round(height * factor), round(width * factor)) for picture in pictures]
    crops = {
        "near": [Crops(number, view.statistics) for view in near],
        "far": [onlooker.crops(number, picture) for picture in reduced],
    }
    features = {"near": [view.features for view in near], "far": [onlooker.whole(picture) for picture in reduced]}
    for look in LOOKS:
        sources[look].append(crops[look][0])
        for name, one, seen in zip(CANDIDATES, crops[look], features[look], strict=True):
            gathered[look][name].add(one, features[look][0], seen)
