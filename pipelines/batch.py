"""Stylize many images: all images of a folder, in any mixture of sizes and formats."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tilegan.errors import OutputError
from tilegan.files import first_line
from tilegan.inference.lock import locked
from tilegan.inference.options import DEFAULT_MODEL
from tilegan.options import takes
from tilegan.pipelines.batching.images import SAME, Task
from tilegan.pipelines.batching.maker import Maker
from tilegan.pipelines.batching.report import BatchPlan, BatchResult, ResultRecorder
from tilegan.pipelines.batching.request import BatchRequest, Sources
from tilegan.pipelines.batching.results import FAILED, RESULTS, BatchImage, Results
from tilegan.pipelines.batching.side_by_side import Parts, SideBySide
from tilegan.pipelines.batching.watch import watched
from tilegan.pipelines.stylize_settings import ASKED
from tilegan.translator import Translator

WORK = ".tilegan-batch"  # in the output folder during a batch: its lock, and the model for its workers


@takes(*ASKED)
def batch(
    source: Sources,
    output: str | Path,
    model: str | Path | Translator = DEFAULT_MODEL,
    *,
    to: str = SAME,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    watch: bool = False,
    planned: Callable[[BatchPlan], None] | None = None,
    progress: Callable[[BatchImage], None] | None = None,
    parts: Parts | None = None,
    **values: Any,
) -> BatchResult:
    """Stylize all images of a folder, each as ``stylize`` does.

    The folder structure is mirrored. Images are skipped if their outputs exist and were made from the same image with
    the same model and settings. A failure concerns only its image. The outcome of each image is appended to
    ``results.jsonl`` in the output folder. After an interruption, the same call continues: ``resume`` is always on.
    ``overwrite`` replaces outputs that were made otherwise, and ``memory`` is the limit for all images together.

    Args:
        source: a folder of images; or several images and folders (see ``tilegan.pipelines.batching.images.survey``).
        output: output folder, created if it does not exist.
        model: as for ``stylize``.
        to: format of outputs: 'jpg', 'png', 'tif', 'webp', 'zarr', or 'same' as the image, with .tif in place of
            formats that are not written.
        include: patterns of paths inside the folder, one of which images have to match (see
            ``tilegan.pipelines.batching.patterns.Patterns``); all images if there are none.
        exclude: patterns that images must not match.
        watch: continue with new images until ``KeyboardInterrupt``, which is not an error then.
        planned: called with the plan.
        progress: called with the outcome of each image.
        parts: called with the progress of large images: path, phase, done and total pixels of the output; not with
            workers.
        **values: options by name, for each image.

    Raises:
        ImageError: a source is missing, or there are no images.
        ModelError: there is no such model.
        SettingError: a setting is invalid, or outputs would conflict.
        OutputError: the folder cannot be written, another batch is writing to it, or the disk is full.
        ResumeError: existing outputs were made with another model or other settings.
        WorkerError: workers die, or there are none.
    """
    started = time.perf_counter()
    request = BatchRequest.of(source, output, to, include, exclude, values)
    found = request.look()
    if not watch:
        request.check_found(found)
    with _at_work(request.folder) as work:
        results = Results(request.folder / RESULTS)
        maker = Maker(model, request.settings, results.made)
        request.check_outputs(found.tasks, maker, results)
        if planned is not None:
            planned(BatchPlan(request.folder, len(found.tasks), found.passed_over, notes=found.notes))
        tally = ResultRecorder(results, progress)
        tasks: Iterable[Task | None] = watched(request.look) if watch else found.tasks
        try:
            _run(request, maker, tasks, tally, parts, work)
        except KeyboardInterrupt:
            if not watch:
                raise
    return tally.result(request.folder, found.passed_over, time.perf_counter() - started, found.notes)


@takes(*ASKED)
def plan_batch(
    source: Sources,
    output: str | Path,
    model: str | Path | Translator = DEFAULT_MODEL,
    *,
    to: str = SAME,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    **values: Any,
) -> BatchPlan:
    """Plan what ``batch`` does with the same arguments; nothing is written.

    Args:
        source: as for ``batch``.
        output: as for ``batch``.
        model: as for ``batch``.
        to: as for ``batch``.
        include: as for ``batch``.
        exclude: as for ``batch``.
        **values: options by name.
    """
    request = BatchRequest.of(source, output, to, include, exclude, values)
    found, results = request.look(), Results(request.folder / RESULTS)
    request.check_found(found)
    maker = Maker(model, request.settings, results.made)
    request.check_outputs(found.tasks, maker, results)
    pixels, skipped, failures = 0, 0, []
    for task in found.tasks:
        prepared = maker.prepare(task, dry=True)
        if not isinstance(prepared, BatchImage):
            pixels += prepared.job.summary.height * prepared.job.summary.width
            prepared.opened.close()
        elif prepared.status == FAILED:
            failures.append(prepared)
        else:
            skipped += 1
    images = len(found.tasks)
    return BatchPlan(
        output=request.folder,
        images=images,
        passed_over=found.passed_over,
        to_make=images - skipped - len(failures),
        skipped=skipped,
        failed=len(failures),
        megapixels=pixels / 1e6,
        failures=tuple(failures),
        notes=found.notes,
    )


def _run(
    request: BatchRequest,
    maker: Maker,
    tasks: Iterable[Task | None],
    tally: ResultRecorder,
    parts: Parts | None,
    work: Path,
) -> None:
    """Process images, in this process or on workers."""
    workers, scheduler = request.settings.processes(), request.settings.run.scheduler
    if workers == 1:
        SideBySide(maker, tally.add, parts).run(tasks)
        return
    # imported here since it takes most of a second
    from tilegan.inference.cluster import existing_cluster, local_cluster
    from tilegan.pipelines.batching.on_cluster import Order, run_on_cluster, share_of

    model = maker.model
    if isinstance(model, Translator):
        model = work / "model.safetensors"
        maker.translator.save(model)
    elif Path(model).exists():
        model = Path(model).absolute()
    order = Order(uuid4().hex, model, share_of(request.settings, workers))
    with existing_cluster(scheduler) if scheduler else local_cluster(workers, 1) as client:
        run_on_cluster(client, order, tasks, maker.made, tally.add)


@contextmanager
def _at_work(folder: Path) -> Iterator[Path]:
    """Create the output folder, and a folder in it for the duration of the batch, which excludes other batches.

    Raises:
        OutputError: it cannot be created, or another batch is running.
    """
    work = folder / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot create {folder}: {error.strerror or first_line(error)}: name another folder"
        ) from error
    with locked(work):
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
