"""Repaint an image of any size with a learnt style."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilegan.files import is_remote
from tilegan.images.export import export
from tilegan.images.formats import ExportOptions
from tilegan.images.origin import Reading
from tilegan.images.output import finish_moving
from tilegan.images.store import Store
from tilegan.inference.lock import locked
from tilegan.pipelines.stylize_plan import Job, prepared
from tilegan.pipelines.stylize_run import make
from tilegan.pipelines.stylize_settings import StylizePlan, StylizeSettings
from tilegan.progress import Progress, silent
from tilegan.translator import Translator


@dataclass(frozen=True)
class StylizeResult:
    """What became of an image.

    Attributes:
        output: the file or folder written.
        height: of the output, in pixels.
        width: of the output, in pixels.
        seams: 'exact' or 'combo'.
        statistics: what instance norms took theirs from (see ``tilegan.inference.statistics``); '' if there are none.
        stroke: how many times as large as the model paints them strokes are.
        window: side of the square translated at once, in input pixels.
        shard: side of the square of one task, in input pixels.
        device: name of what computed.
        precision: name of its number format.
        seconds: of this call; 0 where the output was finished already.
        megapixels_per_second: output pixels translated by this call, by ``seconds``.
        notes: what was done otherwise than asked for, a line each.
    """

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
    seconds: float
    megapixels_per_second: float
    notes: tuple[str, ...] = ()


def stylize(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = "vangogh",
    *,
    seams: str = "exact",
    strength: float = 1.0,
    keep_colors: bool = False,
    stroke: int | str = "auto",
    window: int | None = None,
    shard: int | None = None,
    region: tuple[int, int, int, int] | None = None,
    device: str = "auto",
    precision: str = "auto",
    memory: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    overwrite: bool = False,
    resume: bool = False,
    reading: Reading | None = None,
    options: ExportOptions | None = None,
    style: Mapping[str, float] | None = None,
    seed: int | None = None,
    statistics: str | None = None,
    looks: Mapping[int | str, int] | None = None,
    look_seed: int | None = None,
    instances: str | Path | None = None,
    progress: Progress | None = None,
    planned: Callable[[StylizePlan], None] | None = None,
) -> StylizeResult:
    """Stylize an image file of any size, in bounded memory.

    The work is done in ``<output>.partial``; the output appears, whole, when all is done. Interrupted or failed, what
    is finished is kept there for ``resume``.

    With ``workers``, processes are started that import the calling script: guard it by ``if __name__ == "__main__"``.

    Args:
        source: the image.
        output: .zarr, .tif, .png, .jpg, .webp or .dzi; default beside the source, of its kind, named
            ``<stem>.<style>.<ending>``.
        model: the name of a shipped model or style, a file, a run folder, or a translator, which is used as it is.
        seams: 'exact' (windows with a halo: as if done at once) or 'combo' (tiles side by side, as in training).
        strength: of the style: 0 for the source itself, 1 for all of it; blended as the eye sees it (see
            ``tilegan.inference.blend``).
        keep_colors: keep hue and chroma of the source, and take lightness and texture from the style.
        stroke: how many times as large as the model paints them strokes are, 1 to 256; 'auto' for as large, within the
            whole picture, as in training (see ``tilegan.inference.stroke``).
        window: side of the square translated at once, in input pixels, rounded up to what works.
        shard: side of the square of one task and one file, in input pixels, rounded up to a multiple of ``window``.
        region: x, y, width and height, in pixels of the source, of the part that is stylized; its pixels are those that
            it has in the whole.
        device: 'auto', 'cpu', 'cuda', 'mps'.
        precision: 'auto', 'float32', 'bfloat16', 'float16'.
        memory: bytes that all processes on this machine together may take, with a scheduler each of its workers, kept
            to by the choice of window, shard and caches; default 1.25 GiB beside what a process takes already.
        workers: processes on this machine that share its cores, or take a GPU each; default: this one, alone.
        scheduler: address of a Dask cluster whose workers see the same disk, instead.
        overwrite: replace an output that is there, and throw away unfinished work on it that is not resumed.
        resume: go on with unfinished work, with the window, shard, device and precision it was begun with; without
            any, start. A finished output of the same image, model and settings is left as it is, and one that an
            accident has cut off since is made again.
        reading: how the values of the image become pixels; default: of 8 bits, as the file says.
        options: how the output is encoded, where its format leaves a choice.
        style: of a model of several styles, the share of each that is wanted.
        seed: of a model with noise, chooses another painting of the same image; 0 is the default.
        statistics: what a model with instance norms takes theirs from: 'thumbnail' (the default), 'global', or
            'interpolated', of cells of the image; for the last two it is looked at once for each norm. The result is
            exact for these statistics. Or 'tile', which seams 'combo' allow and have by default.
        looks: of a model whose labels have several looks, numbers of looks, from 0, by labels (their numbers, from 0,
            or their names), and by instances, such as '#17'.
        look_seed: draws the looks of its other instances and labels; without it they have their most frequent one.
        instances: a map of instances of the source, a label map, for models that learnt with such maps: a raster of the
            same size with one band of 8 or 16 bits, in which each object has its own number, and 0 stands for none.
        progress: told how far the work is, in output pixels.
        planned: told what will be done, before it is.

    Raises:
        ImageError: the image cannot be read.
        ModelError: there is no such model, or it cannot be exact.
        SettingError: a setting cannot work, or nothing fits into the memory.
        OutputExistsError: the output, or unfinished work on it, is there.
        OutputError: the output cannot be written.
        ResumeError: the unfinished work, or the finished output, was made with another source, model or setting.
        WorkerError: workers die, or there are none.
        TooLittleMemoryError: not even the least window fits into the device's memory.
    """
    started = time.perf_counter()
    settings = StylizeSettings.of(
        seams=seams,
        strength=strength,
        keep_colors=keep_colors,
        stroke=stroke,
        window=window,
        shard=shard,
        region=region,
        device=device,
        precision=precision,
        memory=memory,
        workers=workers,
        scheduler=scheduler,
        overwrite=overwrite,
        resume=resume,
        reading=reading,
        options=options,
        style=style,
        seed=seed,
        statistics=statistics,
        looks=looks,
        look_seed=look_seed,
        instances=instances,
    )
    with prepared(source, output, model, settings) as job:
        if planned is not None:
            planned(job.summary)
        if job.summary.finished:
            if unplaced := job.folder.unplaced(job.output):
                finish_moving(job.output, unplaced)
            if job.folder.is_ours():  # a kill came after the output was put in place, or on object storage as it was
                job.folder.make_room(keep=False)
                if is_remote(job.output):
                    Store.open(job.output).finish()
            return _result(job, (f"{job.output} was finished already",))
        if job.begun is None:
            job.folder.make_room(keep=not overwrite)
        with locked(job.folder.journal), job.folder.kept_for_resume():
            pixels, notes = make(job, scheduler, progress or silent)
            notes += _finish(job, progress or silent)
        return _result(job, notes, time.perf_counter() - started, pixels)


def plan_stylize(
    source: str | Path, output: str | Path | None = None, model: str | Path | Translator = "vangogh", **settings: Any
) -> StylizePlan:
    """What ``stylize`` would do with the same arguments; nothing is written.

    The errors that come before any work are raised, but for that of another run at work on the output.
    """
    asked = StylizeSettings.of(**settings)
    with prepared(source, output, model, asked) as job:
        if job.begun is None and not job.summary.finished:
            job.folder.check_room(keep=not asked.overwrite)
        return job.summary


def _finish(job: Job, progress: Progress) -> tuple[str, ...]:
    finished = job.folder.store
    notes: tuple[str, ...] = ()
    if not job.options.is_store(job.kind):
        finished = job.folder.path / f"image{job.output.suffix}"
        notes = export(Store.open(job.folder.store), finished, job.options, progress)
    return notes + job.folder.place(finished, job.output, job.replaces)


def _result(job: Job, notes: tuple[str, ...], seconds: float = 0.0, pixels: int = 0) -> StylizeResult:
    return StylizeResult(
        output=job.output,
        height=job.summary.height,
        width=job.summary.width,
        seams=job.plan.seams,
        statistics=job.summary.statistics,
        stroke=job.plan.look.stroke,
        window=job.plan.window,
        shard=job.plan.shard,
        device=job.plan.device,
        precision=job.plan.precision,
        seconds=seconds,
        megapixels_per_second=pixels / 1e6 / seconds if seconds else 0.0,
        notes=(*job.summary.notes, *notes),
    )
