"""How the shards of an image are brought to its store: the copies that large strokes begin with, then the image."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tilegan.files import is_there, local_copy, os_errors
from tilegan.inference.engine import run_in_threads
from tilegan.inference.plan import Plan, cut_of
from tilegan.inference.record import RunRecord
from tilegan.inference.stages import begin_stage, folder_of, stages_of
from tilegan.inference.statistics import SETTLED, settled
from tilegan.inference.stylized import HALVED
from tilegan.inference.task import Names
from tilegan.inference.work import Work
from tilegan.pipelines.stylize_plan import Job
from tilegan.progress import Progress
from tilegan.translator import Translator, load


def make(job: Job, progress: Progress) -> tuple[int, tuple[str, ...]]:
    """Bring every shard to the store.

    Args:
        job: what will be done; its image is closed at the end.
        progress: told the pixels of finished shards: of the copies that large strokes begin with as phase 'copies',
            then as phases 'stylize' and 'pyramid'; 'statistics' before these.

    Returns:
        The pixels computed, and what was done otherwise than planned, a line each.
    """
    translator, scheduler = begin(job, progress), job.settings.run.scheduler
    if scheduler is None and job.summary.workers == 1:
        pixels = _run(job, translator, run_in_threads, progress)
    else:
        # imported here since it takes most of a second
        from tilegan.inference.cluster import existing_cluster, local_cluster, run_on_cluster

        if not is_there(job.folder.translator):
            translator.save(job.folder.translator)
        cluster = existing_cluster(scheduler) if scheduler else local_cluster(job.summary.workers, job.limits.threads)
        with cluster as client:
            pixels = _run(job, translator, partial(run_on_cluster, client), progress)
    job.image.close()  # its decoded pixels would take memory that the export needs
    journals = [*(folder / "journal" for folder in job.folder.stages()), job.folder.journal]
    return pixels, tuple(filter(None, (_halved(journal, job.plan) for journal in journals)))


def begin(job: Job, progress: Progress) -> Translator:
    """Make the work folder of a job, or go on with it.

    Args:
        job: what will be done.
        progress: told the pixels seen, as phase 'statistics', where the model needs statistics of the image.

    Returns:
        The model, with these.
    """
    if job.begun is None:
        shard = job.plan.shard * job.translator.scale
        height, width, name = job.summary.height, job.summary.width, job.translator.chosen_style or job.translator.name
        job.folder.begin(height, width, shard, job.image.levels, job.origin, job.made, name)
    else:
        job.folder.clear_torn()
    job.record.write(job.folder.journal)
    return _settled(job, progress)


def works(job: Job, translator: Translator) -> Iterator[Work]:
    """Yield the work of the copies that large strokes begin with, from coarse to fine, then that of the image.

    Args:
        job: whose folder is begun.
        translator: from ``begin``.
    """
    fill = translator.halo if job.image.origin.opacity else 0
    limits = replace(job.limits, pyramid=False)
    for stage in stages_of(job.plan, cut_of(job.plan, translator), job.image.height, job.image.width, fill):
        folder = folder_of(stage, job.folder)
        if folder.begun() is None:
            begin_stage(folder, stage, job.image)
        folder.clear_torn()
        RunRecord(stage, limits, instances=job.record.instances).write(folder.journal)
        yield Work(job.image, folder, translator, stage, limits)
    yield Work(job.image, job.folder, translator, job.plan, job.limits)


def _run(job: Job, translator: Translator, run: Callable[[Names, Work, Progress], int], progress: Progress) -> int:
    """Paint the copies that large strokes begin with, then the image; the pixels of that."""
    fill = translator.halo if job.image.origin.opacity else 0
    stages = stages_of(job.plan, cut_of(job.plan, translator), job.image.height, job.image.width, fill)
    before, total, pixels = 0, sum(stage.region.height * stage.region.width for stage in stages), 0
    for work in works(job, translator):
        is_copy = work.folder is not job.folder
        told = partial(_tell_of_copies, progress, before, total) if is_copy else progress
        pixels = run(job.names_of(work.folder), work, told)
        before += work.plan.region.height * work.plan.region.width
    return pixels


def _tell_of_copies(progress: Progress, before: int, total: int, phase: str, done: int, _: int) -> None:
    if phase == "stylize":
        progress("copies", before + done, total)


def _halved(journal: Path, plan: Plan) -> str | None:
    """What is to be said where memory ran out."""
    try:
        with os_errors():
            cut = json.loads((journal / HALVED).read_text())
    except FileNotFoundError:
        return None
    # each step over large strokes makes more of what the one before rounds in another way
    by = "some" if plan.look.stroke > 1 else "1"
    return f"out of memory: went on with window {cut['window']}, batch {cut['batch']}: levels may differ by {by}"


def _settled(job: Job, progress: Progress) -> Translator:
    """The model, with the statistics of the image if it needs any; they are kept, since others differ in last bits."""
    if job.summary.statistics not in SETTLED:
        return job.translator
    if job.begun is not None and is_there(job.folder.translator):
        with local_copy(job.folder.translator) as file:
            return load(file, job.plan.device, job.plan.precision)
    translator = settled(job.translator, job.summary.statistics, job.image, job.plan.window, progress)
    translator.save(job.folder.translator)
    return translator
