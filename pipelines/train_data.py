"""What a training is given: the images of both domains, and networks that fit them."""

from dataclasses import replace
from pathlib import Path

from tilegan.errors import ResumeError, SettingError
from tilegan.methods.base import LABELS, NO_LABELS, PAIRED, REDUCED, Colors
from tilegan.model_file import chosen_style, read_header
from tilegan.networks.build import with_norm, with_one_channel
from tilegan.training.colors import tones_of
from tilegan.training.images import TrainingImage, find_images, hold_out
from tilegan.training.instances import find_instance_maps
from tilegan.training.label_tables import find_table, read_names, read_table
from tilegan.training.pairs import Domains, check_pairing, derive_pairs, find_halves, find_pairs
from tilegan.training.run import RunConfig, digest
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import find_styles

_ANEW = "--resume RUN SOURCE TARGET"  # how the command is told of new places


def find_domains(
    source: Path,
    target: Path,
    settings: TrainSettings,
    paired: str,
    direction: str,
    derive: str = "",
    instances: str | Path | None = None,
) -> Domains:
    """The images of both domains, as the method wants them; where sources are reductions of targets, the same twice.

    Raises:
        SettingError: the method wants other images than these, or images are reduced to less than a crop.
        ModelError: there is no such generator.
        DatasetError: a folder is missing or has no usable image, or images or maps of instances do not correspond.
    """
    images = _find(source, target, settings, paired, direction, derive)
    if not instances:
        return images
    if not settings.method_type.instances:
        name = settings.method_type.name
        raise SettingError(f"{name} takes no maps of instances: leave out --instances, or choose another method")
    return find_instance_maps(images[0], source, Path(instances)), images[1]


def _find(source: Path, target: Path, settings: TrainSettings, paired: str, direction: str, derive: str) -> Domains:
    check_pairing(paired, direction, derive)
    method, side, short_side = settings.method_type, settings.target_side, settings.short_side
    if method.examples == PAIRED and not (paired or derive):
        raise SettingError(
            f"{method.name} learns from pairs: say how they are paired, by-name or side-by-side, or what to derive"
        )
    if (paired or derive) and method.examples != PAIRED:
        raise SettingError(f"{method.name} does not learn from pairs: choose a method that does, or leave it away")
    if method.examples == REDUCED:
        if source != target:
            raise SettingError(f"{method.name} learns from one folder, whose images it reduces itself: give just that")
        images = find_images(source, side, short_side)
        return images, images
    if derive:
        if source != target:
            raise SettingError("sources are derived of targets, which are in one folder: give just that")
        return derive_pairs(source, side, short_side, derive)
    if paired == "side-by-side":
        if source != target:
            raise SettingError("images side by side are in one folder: give just that")
        return find_halves(source, side, short_side, direction)
    if source == target:
        raise SettingError(f"sources and targets are both '{source}': give two folders")
    if paired:
        return find_pairs(source, target, side, short_side)
    find_targets = find_styles if settings.generator.get("styles") else find_images
    return find_images(source, side, short_side), find_targets(target, side, short_side)


def moved(
    config: RunConfig, source: str | Path | None, target: str | Path | None, instances: str | Path | None
) -> RunConfig:
    """A run's settings with the new places of its folders, where they are given.

    Of a run that learns from one folder, that is the source.

    Raises:
        SettingError: the run has no such folder.
    """
    if target is None and config.source == config.target:
        target = source
    if instances is not None and not config.instances:
        raise SettingError("the run was started without maps of instances: leave out --instances")

    def now(place: str | Path | None, before: str) -> str:
        return before if place is None else str(Path(place).resolve())

    return replace(
        config,
        source=now(source, config.source),
        target=now(target, config.target),
        instances=now(instances, config.instances),
    )


def find_again(config: RunConfig) -> Domains:
    """The images that a run was started with.

    Raises:
        ResumeError: a folder is missing, or its images are others.
        And what ``find_domains`` raises.
    """
    source, target = Path(config.source), Path(config.target)
    for folder in filter(None, (config.source, config.target, config.instances)):
        if not Path(folder).is_dir():
            raise ResumeError(f"no folder '{folder}', which the run learns from: give its new place: {_ANEW}")
    how = config.paired, config.direction, config.derive, config.instances
    images = find_domains(source, target, config.settings, *how)
    for path, found, expected in zip((source, target), images, (config.source_files, config.target_files), strict=True):
        if digest(found, path) != expected:
            raise ResumeError(
                f"the images in '{path}' are not those the run was started with: put them back, or give their place: "
                f"{_ANEW}"
            )
    return images


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
    """The settings with networks that turn the colours of label maps to labels, where sources are label maps.

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


def with_colors(settings: TrainSettings, images: Domains) -> TrainSettings:
    """The settings with what the method takes from the images' colours.

    Raises:
        DatasetError: no image of a domain or style decodes, or none is left to train on.
    """

    def colors() -> tuple[Colors, list[Colors]]:
        sources, targets = (hold_out(found, settings.hold_out)[0] for found in images)
        styles = sorted({image.style for image in targets})
        return tones_of(sources), [tones_of([image for image in targets if image.style == style]) for style in styles]

    return replace(settings, method=settings.method.fitted(colors))
