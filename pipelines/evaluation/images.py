"""The images of an evaluation: sources, targets and, for pairs, the target of each source."""

import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from tilegan.errors import DatasetError, ImageError, SettingError, SkippedImageWarning, ordinal
from tilegan.methods.base import PAIRED, REDUCED, UNPAIRED
from tilegan.metrics.seams import LEAST_TILES
from tilegan.metrics.sets import Picture
from tilegan.names import DERIVATIONS
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.pipelines.evaluation.painting import parts_of_painting
from tilegan.training.dataset import Dataset
from tilegan.training.examples import reduced
from tilegan.training.folders import Folders
from tilegan.training.images import TrainingImage, read_reduced
from tilegan.training.options import Pairing
from tilegan.training.pairs import Domains, check_pairing
from tilegan.translator import Translator


@dataclass(frozen=True)
class Chosen:
    """The selection of images.

    Attributes:
        source: folder of images.
        target: likewise, or the file of one painting; None if one folder contains both, or the images from which
            sources are derived.
        instances: folder of the instance maps of sources; None if there are none.
        pairing: how images correspond.
        options: how many of them are compared, of which size.
    """

    source: Path
    target: Path | None
    instances: Path | None
    pairing: Pairing
    options: EvaluateOptions


TRAINED_ON = 100  # images of each folder, including chosen ones, on which probes are trained

Named = tuple[str, Picture]


@dataclass(frozen=True)
class Images:
    """The images of an evaluation that decode.

    Attributes:
        side: short side of the reduced sources, in pixels.
        sources, targets: names and pixels; for label maps with instance numbers, if there are any.
        wanted: target of each source; None without pairs.
        enlarged: factor by which targets are larger than sources, which are reductions of them.
        other_sources, other_targets: further images of both folders, held out or not, decoded lazily.
    """

    side: int
    sources: list[Named]
    targets: list[Named]
    wanted: list[Picture] | None
    enlarged: int
    other_sources: Iterator[Named]
    other_targets: Iterator[Named]

    def before(self, source: Picture) -> Picture:
        """Return a source (h, w, 3 or 5) at the size of the targets."""
        return enlarge(source[..., :3], self.enlarged)


def read_images(translator: Translator, chosen: Chosen) -> Images:
    """Read the images of an evaluation. Sources are derived as in training if the model was trained on derived ones.

    Sources of a model that enlarges are reductions of the images of one folder, if there are no other targets.

    Raises:
        DatasetError: a folder is missing, or has too few usable images, or images or instance maps do not correspond.
        SettingError: the short side is too small for the model's tiles, the count is below 1, or others were held out.
    """
    if chosen.options.images < 1:
        raise SettingError(f"no evaluation of {chosen.options.images} images: give at least 1")
    check_held_out(translator, chosen.options.held_out)
    least = _least_side(translator.frozen() if translator.needs_statistics else translator)
    side = chosen.options.short_side or max(translator.trained_side, least)
    if side < least:
        raise SettingError(f"a short side of {side} px is too small for tiles of {translator.tile_size}: give {least}")
    dataset = _dataset(translator, chosen, least, side)
    target, enlarged, correspond = dataset.folders.target, dataset.scale, dataset.kind != UNPAIRED
    sources, targets = taken(dataset)
    labels = bool(translator.architecture.get("labels"))
    numbers, shown = spread(len(sources), chosen.options.images), spread(len(targets), 2 * chosen.options.images)
    decoded = cache(decoded_image)  # an image may be source, partner and target
    read = [decoded(sources[number], chosen.source, labels) for number in numbers]
    partners = [decoded(targets[number], target, False) for number in numbers] if correspond else read
    pairs = [(one, other) for one, other in zip(read, partners, strict=True) if one and other]
    if enlarged > 1:
        halves = [(name, reduced(pixels, enlarged)) for (name, _), (_, pixels) in pairs]
        pairs = [((name, small), (name, whole)) for name, (small, whole) in halves]
    others: Iterator[Named] = iter(())
    if dataset.folders.is_painting:
        painting = next(image for image in dataset.targets if min(image.height, image.width) <= side)
        found = parts_of_painting(painting, 2 * translator.tile_size)
    else:
        paintings = [decoded(targets[number], target, False) for number in shown]
        found = [painting for painting in paintings if painting]
        others = _others(dataset.targets, [targets[number] for number in shown], target)
    for some, folder in ((pairs, chosen.source), (found, target)):
        if not some:
            raise DatasetError(f"no image in '{folder}' can be decoded")
    if len(found) < 2:
        raise DatasetError(
            f"only one usable image in '{target}': give two or more, to compare real with real ones, or the file of "
            "one painting itself"
        )
    wanted = [pixels for _, (_, pixels) in pairs] if correspond else None
    more = _others(dataset.sources, [sources[number] for number in numbers], chosen.source, labels)
    if enlarged > 1:
        more = ((name, reduced(pixels, enlarged)[0]) for name, pixels in more)
    return Images(side, [source for source, _ in pairs], found, wanted, enlarged, more, others)


