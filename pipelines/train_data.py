"""The data of a training: images of both domains, and settings with matching networks."""

from dataclasses import asdict, replace
from pathlib import Path

from tilegan.errors import SettingError
from tilegan.methods.base import LABELS, NO_LABELS, Colors
from tilegan.methods.repainting_settings import RepaintingSettings
from tilegan.model_file import chosen_style, read_header
from tilegan.names import RESIDUAL, STACKED
from tilegan.networks.build import with_codes, with_norm, with_one_channel, with_painter
from tilegan.pipelines.train_settings import TrainRequest
from tilegan.training.captions import vocabulary_of
from tilegan.training.colors import tones_of
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders
from tilegan.training.images import TrainingImage
from tilegan.training.label_tables import find_table, read_names, read_table
from tilegan.training.run import RunConfig
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import style_names

LEAST_JUDGED = 32  # pixels a side that discriminators on frozen features need


def prepared(source: str | Path, target: str | Path | None, request: TrainRequest) -> tuple[TrainSettings, Dataset]:
    """Return the settings of a training with matching networks, and its dataset.

    Args:
        source: folder of images, as for ``tilegan.pipelines.train.train``.
        target: likewise.
        request: options of the training.

    Raises:
        DatasetError, SettingError, ModelError: see ``with_networks``, ``Dataset.for_training`` and ``with_labels``.
    """
    request.settings.method.check_files()
    contents, init = request.contents, request.network.init
    folders = Folders.of(source, target, contents.instances, contents.captions, **asdict(request.pairing))
    names = style_names(folders.target) if contents.styles else []
    settings = with_networks(request.settings, init, names, folders.derive)
    _check_recolor(settings, asked=request.network.recolor)
    dataset = Dataset.for_training(folders, settings)
    settings = with_words(with_labels(settings, init, dataset.sources, contents.labels), dataset)
    return settings, replace(dataset, words=tuple(settings.generator.get("words", ())))


def found_again(config: RunConfig) -> Dataset:
    """Find the images with which a run was started.

    Raises:
        ResumeError: a folder is missing, or its images have changed.
        And the errors of ``Dataset.for_training``.
    """
    config.folders.check_there()
    dataset = Dataset.for_training(config.folders, config.settings)
    dataset.check_same((config.source_files, config.target_files))
    return dataset


def with_networks(
    settings: TrainSettings, init: str | Path | None, styles: list[str], derive: str = ""
) -> TrainSettings:
    """Return the settings with networks like those of ``init``, for several styles if there are any.

    Derived sources have one channel if the generator supports it.

    Raises:
        ModelError: there is no such model.
        SettingError: the method learns one style at a time, or no codes, the model has other styles or codes, or its
            generator does not support the requested norm or codes.
    """
    if init is not None:
        architecture = read_header(init)["architecture"]
        if chosen_style(init):  # then training starts from this style only
            architecture["styles"] = []
        if settings.generator["name"] == STACKED and architecture["name"] == RESIDUAL:
            architecture = with_painter(settings.generator, architecture)
        if not architecture.get("context") and (context := settings.generator.get("context")):
            architecture["context"] = context
        if settings.generator.get("recolor") and architecture["name"] == settings.generator["name"]:
            architecture["recolor"] = True
        if codes := settings.generator.get("codes"):
            if architecture.get("codes") not in (None, {}, codes):
                raise SettingError("the model to start from has other codes: leave out --codes, or start anew")
            architecture = with_codes(architecture, codes)
        if norm := settings.generator.get("norm"):
            architecture = with_norm(architecture, norm)
        settings = replace(settings, generator=architecture)
    if derive:
        settings = replace(settings, generator=with_one_channel(settings.generator))
    if settings.generator.get("codes") and not settings.method_type.codes:
        raise SettingError(f"{settings.method_type.name} learns no codes: leave out --codes, or choose another method")
    known = list(settings.generator.get("styles", ()))
    if known and known != styles:
        raise SettingError(f"the model to start from has the styles {', '.join(known)}: give a folder with just these")
    if not styles:
        return settings
    if not settings.method_type.styles:
        raise SettingError(f"{settings.method_type.name} learns one style at a time")
    return replace(settings, generator=settings.generator | {"styles": styles})


