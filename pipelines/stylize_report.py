"""Report what a planned stylization will do."""

from dataclasses import dataclass

import numpy as np

from tilegan.geometry import grid_shape
from tilegan.images.metadata.origin import Origin
from tilegan.images.source import Source
from tilegan.images.written import remarks_on_store
from tilegan.inference.controls.variants import words_of
from tilegan.inference.memory import Memory
from tilegan.inference.overhead import overhead
from tilegan.inference.parts import decodes
from tilegan.inference.plan import Plan, cut_of
from tilegan.inference.record import RunRecord
from tilegan.inference.seams import Seams
from tilegan.names import BLEND
from tilegan.pipelines.stylize_settle import Model, Request
from tilegan.translator import Translator


@dataclass(frozen=True)
class StylizePlan:
    """The plan of a stylization.

    Attributes:
        source, output: paths.
        height, width: size of the output, in pixels.
        region: x, y, width and height of the stylized region of the source, in pixels.
        seams, window, shard, batch, device, precision, backend: see ``tilegan.inference.plan.Plan``.
        statistics: source of the statistics of instance norms (see ``tilegan.inference.statistics``); '' without any.
        strength, keep_colors, stroke: see ``tilegan.inference.rendering.Rendering``; by maps, their largest values.
        maps: paths, URLs or GDAL names of maps, by option.
        feather: width of the transitions of maps, in pixels of the source; 0 without maps.
        halo: context of each forward pass, per side, in input pixels.
        overlap: pixels by which windows overlap and are blended; 0 if they do not.
        overhead: pixels of all forward passes, including copies for large strokes, divided by input pixels (see
            ``tilegan.inference.overhead``); 1 without halos. With maps it is the maximum.
        block: height and width of the smallest part that the source decodes, in pixels.
        sequential: whether it decodes only from the top.
        decoded: maximum average number of times that its pixels are decoded.
        shards: tasks of full resolution.
        workers: number of computing processes; 0 for those of an existing cluster.
        threads: shards in flight in each.
        streams: forward passes at once in each.
        memory: bytes of all processes together, by part (see ``tilegan.inference.memory.Memory``).
        finished: whether a finished output exists already.
        notes: deviations from the request, one line each.
    """

    source: str
    output: str
    height: int
    width: int
    region: tuple[int, int, int, int]
    seams: str
    statistics: str
    strength: float
    keep_colors: bool
    stroke: int
    maps: dict[str, str]
    feather: int
    window: int
    shard: int
    batch: int
    device: str
    precision: str
    backend: str
    halo: int
    overlap: int
    overhead: float
    block: tuple[int, int]
    sequential: bool
    decoded: float
    shards: int
    workers: int
    threads: int
    streams: int
    memory: Memory
    finished: bool
    notes: tuple[str, ...]


def report(
    request: Request,
    model: Model,
    record: RunRecord,
    origin: Origin,
    memory: Memory,
    notes: tuple[str, ...],
    *,
    finished: bool,
) -> StylizePlan:
    """Return the report of a plan.

    Args:
        request: the request.
        model: its model.
        record: the plan, with the limits of each process.
        origin: origin of the result.
        memory: memory of the run.
        notes: deviations from the request, one line each.
        finished: whether a finished output exists already.
    """
    image, region, plan, limits = request.image, request.region, record.plan, record.limits
    rows, columns = grid_shape(region.height, region.width, plan.shard)
    cut = cut_of(plan, model.measured)
    fill = model.measured.halo if image.origin.opacity else 0
    return StylizePlan(
        source=request.source,
        output=str(request.output),
        height=region.height * model.translator.scale,
        width=region.width * model.translator.scale,
        region=(region.left, region.top, region.width, region.height),
        seams=plan.seams,
        statistics=model.statistics,
        strength=plan.look.strength,
        keep_colors=plan.look.keep_colors,
        stroke=plan.look.stroke,
        maps=dict(request.maps.files),
        feather=plan.feather,
        window=plan.window,
        shard=plan.shard,
        batch=plan.batch,
        device=plan.device,
        precision=plan.precision,
        backend=plan.backend,
        halo=cut.halo,
        overlap=cut.overlap,
        overhead=overhead(plan, model.measured, image.height, image.width, fill),
        block=image.block,
        sequential=image.sequential,
        decoded=decodes(plan, model.measured, image, limits.reader),
        shards=rows * columns,
        workers=request.workers,
        threads=limits.threads,
        streams=limits.streams,
        memory=memory,
        finished=finished,
        notes=(
            *image.remarks,
            *words_of(model.paintings, request.maps),
            *model.notes,
            *notes,
            *_notes_on_seams(model.measured, plan),
            *_notes_on_result(request, origin),
        ),
    )


def _notes_on_seams(translator: Translator, plan: Plan) -> tuple[str, ...]:
    """Return a note on a model that can only be blended, and what its seams were on a sample."""
    if plan.seams != BLEND:
        return ()
    why = translator.obstacle or "seams 'exact' would show none"
    measured = Seams.of(translator.facts.get("seams"))
    return (f"windows are only blended: {why}" + (f"; {measured.words}" if measured else ""),)


def _notes_on_result(request: Request, origin: Origin) -> tuple[str, ...]:
    """Return a line for each difference between the result and its source."""
    levels = _notes_on_levels(origin, request.image, request.settings.reading.depth)
    return levels + origin.metadata.remarks + remarks_on_store(origin, request.kind, request.settings.options)


def _notes_on_levels(origin: Origin, image: Source, depth: str) -> tuple[str, ...]:
    """Return notes on the values of levels if these were stretched, and on a depth that is not kept; one line each."""
    lost: tuple[str, ...] = ()
    if depth == "keep" and image.levels == np.uint8 and image.dtype not in (np.uint8, np.bool_):
        lost = (f"the depth of {image.dtype} is not kept: the result is uint8, levels and not values",)
    highest = int(np.iinfo(image.levels).max)
    if (origin.low, origin.high) == (0, highest) or (origin.rule == "dtype" and image.dtype in (np.uint8, np.bool_)):
        return lost
    return (
        *lost,
        f"values {origin.low:.6g} to {origin.high:.6g} became levels 0 to {highest} ({origin.rule})",
    )