def _others(
    images: list[TrainingImage], chosen: list[TrainingImage], folder: Path, labels: bool = False
) -> Iterator[Named]:
    """Yield names and pixels of further images, evenly spread, up to ``TRAINED_ON`` with the chosen ones."""
    rest = [image for image in images if image not in set(chosen)]
    for number in spread(len(rest), TRAINED_ON - len(chosen)):
        if (found := decoded_image(rest[number], folder, labels)) is not None:
            yield found


def _dataset(translator: Translator, chosen: Chosen, least: int, side: int) -> Dataset:
    """Find the usable images: for one folder as in the training of the model, unless they are paired otherwise."""
    check_pairing(chosen.pairing.paired, chosen.pairing.direction)
    target = chosen.target or chosen.source
    derived = translator.facts.get("derive")
    derived = derived if derived in DERIVATIONS and not chosen.pairing.paired else ""
    pairing = replace(chosen.pairing, derive=derived)
    folders = Folders(chosen.source, target, chosen.instances, **asdict(pairing))
    alone = target == chosen.source and not chosen.pairing.paired
    enlarged = translator.scale if alone else 1
    if chosen.pairing.paired or (alone and derived):
        kind = PAIRED
    elif enlarged > 1:
        kind = REDUCED
    elif chosen.target is None:
        raise SettingError(
            f"only the folder '{chosen.source}' is given: give one of targets too, or say how they are paired"
        )
    else:
        kind = UNPAIRED
    sides = least * enlarged, 2 * translator.tile_size
    return Dataset.find(folders, kind, sides, side * enlarged, hold_out=chosen.options.held_out or 0, scale=enlarged)


def enlarge(picture: Picture, factor: int) -> Picture:
    """Enlarge by bicubic interpolation: (h, w, 3) -> (h * factor, w * factor, 3); unchanged for a factor of 1."""
    height, width, _ = picture.shape
    resized = Image.fromarray(picture).resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    return np.asarray(resized)


def taken(dataset: Dataset) -> Domains:
    """Return the held-out images of a dataset, if requested."""
    if not dataset.hold_out:
        return dataset.sources, dataset.targets
    folders = dataset.folders
    for images, folder in zip(dataset.held_out, (folders.source, folders.target), strict=True):
        if not images and not (folder == folders.target and folders.is_painting):
            raise DatasetError(
                f"no {ordinal(dataset.hold_out)} file in '{folder}' is a usable image: leave --held-out away"
            )
    return dataset.held_out


def spread(length: int, count: int) -> list[int]:
    """Return at most ``count`` of ``length`` indices, spread evenly."""
    count = max(0, min(count, length))
    return [number * length // count for number in range(count)]


def check_held_out(translator: Translator, held_out: int | None) -> None:
    """Refuse a choice of held-out images that includes training images of the model."""
    settings = translator.facts.get("settings")
    kept = settings.get("hold_out") if isinstance(settings, dict) else None
    if held_out is not None and kept is not None and kept != held_out:
        what = f"every {ordinal(kept)} file" if kept else "no file"
        what += f" was held out of the training of '{translator.name}'"
        raise SettingError(f"{what}, not every {ordinal(held_out)}")


def _least_side(translator: Translator) -> int:
    """Return the short side that metrics of seams need, in pixels: enough tiles, and inner ones after a shift."""
    tile = translator.tile_size
    return max(LEAST_TILES * tile, 2 * tile + translator.halo)


def decoded_image(image: TrainingImage, folder: Path, labels: bool) -> Named | None:
    """Return name and pixels of an image or a label map; None with a ``SkippedImageWarning`` if it does not decode."""
    try:
        return image.path.relative_to(folder).as_posix(), read_reduced(image, labels)
    except ImageError as error:
        warnings.warn(f"skipped: {error}", SkippedImageWarning, stacklevel=2)
        return None
