"""Measure a model: its seams, its style and what it keeps of the content, beside two baselines."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np

from tilegan.devices import precision_name
from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.geometry import means, round_up
from tilegan.images.instances import plane_numbers
from tilegan.images.output import beside, move_to
from tilegan.inference.array import stylize_array
from tilegan.inference.plan import check_takes_instances
from tilegan.metrics.baselines import ColorStatistics, color_transfer
from tilegan.metrics.pyramid import levels_of
from tilegan.metrics.seams import Difference
from tilegan.metrics.sets import Picture, StyleSet, Targets
from tilegan.pipelines.evaluate_figures import Figures, ImageFigures, Tally
from tilegan.pipelines.evaluate_images import Chosen, Images, enlarge, read_images
from tilegan.pipelines.evaluate_page import Pictures, page
from tilegan.progress import Progress, silent
from tilegan.translator import Translator, load

FIGURES, PAGE = "evaluate.json", "evaluate.html"
BASELINES, MODES = ("identity", "color_transfer"), ("combo", "exact")
EXACT_WINDOW = 4  # tiles: small, so that there are borders in every image


@dataclass(frozen=True)
class EvaluateResult:
    """What was measured.

    Attributes:
        output: the folder with ``evaluate.json`` and ``evaluate.html``.
        style: the model's name.
        tile_size, stride: of the model, in pixels.
        short_side: to which sources were reduced, in pixels.
        enlarged: by how much larger all that is compared is, where sources are reductions of what they should become.
        device, precision: in which the model computed.
        sources: names of the images that were translated.
        targets: names of the images of the style, in two halves.
        seed: of the places that were compared.
        figures: by candidate: 'identity', 'color_transfer', 'combo', 'exact'.
        real_style: distances from real to real target images, by level.
        real_palette: the same of colours.
        images: by candidate, for each source.
        seconds: that it took.
    """

    output: Path
    style: str
    tile_size: int
    stride: int
    short_side: int
    enlarged: int
    device: str
    precision: str
    sources: list[str]
    targets: tuple[list[str], list[str]]
    seed: int
    figures: dict[str, Figures]
    real_style: list[float]
    real_palette: float
    images: dict[str, list[ImageFigures]]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """What ``evaluate.json`` holds: all but the folder and the time, so that two evaluations compare."""
        content = asdict(self)
        del content["output"], content["seconds"]
        for figures in content["figures"].values():
            for name in ("whole", "shift"):
                figures[name] = figures[name] and figures[name]._asdict()
        return content


def evaluate(
    model: str | Path,
    source: str | Path,
    target: str | Path | None = None,
    output: str | Path | None = None,
    *,
    paired: str = "",
    direction: str = "a-to-b",
    instances: str | Path | None = None,
    images: int = 12,
    held_out: int | None = None,
    seed: int = 0,
    short_side: int | None = None,
    style: Mapping[str, float] | None = None,
    device: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> EvaluateResult:
    """Translate some source images in both modes and compare them with their sources and with target images.

    A model with instance norms has in both modes the statistics of each image.

    Args:
        model: a shipped model's name, a .safetensors file or a run folder.
        source: folder of images, best of ones that were not trained on.
        target: folder of images of the style, likewise; at least two. None if files of ``source`` hold both side by
            side, or if the model has learnt from sources that are derived of targets, or from reductions of them: then
            these are what it is given, and all is compared with bicubic enlargements of them.
        output: folder for the results; default ``<style>.evaluation`` in the current one. It appears when complete.
        paired: where each source has a target that it should become: 'by-name' or 'side-by-side', as for ``train``.
        direction: 'a-to-b' if sources are on the left of such files, or 'b-to-a'.
        instances: of models that learnt with such maps: folder of maps of the sources' instances, as for ``train``.
        images: how many sources, and how many targets in each of two halves; spread evenly over the sorted names.
        held_out: take only every so many-th file of both folders, those that a training kept out (``hold_out``).
        seed: chooses the places in the images whose neighbourhoods and colours are compared.
        short_side: reduce images to this short side, in pixels; default that of the training, or what five tiles need.
        style: of a model of several styles, the share of each that is wanted.
        device: what computes.
        precision: its number format.
        overwrite: replace an evaluation that is there.
        progress: told the source pixels done, as phase 'evaluate'.

    Raises:
        ModelError: there is no such model, or it sees more than a neighbourhood.
        DatasetError: a folder is missing, or has too few usable images, or label maps lack maps of their instances.
        SettingError: the short side is too small for the model's tiles, ``images`` is below 1, or others were held out,
            or the model takes no maps of instances.
        OutputExistsError: the folder is there.
        OutputError: it cannot be written.
    """
    started = time.perf_counter()
    translator = load(model, device, precision).in_style(style or {})
    if translator.unbounded and not translator.needs_statistics:
        raise ModelError(f"cannot evaluate '{translator.name}': {translator.unbounded} sees more than a neighbourhood")
    style_name = "-".join(style or {}) or translator.name
    folder = Path(output) if output is not None else Path(f"{style_name}.evaluation")
    _check_output(folder, overwrite)
    targets, maps = (None if path is None else Path(path) for path in (target, instances))
    if maps is not None:
        check_takes_instances(translator)
    chosen = Chosen(Path(source), targets, images, held_out, short_side, paired, direction, maps)
    given = read_images(translator, chosen)
    measured = _Evaluation(translator, given, seed)
    measured.run(progress or silent)
    result = EvaluateResult(
        output=folder,
        style=style_name,
        tile_size=translator.tile_size,
        stride=translator.stride,
        short_side=given.side,
        enlarged=given.enlarged,
        device=str(translator.device),
        precision=precision_name(translator.precision),
        sources=[name for name, _ in given.sources],
        targets=([name for name, _ in given.targets[::2]], [name for name, _ in given.targets[1::2]]),
        seed=seed,
        figures=measured.figures(),
        real_style=measured.targets.style,
        real_palette=measured.targets.palette,
        images={name: tally.images for name, tally in measured.tallies.items()},
        seconds=time.perf_counter() - started,
    )
    _write(result, measured.pictures, overwrite)
    return result


class _Evaluation:
    """The images, the candidates and what is gathered of them."""

    def __init__(self, translator: Translator, images: Images, seed: int) -> None:
        sources, paintings = ([picture for _, picture in some] for some in (images.sources, images.targets))
        self.translator, self.sources, self.wanted, self.seed = translator, sources, images.wanted, seed
        self.enlarged = images.enlarged
        self.levels = levels_of(min(min(picture.shape[:2]) for picture in (images.wanted or sources) + paintings))
        self.colors = ColorStatistics.mean_of([ColorStatistics.of(picture) for picture in paintings])
        halves = paintings[::2], paintings[1::2]
        self.size = max(len(sources), *map(len, halves))
        self.targets = Targets(*(self._style_of(half) for half in halves))
        scales = dict.fromkeys(BASELINES, images.enlarged) | dict.fromkeys(MODES, translator.scale)
        self.tallies = {name: self._tally(scale) for name, scale in scales.items()}
        self.pictures: list[Pictures] = []

    def run(self, progress: Progress) -> None:
        """Translate and measure, one image after the other."""
        done, total = 0, sum(picture[..., 0].size for picture in self.sources)
        progress("evaluate", done, total)
        for number, picture in enumerate(self.sources):
            self._measure(picture, None if self.wanted is None else self.wanted[number])
            done += picture[..., 0].size
            progress("evaluate", done, total)

    def figures(self) -> dict[str, Figures]:
        """By candidate."""
        of_source = self.targets.style_distances(self.tallies["identity"].style)
        return {name: tally.figures(self.targets, of_source) for name, tally in self.tallies.items()}

    def _measure(self, source: Picture, wanted: Picture | None) -> None:
        before = enlarge(source[..., :3], self.enlarged)
        candidates = {"identity": before, "color_transfer": color_transfer(before, self.colors)}
        for name, picture in candidates.items():
            self.tallies[name].add(before, picture, picture, wanted)
        translator = self.translator.for_image(source).with_statistics_of(source)
        tile, scale = translator.tile_size, translator.scale
        whole = translator.translate(source)
        shift = round_up(tile // 2, translator.stride)
        # where the shifted image ends is another edge: what can feel it is left out
        edge = round_up(translator.halo, translator.stride)
        for mode in MODES:
            tiled = _tiled(translator, source, mode)
            moved = _tiled(translator, source[shift:, shift:], mode)
            inside = tiled[(shift + edge) * scale :, (shift + edge) * scale :]
            candidates[mode] = means(tiled, scale // self.enlarged)
            self.tallies[mode].add(before, tiled, candidates[mode], wanted)
            self.tallies[mode].compare(
                Difference.of(tiled, whole), Difference.of(inside, moved[edge * scale :, edge * scale :])
            )
        self.pictures.append(Pictures.of(candidates, tile * self.enlarged))

    def _style_of(self, pictures: list[Picture]) -> StyleSet:
        found = StyleSet(len(pictures), self.levels, self.size, self.seed)
        for picture in pictures:
            found.add(picture)
        return found

    def _tally(self, scale: int) -> Tally:
        style = StyleSet(len(self.sources), self.levels, self.size, self.seed)
        return Tally(style, self.levels, self.translator.tile_size * scale, self.translator.stride * scale)


def _tiled(translator: Translator, source: Picture, mode: str) -> Picture:
    window = EXACT_WINDOW * translator.tile_size if mode == "exact" else None
    array = da.from_array(source[..., :3], chunks=-1)
    numbers = da.from_array(plane_numbers(source[..., 3:]), chunks=-1) if source.shape[2] > 3 else None
    lazy = stylize_array(array, translator, seams=mode, stroke=1, window=window, instances=numbers)
    stylized: Picture = np.asarray(lazy.compute(scheduler="synchronous"))
    return stylized


def _check_output(folder: Path, overwrite: bool) -> None:
    if not folder.parent.is_dir():
        raise OutputError(f"no folder {folder.parent} to write {folder.name} to: make it first")
    if not folder.exists() and not folder.is_symlink():
        return
    if not (folder / FIGURES).is_file():
        raise OutputExistsError(f"{folder} exists and is no evaluation: choose another folder with -o")
    if not overwrite:
        raise OutputExistsError(f"{folder} exists: --overwrite replaces it, -o names another folder")


def _write(result: EvaluateResult, pictures: list[Pictures], overwrite: bool) -> None:
    with beside(result.output) as work:
        built = work / "built"
        built.mkdir()
        (built / FIGURES).write_text(json.dumps(result.to_json(), indent=2) + "\n")
        (built / PAGE).write_text(page(result, pictures), encoding="utf-8")
        move_to(result.output, built, work / "replaced", overwrite)
