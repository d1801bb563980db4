"""What a training is given: the images of both domains, and networks that fit them."""

from dataclasses import replace
from pathlib import Path

from tilegan.errors import SettingError
from tilegan.methods.base import LABELS, NO_LABELS, Colors
from tilegan.model_file import chosen_style, read_header
from tilegan.networks.build import with_norm, with_one_channel
from tilegan.training.colors import tones_of
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders
from tilegan.training.images import TrainingImage
from tilegan.training.label_tables import find_table, read_names, read_table
from tilegan.training.run import RunConfig
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import style_names


def prepared(
    folders: Folders,
    settings: TrainSettings | None,
    init: str | Path | None,
    styles: bool,
    labels: str | Path | None,
) -> tuple[TrainSettings, Dataset]:
    """What a training learns from, and its settings with networks that fit that.

    Args:
        folders: of its images.
        settings: numbers of the training; None for the defaults.
        init: a model to start from, if any.
        styles: whether each folder of targets is a style of its own.
        labels: see ``with_labels``.

    Raises:
        DatasetError, SettingError, ModelError: see ``with_networks``, ``Dataset.for_training`` and ``with_labels``.
    """
    names = style_names(folders.target) if styles else []
    settings = with_networks(settings or TrainSettings(), init, names, folders.derive)
    dataset = Dataset.for_training(folders, settings)
    return with_labels(settings, init, dataset.sources, labels), dataset


def found_again(config: RunConfig) -> Dataset:
    """The images that a run was started with.

    Raises:
        ResumeError: a folder is missing, or its images are others.
        And what ``Dataset.for_training`` raises.
    """
    config.folders.check_there()
    dataset = Dataset.for_training(config.folders, config.settings)
    dataset.check_same((config.source_files, config.target_files))
    return dataset


def with_networks(
    settings: TrainSettings, init: str | Path | None, styles: list[str], derive: str = ""
) -> TrainSettings:
    """The settings with networks like those of ``init``, that know several styles where there are some.

    Sources that are derived have one channel, where the generator can be made for that.

    Raises:
        ModelError: there is no such model.
        SettingError: the method learns one style at a time, or the model has other styles, or its generator has no
            choice of norms where one is asked for.
    """
    if init is not None:
        architecture = read_header(init)["architecture"]
        if chosen_style(init):  # then it is one style that is gone on from
            architecture["styles"] = []
        if not architecture.get("context") and (context := settings.generator.get("context")):
            architecture["context"] = context
        if norm := settings.generator.get("norm"):
            architecture = with_norm(architecture, norm)
        settings = replace(settings, generator=architecture)
    if derive:
        settings = replace(settings, generator=with_one_channel(settings.generator))
    known = list(settings.generator.get("styles", ()))
    if known and known != styles:
        raise SettingError(f"the model to start from has the styles {', '.join(known)}: give a folder with just these")
    if not styles:
        return settings
    if not settings.method_type.styles:
        raise SettingError(f"{settings.method_type.name} learns one style at a time")
    return replace(settings, generator=settings.generator | {"styles": styles})


def with_labels(
    settings: TrainSettings, init: str | Path | None, sources: list[TrainingImage], labels: str | Path | None
) -> TrainSettings:
    """The settings with networks that turn the colors of label maps to labels, where sources are label maps.

    Args:
        settings: from ``with_networks``.
        init: the model to start from, if any; its labels stay.
        sources: the images in which labels are looked for, where no file tells them.
        labels: a file with their table, or 'auto' to look for them; None if sources need not be label maps, which they
            are if there are maps of their instances.

    Raises:
        SettingError: the method learns from no label maps, or the file is no table, or the model has other labels.
        DatasetError: the sources are no label maps.
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


def with_colors(settings: TrainSettings, dataset: Dataset) -> TrainSettings:
    """The settings with what the method takes from the images' colors.

    Raises:
        DatasetError: no image of a domain or style decodes, or none is left to train on.
    """

    def colors() -> tuple[Colors, list[Colors]]:
        sources, targets = dataset.trained
        styles = sorted({image.style for image in targets})
        return tones_of(sources), [tones_of([image for image in targets if image.style == style]) for style in styles]

    return replace(settings, method=settings.method.fitted(colors))
