"""The paintings that the numbers of maps choose."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tilegan.errors import SettingError, shown
from tilegan.inference.controls.control import ChoiceControl
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.register import choice_controls
from tilegan.inference.options import StyleOptions
from tilegan.inference.rendering import Layer, Rendering
from tilegan.inference.stroke import find_stroke
from tilegan.options import default_of
from tilegan.translator import Translator

Made = TypeVar("Made")

MOST = 16  # paintings: a map with more numbers than it seems to have was smoothed when it was drawn or saved


class Variant(NamedTuple):
    """The options of one painting.

    Attributes:
        options: options without maps.
        numbers: numbers by control: the painting is there where each of these maps has one of its numbers.
    """

    options: StyleOptions
    numbers: Mapping[str, tuple[int, ...]]


def variants(options: StyleOptions, maps: Maps, translator: Translator, height: int, width: int) -> list[Variant]:
    """Return the paintings of an image: all combinations of what the maps that choose may be; one without such maps.

    Args:
        options: options of which some are maps.
        maps: these maps, examined.
        translator: the model, before its options are fixed.
        height: height of the image, in pixels.
        width: likewise.

    Raises:
        SettingError: a number stands for nothing, or there are too many paintings.
    """
    defaults = {entry.name: default_of(entry) for entry in fields(options) if entry.name in maps.fitted}
    plain = replace(options, **defaults)
    choosing = [control for control in choice_controls() if control.name in maps.numbers]
    choices = [_grouped(control, maps, translator, height, width) for control in choosing]
    found = []
    for combination in product(*choices):
        values = {control.name: value for control, (value, _) in zip(choosing, combination, strict=True)}
        numbers = {control.name: group for control, (_, group) in zip(choosing, combination, strict=True)}
        found.append(Variant(replace(plain, **values), numbers))
    if len(found) > MOST:
        counts = " and ".join(f"{len(maps.numbers[control.name])} numbers for {control.name}" for control in choosing)
        raise SettingError(f"maps of {counts} give {len(found)} paintings, at most {MOST}: draw them without smoothing")
    return found


def for_each(found: Sequence[Variant], settle: Callable[[StyleOptions], Made]) -> list[Made]:
    """Return what a function makes of the options of each painting; once for those that differ only in strokes."""
    made: list[tuple[StyleOptions, Made]] = []
    for variant in found:
        options = replace(variant.options, stroke=1)
        known = [one for other, one in made if other == options]
        made.append((options, known[0] if known else settle(variant.options)))
    return [one for _, one in made]


def rendering_of(
    found: Sequence[Variant], translator: Translator, height: int, width: int
) -> tuple[Rendering, tuple[Layer, ...]]:
    """Return how the style is applied, and the paintings; none if there is only one.

    Args:
        found: the paintings.
        translator: the model of one of them.
        height: height of the whole image, in pixels.
        width: likewise.

    Raises:
        SettingError: a value is invalid.
    """
    options = found[0].options
    assert not isinstance(options.strength, str | Path), "a painting has no map"
    strokes = []
    for variant in found:
        assert not isinstance(variant.options.stroke, Path), "a painting has no map"
        strokes.append(find_stroke(variant.options.stroke, translator, height, width))
    layers = tuple(Layer(variant.numbers, stroke) for variant, stroke in zip(found, strokes, strict=True))
    return Rendering(options.strength, options.keep_colors, max(strokes)), layers if len(found) > 1 else ()


def words_of(found: Sequence[Variant], maps: Maps) -> tuple[str, ...]:
    """Return lines about maps: where numbers choose, which ones there are and what they stand for; and their places."""
    lines = []
    for control in choice_controls():
        chosen = {variant.numbers.get(control.name): getattr(variant.options, control.name) for variant in found}
        partial = control.name in maps.fitted and not maps.fitted[control.name].covers_all
        named = []
        for numbers, value in chosen.items():
            words = ["outside" if partial and number == control.outside else str(number) for number in numbers or ()]
            named += [f"{', '.join(words)} {control.words(value)}"] if words else []
        lines += [f"map of {control.name}: {'; '.join(named)}"] if named else []
    for name, raster in maps.fitted.items():
        if raster.axes is not None:
            part = "" if raster.covers_all else ", on a part of it"
            lines.append(f"map of {name}: placed on the image by its georeference{part}")
    return tuple(lines)


def _grouped(
    control: ChoiceControl, maps: Maps, translator: Translator, height: int, width: int
) -> list[tuple[Any, tuple[int, ...]]]:
    """Return the values that the numbers of a map stand for, with all numbers of each."""
    groups: list[tuple[Any, tuple[int, ...]]] = []
    for number in maps.numbers[control.name]:
        try:
            value = control.chosen(number, translator, height, width)
        except SettingError as error:
            name = shown(maps.files.get(control.name, control.what))
            raise SettingError(f"{name} has the number {number}: {error}") from None
        known = next((place for place, (other, _) in enumerate(groups) if other == value), None)
        if known is None:
            groups.append((value, (number,)))
        else:
            groups[known] = (value, (*groups[known][1], number))
    return groups
