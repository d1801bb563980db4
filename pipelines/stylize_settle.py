"""Fix all choices of a stylization before it is planned: the request, and the model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from tilegan.errors import SettingError, shown
from tilegan.geometry import Window
from tilegan.images.formats.register import kind_of
from tilegan.images.instances import JoinedSource
from tilegan.images.labels import check_depth
from tilegan.images.readers.masked import filled_thumbnail
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.images.source import Source
from tilegan.inference.controls.feather import feather_of
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.variants import Variant, for_each, variants
from tilegan.inference.folder import WorkFolder
from tilegan.inference.options import StyleOptions
from tilegan.inference.plan import place_model, precision_for
from tilegan.inference.record import RunRecord
from tilegan.inference.statistics import SETTLED, choose_statistics, unsettled
from tilegan.pipelines.region import window_of
from tilegan.pipelines.stylize_holes import find_holes
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.translator import Translator

CONTEXT_SIDE = 256  # side in pixels of the thumbnail for models with context


@dataclass(frozen=True)
class Request:
    """A request to stylize an image, with the unfinished work that it continues.

    Attributes:
        image: the source, open.
        maps: the maps of the options, open and examined.
        source: its absolute path, URL or GDAL name, which every process opens.
        output: absolute path or URL of the result.
        kind: kind of the output (see ``kind_of``).
        asked: the settings as they were given.
        workers: number of computing processes; 0 for those of a scheduler.
        folder: the work folder of the output.
        begun: record of the unfinished work that is resumed; None if there is none.
    """

    image: Source
    maps: Maps
    source: str
    output: Path
    kind: str
    asked: StylizeSettings
    workers: int
    folder: WorkFolder
    begun: RunRecord | None

    @classmethod
    def of(cls, image: Source, maps: Maps, source: str, output: Path, settings: StylizeSettings) -> Self:
        """Find the unfinished work of an output.

        Raises:
            SettingError: workers and a scheduler exclude each other.
            OutputError: the ending of the output is unknown.
            ResumeError: the unfinished work is of another version.
        """
        workers, kind, folder = settings.processes(), kind_of(output), WorkFolder.of(output)
        begun = folder.begun() if settings.run.resume else None
        return cls(image, maps, source, output, kind, settings, workers, folder, begun)

    @cached_property
    def settings(self) -> StylizeSettings:
        """The settings; where they leave a choice, those of the unfinished work."""
        return self.asked if self.begun is None else self.asked.as_begun(self.begun)

    @cached_property
    def region(self) -> Window:
        """The part of the image that is stylized. Raises ``SettingError`` if it is not inside."""
        return window_of(self.settings.run.region, self.image.height, self.image.width)

    @property
    def instances(self) -> str | None:
        """Absolute path, URL or GDAL name of the instance map; None if there is none."""
        return absolute(self.settings.labels.instances) if self.settings.labels.instances else None

    @property
    def feather(self) -> int:
        """Width of the transitions of maps, in pixels; 0 without maps. Raises ``SettingError`` if it is impossible."""
        asked, image = self.settings.styling.feather, self.image
        return feather_of(asked, image.height, image.width) if self.maps.fitted else 0


@dataclass(frozen=True)
class Model:
    """The translators of all paintings, with all options fixed, except statistics of norms.

    Attributes:
        paintings: the paintings that maps choose; one without such maps.
        translators: the translator of each.
        statistics: source of the statistics of instance norms (see ``tilegan.inference.statistics``); '' without any.
        measured: the first with placeholder statistics if these are frozen later: halo and memory are the same.
        copy: factor of the first copy of filling from coarse to fine; 1 if there is none.
        notes: what the user should know before, one line each.
    """

    paintings: tuple[Variant, ...]
    translators: tuple[Translator, ...]
    statistics: str
    measured: Translator
    copy: int = 1
    notes: tuple[str, ...] = ()

    @property
    def translator(self) -> Translator:
        """Return the first translator, which has scale, halo and channels of all."""
        return self.translators[0]


def absolute(name: str | Path) -> str:
    """Return the name of an image that holds in every process."""
    return str(name) if is_elsewhere(name) else str(Path(name).absolute())


def settle(request: Request, model: str | Path | Translator) -> Model:
    """Load the model and fix its options for an image.

    Raises:
        ModelError: there is no such model.
        SettingError: an option or its value does not exist.
        ImageError: the image cannot be read, or is not a label map.
    """
    settings, image = request.settings, request.image
    precision = settings.passes.precision
    if not isinstance(model, Translator):
        precision = precision_for(image.levels, precision)
    placed = place_model(model, settings.passes.device, precision, settings.passes.backend)
    styling = settings.styling
    if placed.fills:  # the copies of unfinished work follow from the mask, as they did
        styling = replace(styling, stroke=request.asked.styling.stroke)
    paintings = variants(styling, request.maps, placed, image.height, image.width)

    def settled(styling: StyleOptions) -> Translator:
        return placed.settled(settings.choices(styling), lambda: filled_thumbnail(image, CONTEXT_SIDE)[0])

    translators = tuple(for_each(paintings, settled))
    translator = translators[0]
    _check_objects(image, settings.labels.looks)
    if translator.architecture.get("labels"):
        check_depth(image.dtype, f"{request.source} has values")
    statistics = _statistics(settings, translator, request.begun)
    settles = statistics in SETTLED
    measured = unsettled(translator, statistics, image.height, image.width) if settles else translator
    holes = find_holes(request.maps, image, translator)
    return Model(tuple(paintings), translators, statistics, measured, holes.copy, holes.notes)


def _check_objects(image: Source, looks: Mapping[int | str, int]) -> None:
    """Refuse looks of objects ('#' and their numbers) without an instance map, or of numbers that no pixel has."""
    chosen = {int(key[1:]): key for key in map(str, looks) if key.startswith("#")}
    if not chosen:
        return
    if not isinstance(image, JoinedSource):
        keys = ", ".join(chosen.values())
        raise SettingError(f"looks of instances, {keys}, need the map that numbers them: give --instances")
    if missing := image.instances.missing(set(chosen)):
        keys = ", ".join(chosen[number] for number in sorted(missing))
        raise SettingError(f"no pixel of {shown(image.instances.file.path)} has the number of {keys}: see its values")


def _statistics(settings: StylizeSettings, translator: Translator, begun: RunRecord | None) -> str:
    asked = settings.styling.statistics
    if asked is None and begun is not None and translator.needs_statistics:
        asked = begun.model.get("statistics")
    return choose_statistics(translator, settings.passes.seams, asked)
