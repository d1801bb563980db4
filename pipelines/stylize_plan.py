"""Plan the stylization of an image: all decisions and checks before any work."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilegan.errors import OutputError
from tilegan.files import is_remote, locate
from tilegan.images.formats.checks import holds_opacity
from tilegan.images.formats.register import writer_of
from tilegan.images.instances import open_joined
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import name_beside
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.images.stores.opaque import is_opaque
from tilegan.inference.controls.maps import Maps, files_of
from tilegan.inference.controls.variants import rendering_of
from tilegan.inference.folder import WorkFolder
from tilegan.inference.memory import Limits, Memory, fit_plan
from tilegan.inference.plan import Plan
from tilegan.inference.record import RunRecord
from tilegan.inference.task import Names
from tilegan.model_file import chosen_style, read_header
from tilegan.pipelines.stylize_check import check_writable, state_of
from tilegan.pipelines.stylize_made import made_by
from tilegan.pipelines.stylize_report import StylizePlan, report
from tilegan.pipelines.stylize_settings import StylizeSettings
from tilegan.pipelines.stylize_settle import Model, Request, absolute, settle
from tilegan.translator import Translator


@dataclass(frozen=True)
class Job:
    """A plan and everything that its execution needs.

    Attributes:
        request: the request, with the image open.
        translators: the model of each painting, without its statistics if it needs any.
        record: the plan, and the other initial settings of the run.
        origin: source metadata of the stylized region.
        made: provenance of the result.
        replaces: whether an existing output may be replaced.
        summary: the plan for people.
    """

    request: Request
    translators: tuple[Translator, ...]
    record: RunRecord
    origin: Origin
    made: Provenance
    replaces: bool
    summary: StylizePlan

    @property
    def translator(self) -> Translator:
        """The model of the first painting, which has scale, channels and halo of all."""
        return self.translators[0]

    @property
    def plan(self) -> Plan:
        """The plan of the image."""
        return self.record.plan

    @property
    def names(self) -> Names:
        """The names that the engine's tasks carry."""
        return self.names_of(self.request.folder)

    def names_of(self, folder: WorkFolder) -> Names:
        """Return those of a work folder: that of the request, or one in it."""
        run = hashlib.sha256(json.dumps(self.record.compared(), sort_keys=True).encode()).hexdigest()[:16]
        return self.request.source, str(folder.path), run


@contextmanager
def prepared(
    source: str | Path,
    output: str | Path | None,
    model: str | Path | Translator,
    values: Mapping[str, Any],
    process: int | None = None,
) -> Iterator[Job]:
    """Open the source, make all decisions and checks; nothing is written.

    Args:
        source: see ``tilegan.pipelines.stylize``.
        output: likewise.
        model: likewise.
        values: options by name, those of ``ASKED``.
        process: bytes that this process takes without the work of other images; None for what it takes now.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: see
            ``tilegan.pipelines.stylize``.
    """
    settings = StylizeSettings.of(**values)
    with closing(open_joined(source, settings.reading, settings.labels.instances)) as image:
        name = absolute(source)
        if is_elsewhere(source) and output is None:
            raise OutputError(f"{name} has no folder beside it for the result: name an output")
        word = word_of(model, settings.styling.style) if output is None else ""
        place = locate(output) if output is not None else name_beside(Path(name), word)
        files = files_of(settings.styling, source)
        with closing(Maps.open(files, image)) as maps:
            output = place if is_remote(place) else place.absolute()
            request = Request.of(image, maps.examined(), name, output, settings)
            yield _job(request, settle(request, model), process)


def _job(request: Request, model: Model, process: int | None) -> Job:
    """Plan, check and report, in this order."""
    plan, limits, memory, notes = _fitted(request, model, process)
    origin, maps = _origin(request, model.translator.scale), request.maps
    identities = maps.identities(), dict(maps.files)
    record = RunRecord(plan, limits, _source(request, origin), _model(model), request.instances, *identities)
    if request.begun is not None:
        record.check(request.begun)
    height, width = (side * model.translator.scale for side in (request.region.height, request.region.width))
    made = made_by(record, request.source).encoded(**request.settings.options.of_store)
    state = state_of(request, made, height, width)
    if not state.finished:
        check_writable(request, origin, height, width, memory, replaces=state.replaces)
    summary = report(request, model, record, origin, memory, notes, finished=state.finished)
    return Job(request, model.translators, record, origin, made, state.replaces, summary)


def _fitted(request: Request, model: Model, process: int | None) -> tuple[Plan, Limits, Memory, tuple[str, ...]]:
    """Return the best plan within the memory limit, as ``fit_plan``; a resumed run keeps its batch."""
    settings, image, begun = request.settings, request.image, request.begun
    look, layers = rendering_of(model.paintings, model.translator, image.height, image.width)
    if model.translator.fills:
        look = replace(look, stroke=model.copy)
    plan, limits, memory, notes = fit_plan(
        model.measured,
        image,
        request.region,
        settings.passes.seams,
        settings.passes.window,
        settings.run.shard,
        pyramid=writer_of(request.kind).holds_levels,
        limit=settings.run.memory,
        workers=max(1, request.workers),
        reading=settings.reading,
        look=look,
        layers=layers,
        feather=request.feather,
        maps=request.maps.sources(),
        streams=None if begun is None else begun.limits.streams,  # bfloat16 rounds by the threads of a pass
        process=process,
    )
    return plan if begun is None else replace(plan, batch=begun.plan.batch), limits, memory, notes


def _origin(request: Request, scale: int) -> Origin:
    """Return the origin of the result: without opacity that the format does not hold and the region does not need."""
    image, region, options = request.image, request.region, request.settings.options
    origin = image.origin.part(region).enlarged(scale)
    if origin.opacity and not holds_opacity(request.output, origin.opacity, options):
        origin = replace(origin, opacity=None if is_opaque(image.read_mask, region, image.block[0]) else origin.opacity)
    return origin.stripped() if options.strip else origin


def _source(request: Request, origin: Origin) -> dict[str, Any]:
    """Return what a record compares of the source."""
    # A new overview changes the stretch, but not the file.
    measured = {"stretch low": origin.low, "stretch high": origin.high, "opacity": origin.opacity}
    # otherwise a store started without it would keep metadata that are to be stripped
    stripped = {"stripped": True} if request.settings.options.strip else {}
    # "instances name", so that a run is not resumed without them either
    return {"instances name": None} | request.image.identity() | measured | stripped


def _model(model: Model) -> dict[str, Any]:
    """Return what a record compares of the model."""
    statistics = {"statistics": model.statistics} if model.statistics else {}
    prints = list(dict.fromkeys(translator.fingerprint() for translator in model.translators))
    return statistics | {"fingerprint": prints[0] if len(prints) == 1 else prints}


def word_of(model: str | Path | Translator, shares: Mapping[str, float] | str | Path) -> str:
    """Return the word in the name of the default output: the selected styles, or the model.

    Args:
        model: name or file of a model, or a translator.
        shares: selected shares by style; or a map of styles.

    Raises:
        ModelError: there is no such model.
    """
    if isinstance(shares, Mapping) and shares:
        return "-".join(shares)
    if isinstance(model, Translator):
        return model.chosen_style or model.name
    return chosen_style(model) or str(read_header(model)["name"])
