"""What a training is given: the images of both domains, and networks that fit them."""

from dataclasses import replace
from pathlib import Path

from tilegan.errors import SettingError
from tilegan.methods.base import PAIRED, REDUCED
from tilegan.networks.build import with_norm
from tilegan.training.images import find_images
from tilegan.training.pairs import Domains, check_pairing, find_halves, find_pairs
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import find_styles
from tilegan.translator import read_header


def find_domains(source: Path, target: Path, settings: TrainSettings, paired: str, direction: str) -> Domains:
    """The images of both domains, as the method wants them; where sources are reductions of targets, the same twice.

    Raises:
        SettingError: the method wants other images than these, or images are reduced to less than a crop.
        ModelError: there is no such generator.
        DatasetError: a folder is missing or has no usable image, or images do not correspond.
    """
    check_pairing(paired, direction)
    method, side, short_side = settings.method_type, settings.target_side, settings.short_side
    if method.examples == PAIRED and not paired:
        raise SettingError(f"{method.name} learns from pairs: say how they are paired: by-name or side-by-side")
    if paired and method.examples != PAIRED:
        raise SettingError(f"{method.name} does not learn from pairs: choose a method that does, or leave it away")
    if method.examples == REDUCED:
        if source != target:
            raise SettingError(f"{method.name} learns from one folder, whose images it reduces itself: give just that")
        images = find_images(source, side, short_side)
        return images, images
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


def with_networks(settings: TrainSettings, init: str | Path | None, styles: list[str]) -> TrainSettings:
    """The settings with networks like those of ``init``, that know several styles where there are some.

    Raises:
        ModelError: there is no such model.
        SettingError: the method learns one style at a time, or the model has other styles, or its generator has no
            choice of norms where one is asked for.
    """
    if init is not None:
        architecture = read_header(init)["architecture"]
        if not architecture.get("context") and (context := settings.generator.get("context")):
            architecture["context"] = context
        if norm := settings.generator.get("norm"):
            architecture = with_norm(architecture, norm)
        settings = replace(settings, generator=architecture)
    known = list(settings.generator.get("styles", ()))
    if known and known != styles:
        raise SettingError(f"the model to start from has the styles {', '.join(known)}: give a folder with just these")
    if not styles:
        return settings
    if not settings.method_type.styles:
        raise SettingError(f"{settings.method_type.name} learns one style at a time")
    inputs = settings.discriminator.get("inputs", 3) + len(styles)
    return replace(
        settings,
        generator=settings.generator | {"styles": styles},
        discriminator=settings.discriminator | {"inputs": inputs},
    )
