"""Computation of the shards of an image: first the copies for large strokes, then the image."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from tilegan.files import is_there, local_copy, os_errors
from tilegan.inference.controls.maps import Maps
from tilegan.inference.engine import run_in_threads
from tilegan.inference.plan import Plan, cut_of
from tilegan.inference.record import RunRecord
from tilegan.inference.stages import begin_stage, folder_of, stages_of
from tilegan.inference.statistics import SETTLED, settled
from tilegan.inference.task import HALVED, Names, Work
from tilegan.pipelines.stylize_plan import Job
from tilegan.progress import Progress
from tilegan.translator import Translator, load


def make(job: Job, progress: Progress, threads: ThreadPoolExecutor | None = None) -> tuple[int, tuple[str, ...]]:
    """Compute all shards and write them to the store.

    Args:
        job: the work; its image is closed at the end.
        progress: called with the pixels of finished shards: copies for large strokes as phase 'copies', then phases
            'stylize' and 'pyramid'; 'statistics' before these.
        threads: threads of this process that run forward passes; None for new ones.

    Returns:
        The pixels computed, and deviations from the plan, one line each.
    """
    request, translators = job.request, begin(job, progress)
    folder, scheduler = request.folder, request.settings.run.scheduler
    if scheduler is None and request.workers == 1:
        pixels = _run(job, translators, run_in_threads, progress, threads)
    else:
        # imported here since it takes most of a second
        from tilegan.inference.cluster import existing_cluster, local_cluster, run_on_cluster

        for number, translator in enumerate(translators):
            own = folder.painting(number, len(translators))
            if not is_there(own.translator):
                own.keep(translator)
        in_flight = job.record.limits.threads
        cluster = existing_cluster(scheduler) if scheduler else local_cluster(request.workers, in_flight)
        with cluster as client:
            pixels = _run(job, translators, partial(run_on_cluster, client), progress)
    request.image.close()  # release decoded pixels: the export needs the memory
    request.maps.close()
    journals = [*(stage / "journal" for stage in folder.stages()), folder.journal]
    return pixels, tuple(filter(None, (_halved(journal, job.plan) for journal in journals)))


def begin(job: Job, progress: Progress) -> tuple[Translator, ...]:
    """Start the work, or resume it.

    Args:
        job: the work.
        progress: called with the pixels processed, phase 'statistics', if the model needs statistics of the whole
            image.

    Returns:
        The model of each painting, with its statistics.
    """
    folder, translator = job.request.folder, job.translator
    if job.request.begun is None:
        shard, name = job.plan.shard * translator.scale, translator.chosen_style or translator.name
        levels = job.request.image.levels
        folder.begin(job.summary.height, job.summary.width, shard, levels, job.origin, job.made, name)
    else:
        folder.clear_torn()
    job.record.write(folder.journal)
    return _settled(job, progress)


def works(job: Job, translators: tuple[Translator, ...], threads: ThreadPoolExecutor | None = None) -> Iterator[Work]:
    """Open the work of the copies for large strokes, from coarse to fine, then that of the image.

    Args:
        job: the started work.
        translators: the model of each painting, with its statistics.
        threads: threads of this process that run forward passes; None for new ones for each work.
    """
    image, limits, maps = job.request.image, job.record.limits, job.request.maps
    without_levels, fills = replace(limits, pyramid=False), translators[0].fills
    of_copies, files = (maps, dict(maps.files)) if fills else (Maps(), {})
    for number, stage in _stages(job, translators[0]):
        folder = folder_of(stage, job.request.folder.painting(number, len(translators)))
        if folder.begun() is None:
            begin_stage(folder, stage, image, fills=fills)
        folder.clear_torn()
        RunRecord(stage, without_levels, instances=job.record.instances, map_files=files).write(folder.journal)
        yield Work(image, folder, (translators[number],), stage, without_levels, of_copies, threads)
    yield Work(image, job.request.folder, translators, job.plan, limits, maps, threads)


def _stages(job: Job, translator: Translator) -> list[tuple[int, Plan]]:
    """Return the plans of all copies, each with the number of its painting."""
    image = job.request.image
    cut, fill = cut_of(job.plan, translator), translator.halo if image.origin.opacity else 0
    sides, fills = (image.height, image.width), translator.fills
    stages = [stages_of(painting, cut, *sides, fill, fills=fills) for painting in job.plan.paintings]
    return [(number, stage) for number, copies in enumerate(stages) for stage in copies]


def _run(
    job: Job,
    translators: tuple[Translator, ...],
    run: Callable[[Names, Work, Progress], int],
    progress: Progress,
    threads: ThreadPoolExecutor | None = None,
) -> int:
    """Paint the copies for large strokes, from coarse to fine, then the image; return the pixels of the image."""
    stages = _stages(job, translators[0])
    before, total = 0, sum(stage.region.height * stage.region.width for _, stage in stages)
    for work in works(job, translators, threads):
        if work.folder is job.request.folder:
            return run(job.names, work, progress)
        run(job.names_of(work.folder), work, partial(_tell_of_copies, progress, before, total))
        before += work.plan.region.height * work.plan.region.width
    raise AssertionError("the work of the image comes last")


def _tell_of_copies(progress: Progress, before: int, total: int, phase: str, done: int, _: int) -> None:
    if phase == "stylize":
        progress("copies", before + done, total)


def _halved(journal: Path, plan: Plan) -> str | None:
    """Return a note if memory ran out."""
    try:
        with os_errors():
            cut = json.loads((journal / HALVED).read_text())
    except FileNotFoundError:
        return None
    return note_on_cut(cut["window"], cut["batch"], plan)


def note_on_cut(window: int, batch: int, plan: Plan) -> str:
    """Return a note on a cut that was reduced because memory ran out."""
    # each step over large strokes amplifies the rounding of the previous one
    by = "some" if plan.look.stroke > 1 else "1"
    return f"out of memory: continued with window {window}, batch {batch}: levels may differ by {by}"


def _settled(job: Job, progress: Progress) -> tuple[Translator, ...]:
    """Return the models with the statistics of the image; they are kept, since new ones differ in the last bits."""
    if job.summary.statistics not in SETTLED:
        return job.translators
    made: dict[int, Translator] = {}
    found = []
    for number, translator in enumerate(job.translators):
        folder, plan = job.request.folder.painting(number, len(job.translators)), job.plan
        if job.request.begun is not None and is_there(folder.translator):
            with local_copy(folder.translator) as file:
                found.append(load(file, plan.device, plan.precision, plan.backend))
            continue
        if id(translator) not in made:  # paintings may have one model
            made[id(translator)] = settled(translator, job.summary.statistics, job.request.image, plan.window, progress)
        folder.keep(made[id(translator)])
        found.append(made[id(translator)])
    return tuple(found)
