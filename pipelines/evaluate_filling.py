"""Evaluate a model that fills holes: distances to what was there, in comparison with two baselines."""

import io
import time
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from tilegan.devices import precision_name
from tilegan.errors import DatasetError, ModelError
from tilegan.images.pixels.sheet import sample_sheet
from tilegan.inference.array import stylize_array
from tilegan.inference.options import PassOptions, RunOptions
from tilegan.methods.base import HOLED
from tilegan.methods.holes import Holes, Mask, learned_width
from tilegan.methods.inpaint import InpaintSettings
from tilegan.metrics.holes import (
    detail_in_holes,
    diffused,
    features_in_holes,
    mean_filled,
    psnr_in_holes,
    ssim_in_holes,
)
from tilegan.metrics.seams import Difference
from tilegan.metrics.sets import Picture
from tilegan.metrics.views import View
from tilegan.model_file import read_header
from tilegan.networks.build import build_generator
from tilegan.networks.capabilities import capabilities
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.options import changed, takes
from tilegan.pipelines.evaluation.folder import check_folder, write_folder
from tilegan.pipelines.evaluation.images import check_held_out, decoded_image, spread, taken
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.progress import Progress, silent
from tilegan.training.dataset import Dataset
from tilegan.training.examples import with_holes
from tilegan.training.folders import Folders
from tilegan.translator import Translator, load

SHEET = "evaluate.png"
SHOWN = 6  # images on the sheet
WINDOW = 2  # tiles along a window of the tiled pass, which is compared with the whole one

OPTIONS = (
    (EvaluateOptions, "images", "held_out", "short_side", "features", "seed"),
    (PassOptions, "device", "precision"),
    (RunOptions, "overwrite"),
)


@dataclass(frozen=True)
class HoleFigures:
    """Metrics of the pixels in holes.

    Attributes:
        psnr: peak signal-to-noise ratio to the image without holes, in dB.
        ssim: structural similarity to it, -1 to 1.
        features: squared distance of deep features to it, from 0 to 4: closer to what people see than the others.
        detail: differences of neighboring pixels relative to it: 0 for flat holes, 1 for as much detail.
    """

    psnr: float
    ssim: float
    features: float
    detail: float


