"""What stylizing an image will take: everything that is decided, and checked, before any work."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tilegan.errors import ImageError, OutputError, SettingError
from tilegan.files import is_remote, locate
from tilegan.geometry import grid_shape
from tilegan.images.finished import check_finished, provenance_of
from tilegan.images.formats import WITH_LEVELS, check_export, check_memory, holds_opacity, kind_of
from tilegan.images.instances import JoinedSource, open_joined
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.output import check_output, is_store, name_beside, overlaps
from tilegan.images.readers.masked import filled_thumbnail
from tilegan.images.readers.vsi import is_elsewhere, url_name
from tilegan.images.source import Source, shown
from tilegan.images.stores.opaque import is_opaque
from tilegan.images.writers.written import remarks_on_store
from tilegan.inference.folder import WorkFolder
from tilegan.inference.memory import Limits, decodes, fit_plan
from tilegan.inference.overhead import overhead
from tilegan.inference.plan import Plan, cut_of, place_model, precision_for
from tilegan.inference.record import RunRecord
from tilegan.inference.statistics import SETTLED, choose_statistics, unsettled
from tilegan.inference.stroke import find_stroke
from tilegan.inference.task import Names
from tilegan.model_file import chosen_style, read_header
from tilegan.pipelines.region import window_of
from tilegan.pipelines.stylize_made import made_by
from tilegan.pipelines.stylize_settings import StylizePlan, StylizeSettings
from tilegan.translator import Translator

CONTEXT_SIDE = 256  # pixels, of the thumbnail for models that look at the whole image


@dataclass(frozen=True)
class Job:
    """A plan and all that carrying it out needs.

    Attributes:
        image: the source, open.
        source: its absolute path, URL or GDAL's name for it, which every process opens.
        origin: of the part that is stylized.
        output: where the result goes.
        kind: of the output (see ``tilegan.images.formats.kind_of``).
        settings: what was asked for, but for what unfinished work decides.
        limits: what each process keeps to.
        translator: the model; its statistics are yet to be settled, if it needs any.
        record: what the run is begun with.
        made: what the result will say of what made it.
        replaces: whether an output that is there may be replaced.
        begun: what unfinished work was begun with, where it is resumed.
        plan, summary: what will be done, for the engine and for people.
    """

    image: Source
    source: str
    origin: Origin
    output: Path
    kind: str
    settings: StylizeSettings
    folder: WorkFolder
    translator: Translator
    plan: Plan
    limits: Limits
    record: RunRecord
    made: Provenance
    replaces: bool
    begun: RunRecord | None
    summary: StylizePlan

    @property
    def names(self) -> Names:
        """What the engine's tasks carry."""
        return self.names_of(self.folder)

    def names_of(self, folder: WorkFolder) -> Names:
        """What those of a work folder carry: the own one, or one in it."""
        run = hashlib.sha256(json.dumps(self.record.compared(), sort_keys=True).encode()).hexdigest()[:16]
        return self.source, str(folder.path), run


@contextmanager
def prepared(
    source: str | Path, output: str | Path | None, model: str | Path | Translator, settings: StylizeSettings
) -> Iterator[Job]:
    """Open the source, decide on everything and check all that can be checked; nothing is written.

    Raises:
        ImageError, ModelError, SettingError, OutputError, OutputExistsError, ResumeError: see
            ``tilegan.pipelines.stylize``.
    """
    with closing(open_joined(source, settings.reading, settings.labels.instances)) as image:
        name = _absolute(source)
        if is_elsewhere(source) and output is None:
            raise OutputError(f"{name} has no place beside it for the result: name an output")
        place = locate(output) if output is not None else name_beside(Path(name), _word(model, settings.styling.style))
        yield _job(image, name, place if is_remote(place) else place.absolute(), model, settings)


def _absolute(name: str | Path) -> str:
    """A name that holds in every process."""
    return str(name) if is_elsewhere(name) else str(Path(name).absolute())