def _check_recolor(settings: TrainSettings, *, asked: bool) -> None:
    """Check that colors can be moved, if that is asked for, or if the model to start from does it."""
    moved = settings.generator.get("recolor")
    if asked and not isinstance(settings.method, RepaintingSettings):
        raise SettingError(f"{settings.method_type.name} has no map of colors: leave recolor out")
    if asked and not moved:
        raise SettingError("the generator of the model to start from moves no colors: leave recolor out, or init")
    if moved and settings.generator.get("styles"):
        raise SettingError(
            "colors can be moved to those of one style only: leave recolor out, or start from a model without it"
        )


def with_labels(
    settings: TrainSettings, init: str | Path | None, sources: list[TrainingImage], labels: str | Path | None
) -> TrainSettings:
    """Return the settings with networks that convert colors to labels, if sources are label maps.

    Args:
        settings: from ``with_networks``.
        init: the model to start from, if any; its labels are kept.
        sources: the images in which labels are searched, if there is no file.
        labels: a file with their table, or 'auto' to search for them; None if sources need not be label maps, which
            they are if there are instance maps.

    Raises:
        SettingError: the method does not support label maps, the file is not a table, or the model has other labels.
        DatasetError: the sources are not label maps.
    """
    method = settings.method_type
    with_instances = sources[0].instances is not None
    if labels is None and method.labels != LABELS and not with_instances:
        return settings
    if method.labels == NO_LABELS:
        raise SettingError(
            f"{method.name} does not learn from label maps: leave out --labels, or choose another method"
        )
    known = settings.generator.get("labels")
    if init is not None and not known:
        raise SettingError("the model to start from knows no labels: start anew")
    table = read_table(labels) if labels not in (None, "auto") else known or find_table(sources)
    if known and table != known:
        raise SettingError("the model to start from has other labels: leave out --labels, or start anew")
    names = read_names(labels) if labels not in (None, "auto") else []
    further = ({"label_names": names} if names else {}) | ({"instances": True} if with_instances else {})
    return replace(settings, generator=settings.generator | {"labels": table} | further)


def with_words(settings: TrainSettings, dataset: Dataset) -> TrainSettings:
    """Return the settings with a generator that knows the words of the captions, if there are some.

    A model to start from keeps its words.

    Raises:
        DatasetError: no word occurs in two captions.
        SettingError: the reduced crops of the first stage are too small to be judged.
    """
    generator = settings.generator
    if not dataset.folders.captions:
        return settings
    factor = int(generator.get("factor", 1))
    side = settings.tile_size * (2 if settings.method.joined else 1) // factor
    if side < LEAST_JUDGED:
        least = settings.tile_size * LEAST_JUDGED // side
        seen = f"the first stage sees {side} px a side, and {LEAST_JUDGED} are judged"
        raise SettingError(f"tiles are too small: {seen}: give a tile size of {least} or more")
    words = generator.get("words") or list(vocabulary_of(dataset.trained[1]).words)
    return replace(settings, generator=generator | {"words": words})


def with_colors(settings: TrainSettings, dataset: Dataset) -> TrainSettings:
    """Return the settings with values that the method fits to the colors of the images.

    Raises:
        DatasetError: no image of a domain or style decodes, or no training image is left.
    """

    def colors() -> tuple[Colors, list[Colors]]:
        sources, targets = dataset.trained
        styles = sorted({image.style for image in targets})
        return tones_of(sources), [tones_of([image for image in targets if image.style == style]) for style in styles]

    return replace(settings, method=settings.method.fitted(colors))