@dataclass(frozen=True)
class FillingResult:
    """The measurements of an evaluation of a model that fills holes.

    Attributes:
        output: the folder with ``evaluate.json`` and ``evaluate.png``.
        style: name of the model.
        short_side: short side of the reduced images, in pixels.
        hole_width: width of the widest single hole, in pixels.
        share: share of the pixels that are in holes.
        device, precision: device and precision of the model.
        sources: names of the images.
        seed: seed of the holes.
        figures: means over the images by candidate: 'mean', 'diffusion', 'exact'.
        images: the same for each image.
        whole: difference of the tiled pass and one pass over the whole image.
        seconds: duration.
    """

    output: Path
    style: str
    short_side: int
    hole_width: int
    share: float
    device: str
    precision: str
    sources: list[str]
    seed: int
    figures: dict[str, HoleFigures]
    images: dict[str, list[HoleFigures]]
    whole: Difference
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``evaluate.json``: everything except folder and time, for comparisons."""
        content = asdict(self) | {"whole": self.whole._asdict()}
        del content["output"], content["seconds"]
        return content


def fills_holes(model: str | Path) -> bool:
    """Return whether a model fills holes, from the header of its file.

    Raises:
        ModelError: there is no such model, or its generator is not known.
    """
    return capabilities(build_generator(read_header(model)["architecture"])).holes


@takes(*OPTIONS)
def evaluate_filling(
    model: str | Path,
    source: str | Path,
    output: str | Path | None = None,
    *,
    progress: Progress | None = None,
    **values: Any,
) -> FillingResult:
    """Draw holes in images, fill them in windows, and compare the pixels in them with what was there.

    Args:
        model: a .safetensors file or a run folder of a model that fills holes.
        source: folder of images, preferably ones that were not used for training.
        output: folder for the results; default ``<style>.evaluation`` in the current one. It appears when complete.
        progress: called with the finished pixels, as phase 'evaluate'.
        **values: options by name; holes are drawn from the seed as in training, as wide as there.

    Raises:
        ModelError: there is no such model, it fills no holes, or the weights of features cannot be read.
        DatasetError: the folder is missing or has no usable image.
        SettingError: ``images`` is below 1, or other files were held out.
        OutputExistsError: the folder exists.
        OutputError: the results cannot be written.
    """
    started = time.perf_counter()
    options, passes, run = changed(values, *OPTIONS)
    translator = load(model, passes.device, passes.precision)
    if not translator.fills:
        raise ModelError(f"the model '{translator.name}' fills no holes: measure it by evaluate")
    folder = Path(output) if output is not None else Path(f"{translator.name}.evaluation")
    check_folder(folder, run.overwrite)
    check_held_out(translator, options.held_out)
    side, tell = options.short_side or translator.trained_side, progress or silent
    network = EfficientNetFeatures.read(str(options.features or ""))
    pictures = _read(Path(source), side, options)
    holes, figures, rows, differences, shares = (
        Holes(learned_width(translator.facts) or InpaintSettings().hole_width),
        [],
        [],
        [],
        [],
    )
    for number, (_, picture) in enumerate(pictures):
        tell("evaluate", number, len(pictures))
        mask = holes.draw((options.seed, number), *picture.shape[:2])
        filled, difference = _filled(translator, picture, mask)
        figures.append(_figures(network, filled, picture, mask))
        rows.append([with_holes(picture, mask)[..., :3], *filled.values(), picture])
        differences.append(difference)
        shares.append(float((mask > 0).mean()))
    tell("evaluate", len(pictures), len(pictures))
    by_name = {name: [each[name] for each in figures] for name in figures[0]}
    result = FillingResult(
        output=folder,
        style=translator.name,
        short_side=side,
        hole_width=holes.width,
        share=fmean(shares),
        device=str(translator.device),
        precision=precision_name(translator.precision),
        sources=[name for name, _ in pictures],
        seed=options.seed,
        figures={
            name: HoleFigures(*map(fmean, zip(*map(astuple, each), strict=True))) for name, each in by_name.items()
        },
        images=by_name,
        whole=Difference.over(differences),
        seconds=time.perf_counter() - started,
    )
    content = io.BytesIO()
    sample_sheet(rows[:SHOWN]).save(content, "PNG")
    write_folder(folder, result.to_json(), {SHEET: content.getvalue()}, run.overwrite)
    return result


def _read(source: Path, side: int, options: EvaluateOptions) -> list[tuple[str, Picture]]:
    folders = Folders.of(source, None, None, paired="", direction="", derive="")
    dataset = Dataset.find(folders, HOLED, (1, 1), side, hold_out=options.held_out or 0)
    images, _ = taken(dataset)
    chosen = [decoded_image(images[number], folders.source, False) for number in spread(len(images), options.images)]
    found = [named for named in chosen if named is not None]
    if not found:
        raise DatasetError(f"no image in '{source}' can be decoded")
    return found


def _filled(translator: Translator, picture: Picture, mask: Mask) -> tuple[dict[str, Picture], Difference]:
    """Return an image filled in each way, and the difference of the tiled and the whole pass."""
    holed = with_holes(picture, mask)[..., :3]
    tiled, whole = (
        np.asarray(stylize_array(holed, translator, mask=mask, window=window).compute(scheduler="synchronous"))
        for window in (WINDOW * translator.tile_size, max(mask.shape))
    )
    made = {"mean": mean_filled(picture, mask), "diffusion": diffused(picture, mask), "exact": tiled}
    return made, Difference.of(tiled, whole)


def _figures(
    network: EfficientNetFeatures, filled: Mapping[str, Picture], wanted: Picture, mask: Mask
) -> dict[str, HoleFigures]:
    """Return the metrics of each candidate."""
    known, found = View.whole(network, wanted).features, {}
    for name, made in filled.items():
        features = features_in_holes(known, View.whole(network, made).features, mask)
        given = made, wanted, mask
        found[name] = HoleFigures(psnr_in_holes(*given), ssim_in_holes(*given), features, detail_in_holes(*given))
    return found
