"""Repaint an image of any size with a learned style."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.card import card
from tilegan.errors import ImageError, SettingError
from tilegan.files import is_remote
from tilegan.images.data_url import thumbnail_url
from tilegan.images.publish import as_asked, finish_moving
from tilegan.images.stores.store import Store
from tilegan.inference.lock import locked
from tilegan.inference.options import DEFAULT_MODEL
from tilegan.options import takes
from tilegan.pipelines.stylize_plan import Job, prepared
from tilegan.pipelines.stylize_report import StylizePlan
from tilegan.pipelines.stylize_run import make
from tilegan.pipelines.stylize_settings import ASKED
from tilegan.pipelines.stylize_settle import Request
from tilegan.pipelines.stylize_small import is_small, make_small
from tilegan.progress import Progress, silent
from tilegan.translator import Translator

if TYPE_CHECKING:
    from tilegan.pipelines.view_open import OpenView


@dataclass(frozen=True)
class StylizeResult:
    """The result of a stylization.

    Attributes:
        source: the image.
        output: the file or folder written.
        height: height of the output, in pixels.
        width: width of the output, in pixels.
        seams: 'exact', 'combo' or 'blend'.
        statistics: source of the statistics of instance norms (see ``tilegan.inference.statistics``); '' without any.
        stroke: factor by which strokes are larger than the model's own; of models that fill holes, by which the first
            copy is smaller.
        window: side of the square translated at once, in input pixels.
        shard: side of the square of one task, in input pixels.
        device: name of the device.
        precision: name of the precision.
        backend: what ran the network: 'torch' or 'onnxruntime'.
        seconds: duration of this call; 0 if the output was finished already.
        megapixels_per_second: output megapixels of this call per second.
        notes: deviations from the request, one line each.
    """

    source: str
    output: Path
    height: int
    width: int
    seams: str
    statistics: str
    stroke: int
    window: int
    shard: int
    device: str
    precision: str
    backend: str
    seconds: float
    megapixels_per_second: float
    notes: tuple[str, ...] = ()

    def view(self, compare: str | Path | None = None) -> "OpenView":
        """Open a page that shows the result beside its source; requires the extra ``view``.

        Args:
            compare: image to compare with; default the source, if it exists with the same size.

        Returns:
            The running server; its ``url`` is the page, and ``close`` stops it.

        Raises:
            ImageError, SettingError: the result is gone, or ``compare`` cannot be read or has another size.
        """
        from tilegan.pipelines.view_open import OpenView

        if compare is not None:
            return OpenView(self.output, compare)
        try:
            return OpenView(self.output, self.source)
        except (ImageError, SettingError):
            return OpenView(self.output)

    def _repr_html_(self) -> str:
        facts = {
            "size": f"{self.width} pixels wide, {self.height} high: {self.width * self.height / 1e6:.3g} megapixels",
            "source": self.source,
            "file": self.output,
            "tiles": f"{self.seams}, windows of {self.window} pixels, shards of {self.shard}",
            "stroke": self.stroke,
            "computed": f"on {self.device} in {self.precision} by {self.backend}",
            "time": f"{self.seconds:.1f} s, {self.megapixels_per_second:.2f} megapixels/s" if self.seconds else "",
            "notes": "; ".join(self.notes),
        }
        return card(self.output.name, facts, thumbnail_url(self.output))


@takes(*ASKED)
def stylize(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = DEFAULT_MODEL,
    *,
    progress: Progress | None = None,
    planned: Callable[[StylizePlan], None] | None = None,
    **values: Any,
) -> StylizeResult:
    """Stylize an image file of any size, in bounded memory.

    The work is done in ``<output>.partial``; the output appears when it is complete. After an interruption or a
    failure, finished shards are kept there for ``resume``.

    With ``workers``, the started processes import the calling script: guard it by ``if __name__ == "__main__"``.

    Args:
        source: the image.
        output: path with the ending of a format that can be written; default beside the source, in its format,
            named ``<stem>.<style>.<ending>``.
        model: name of a bundled model or style, a file, a run folder, or a translator, which is used as it is.
        progress: called with the output pixels done.
        planned: called with the plan before the work.
        **values: options by name.

    Raises:
        ImageError: the image cannot be read.
        ModelError: there is no such model, or it cannot be exact.
        SettingError: a setting is invalid, or nothing fits into memory.
        OutputExistsError: the output, or unfinished work on it, exists.
        OutputError: the output cannot be written.
        ResumeError: the unfinished work, or the finished output, was made with another source, model or setting.
        WorkerError: workers die, or there are none.
        TooLittleMemoryError: not even the least window fits into the device's memory.
    """
    started = time.perf_counter()
    with prepared(source, output, model, values) as job:
        if planned is not None:
            planned(job.summary)
        return carry_out(job, progress or silent, started)


def carry_out(job: Job, progress: Progress, started: float, threads: ThreadPoolExecutor | None = None) -> StylizeResult:
    """Execute a plan.

    Args:
        job: the plan, from ``prepared``.
        progress: called with the output pixels done.
        started: start of the call, by ``time.perf_counter``.
        threads: threads that run forward passes (see ``tilegan.inference.passes.forward_threads``), possibly shared by
            several images; None for new ones.

    Raises:
        ImageError, OutputError, ResumeError, WorkerError, TooLittleMemoryError: see ``stylize``.
    """
    if job.summary.finished:
        return _result(job, put_in_place(job.request))
    folder, store = job.request.folder, None
    if job.request.begun is None:
        folder.make_room(keep=not job.request.settings.run.overwrite)
    with locked(folder.journal), folder.kept_for_resume():
        if is_small(job):
            store, pixels, notes = make_small(job, progress, threads)
        else:
            pixels, notes = make(job, progress, threads)
        notes += _finish(job, store, progress)
    return _result(job, notes, time.perf_counter() - started, pixels)


@takes(*ASKED)
def plan_stylize(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = DEFAULT_MODEL,
    **values: Any,
) -> StylizePlan:
    """Plan what ``stylize`` does with the same arguments; nothing is written.

    All errors that precede the work are raised, except that of another run on the output.

    Args:
        source: as for ``stylize``.
        output: as for ``stylize``.
        model: as for ``stylize``.
        **values: options by name.
    """
    with prepared(source, output, model, values) as job:
        request = job.request
        if request.begun is None and not job.summary.finished:
            request.folder.check_room(keep=not request.settings.run.overwrite)
        return job.summary


def put_in_place(request: Request) -> tuple[str, ...]:
    """Complete the move of a finished output, if a kill interrupted it; return a note."""
    folder, output = request.folder, request.output
    if unmoved := folder.unmoved(output):
        finish_moving(output, unmoved)
    if folder.is_ours():  # killed after the output was moved, or on object storage during it
        folder.make_room(keep=False)
        if is_remote(output):
            Store.open(output).finish()
    return (f"{output} was finished already",)


def _finish(job: Job, store: Store | None, progress: Progress) -> tuple[str, ...]:
    """Export the result, from its work folder if it is not given, and give it its final name."""
    request = job.request
    folder, store = request.folder, store or Store.open(request.folder.store)
    finished, notes = as_asked(store, request.output, folder.path, request.settings.options, progress)
    return notes + folder.move_output(finished, request.output, job.replaces)


def _result(job: Job, notes: tuple[str, ...], seconds: float = 0.0, pixels: int = 0) -> StylizeResult:
    return StylizeResult(
        source=job.request.source,
        output=job.request.output,
        height=job.summary.height,
        width=job.summary.width,
        seams=job.plan.seams,
        statistics=job.summary.statistics,
        stroke=job.plan.look.stroke,
        window=job.plan.window,
        shard=job.plan.shard,
        device=job.plan.device,
        precision=job.plan.precision,
        backend=job.plan.backend,
        seconds=seconds,
        megapixels_per_second=pixels / 1e6 / seconds if seconds else 0.0,
        notes=(*job.summary.notes, *notes),
    )