def _job(image: Source, source: str, output: Path, model: str | Path | Translator, settings: StylizeSettings) -> Job:
    workers = settings.processes()
    instances = _absolute(settings.labels.instances) if settings.labels.instances else None
    kind = kind_of(output)
    folder = WorkFolder.of(output)
    begun = folder.begun() if settings.run.resume else None
    automatic = frozenset({"precision"} if settings.passes.precision == "auto" else ())
    if begun is not None:
        settings = settings.as_begun(begun)
    precision = settings.passes.precision
    if not isinstance(model, Translator):
        precision = precision_for(image.levels, precision)
    translator = place_model(model, settings.passes.device, precision).settled(
        settings.choices(), lambda: filled_thumbnail(image, CONTEXT_SIDE)[0]
    )
    _check_objects(image, settings.labels.looks)
    if translator.architecture.get("labels") and image.dtype.itemsize > 1:  # which would be stretched to 8 bits
        raise ImageError(f"no label map: {source} has values of {image.dtype}: save it with 8 bits")
    statistics = _statistics(settings, translator, begun)
    settles = statistics in SETTLED
    planned = unsettled(translator, statistics, image.height, image.width) if settles else translator
    region = window_of(settings.run.region, image.height, image.width)
    plan, limits, memory, notes = fit_plan(
        planned,
        image,
        region,
        settings.passes.seams,
        settings.passes.window,
        settings.run.shard,
        pyramid=kind in WITH_LEVELS,
        limit=settings.run.memory,
        workers=max(1, workers),
        reading=settings.reading,
        look=settings.look(find_stroke(settings.styling.stroke, translator, image.height, image.width)),
        streams=None if begun is None else begun.limits.streams,  # bfloat16 rounds by the threads of a pass
    )
    origin = image.origin.part(region).enlarged(translator.scale)
    if origin.opacity and not holds_opacity(output, origin.opacity, settings.options):
        origin = replace(origin, opacity=None if is_opaque(image.read_mask, region, image.block[0]) else origin.opacity)
    origin = origin.stripped() if settings.options.strip else origin
    if begun is not None:
        plan = replace(plan, batch=begun.plan.batch)
    height, width = region.height * translator.scale, region.width * translator.scale
    # An overview that is made meanwhile changes the stretch, and not the file.
    measured = {"stretch low": origin.low, "stretch high": origin.high, "opacity": origin.opacity}
    # else a store that was begun without would keep what shall be stripped
    stripped = {"stripped": True} if settings.options.strip else {}
    record = RunRecord(
        plan,
        limits,
        # "instances name" so that it is not resumed without them either
        source={"instances name": None} | image.identity() | measured | stripped,
        model=({"statistics": statistics} if statistics else {}) | {"fingerprint": translator.fingerprint()},
        instances=instances,
    )
    if begun is not None:
        record.check(begun)
    made = made_by(record, source)
    replaces, finished = settings.run.overwrite, settings.run.resume and not settings.run.overwrite
    finished = finished and (folder.has_placed(output) if begun is not None else _is_there(output, kind, source))
    asked = made.encoded(**settings.options.deciding(kind))
    unplaced = folder.unplaced(output) if begun is not None and settings.run.resume else None
    if finished:
        finished = check_finished(output, kind, height, width, asked, free=automatic)
        replaces = not finished
    elif unplaced is not None:
        finished = provenance_of(unplaced, kind) == asked
    if not finished:
        for name in filter(None, (source, instances)):
            check_output(output, replaces, locate(url_name(name)))
        channels = 4 if origin.opacity else 3
        check_export(output, height, width, image.levels, channels, origin.opacity, settings.options)
        check_memory(output, height, width, memory.limit - memory.process)
    told = origin.metadata.remarks + remarks_on_store(origin, kind, settings.options)
    rows, columns = grid_shape(region.height, region.width, plan.shard)
    summary = StylizePlan(
        source=source,
        output=str(output),
        height=height,
        width=width,
        region=(region.left, region.top, region.width, region.height),
        seams=plan.seams,
        statistics=statistics,
        strength=plan.look.strength,
        keep_colors=plan.look.keep_colors,
        stroke=plan.look.stroke,
        window=plan.window,
        shard=plan.shard,
        batch=plan.batch,
        device=plan.device,
        precision=plan.precision,
        halo=cut_of(plan, planned).halo,
        overhead=overhead(plan, planned, image.height, image.width, planned.halo if image.origin.opacity else 0),
        block=image.block,
        sequential=image.sequential,
        decoded=decodes(plan, planned, image, limits.reader),
        shards=rows * columns,
        workers=workers,
        threads=limits.threads,
        streams=limits.streams,
        memory=memory,
        finished=finished,
        notes=(*image.remarks, *notes, *_told_of_levels(origin, image, settings.reading.depth), *told),
    )
    return Job(
        image=image,
        source=source,
        origin=origin,
        output=output,
        kind=kind,
        settings=settings,
        folder=folder,
        translator=translator,
        plan=plan,
        limits=limits,
        record=record,
        made=made,
        replaces=replaces,
        begun=begun,
        summary=summary,
    )


def _told_of_levels(origin: Origin, image: Source, depth: str) -> tuple[str, ...]:
    """What levels stand for, where values are not levels already, and that a depth cannot be kept; a line each."""
    lost: tuple[str, ...] = ()
    if depth == "keep" and image.levels == np.uint8 and image.dtype not in (np.uint8, np.bool_):
        lost = (f"the depth of {image.dtype} is not kept: the result is uint8, levels and not values",)
    highest = int(np.iinfo(image.levels).max)
    if (origin.low, origin.high) == (0, highest) or (origin.rule == "dtype" and image.dtype in (np.uint8, np.bool_)):
        return lost
    return (
        *lost,
        f"values {origin.low:.6g} to {origin.high:.6g} are levels 0 to {highest} ({origin.rule})",
    )


def _check_objects(image: Source, looks: Mapping[int | str, int]) -> None:
    """Refuse looks of objects that no map numbers; they are chosen by '#' and their numbers."""
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


def _is_there(output: Path, kind: str, source: str) -> bool:
    """Whether an output is there, finished, and not the source itself."""
    if kind == "zarr":
        return is_store(output) and not overlaps(output, locate(url_name(source)))
    return output.is_file() and output.stat().st_size > 0 and not overlaps(output, locate(url_name(source)))


def _word(model: str | Path | Translator, shares: Mapping[str, float]) -> str:
    """What the default output is named after: the styles that are chosen of several, or the model."""
    if shares:
        return "-".join(shares)
    if isinstance(model, Translator):
        return model.chosen_style or model.name
    return chosen_style(model) or str(read_header(model)["name"])
