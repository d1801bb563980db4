"""Computation of the shards of an image: first the copies for large strokes, then the image."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from tilegan.files import is_there, local_copy, os_errors
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
    request, translator = job.request, begin(job, progress)
    folder, scheduler = request.folder, request.settings.run.scheduler
    if scheduler is None and request.workers == 1:
        pixels = _run(job, translator, run_in_threads, progress, threads)
    else:
        # imported here since it takes most of a second
        from tilegan.inference.cluster import existing_cluster, local_cluster, run_on_cluster

        if not is_there(folder.translator):
            translator.save(folder.translator)
        in_flight = job.record.limits.threads
        cluster = existing_cluster(scheduler) if scheduler else local_cluster(request.workers, in_flight)
        with cluster as client:
            pixels = _run(job, translator, partial(run_on_cluster, client), progress)
    request.image.close()  # release decoded pixels: the export needs the memory
    journals = [*(stage / "journal" for stage in folder.stages()), folder.journal]
    return pixels, tuple(filter(None, (_halved(journal, job.plan) for journal in journals)))


def begin(job: Job, progress: Progress) -> Translator:
    """Start the work, or resume it.

    Args:
        job: the work.
        progress: called with the pixels processed, phase 'statistics', if the model needs statistics of the whole
            image.

    Returns:
        The model with its statistics.
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


def works(job: Job, translator: Translator, threads: ThreadPoolExecutor | None = None) -> Iterator[Work]:
    """Open the work of the copies for large strokes, from coarse to fine, then that of the image.

    Args:
        job: the started work.
        translator: the model with its statistics.
        threads: threads of this process that run forward passes; None for new ones for each work.
    """
    image, limits = job.request.image, job.record.limits
    without_levels = replace(limits, pyramid=False)
    for stage in _stages(job, translator):
        folder = folder_of(stage, job.request.folder)
        if folder.begun() is None:
            begin_stage(folder, stage, image)
        folder.clear_torn()
        RunRecord(stage, without_levels, instances=job.record.instances).write(folder.journal)
        yield Work(image, folder, translator, stage, without_levels, threads)
    yield Work(image, job.request.folder, translator, job.plan, limits, threads)


def _stages(job: Job, translator: Translator) -> tuple[Plan, ...]:
    image = job.request.image
    fill = translator.halo if image.origin.opacity else 0
    return stages_of(job.plan, cut_of(job.plan, translator), image.height, image.width, fill)


def _run(
    job: Job,
    translator: Translator,
    run: Callable[[Names, Work, Progress], int],
    progress: Progress,
    threads: ThreadPoolExecutor | None = None,
) -> int:
    """Paint the copies for large strokes, from coarse to fine, then the image; return the pixels of the image."""
    before, total = 0, sum(stage.region.height * stage.region.width for stage in _stages(job, translator))
    for work in works(job, translator, threads):
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


def _settled(job: Job, progress: Progress) -> Translator:
    """Return the model with the statistics of the image; they are kept, since new ones differ in the last bits."""
    if job.summary.statistics not in SETTLED:
        return job.translator
    kept, plan = job.request.folder.translator, job.plan
    if job.request.begun is not None and is_there(kept):
        with local_copy(kept) as file:
            return load(file, plan.device, plan.precision, plan.backend)
    translator = settled(job.translator, job.summary.statistics, job.request.image, plan.window, progress)
    translator.save(kept)
    return translator
