"""Repaint a video with a learned style, settled once for all of its frames."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tilegan.inference.lock import locked
from tilegan.inference.options import DEFAULT_MODEL
from tilegan.options import takes
from tilegan.pipelines.stylize_settings import ASKED
from tilegan.pipelines.video_plan import VideoJob, prepared_video
from tilegan.pipelines.video_report import VideoPlan, VideoResult
from tilegan.pipelines.video_run import make_video
from tilegan.progress import Progress, silent
from tilegan.translator import Translator


@takes(*ASKED)
def stylize_video(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = DEFAULT_MODEL,
    *,
    progress: Progress | None = None,
    planned: Callable[[VideoPlan], None] | None = None,
    **values: Any,
) -> VideoResult:
    """Stylize a video frame by frame, in memory that does not grow with its length; requires the extra ``video``.

    Seed, style, stroke size and statistics of norms are settled once for the whole clip, and noise is fixed to the
    picture, so that what does not move stays as it is. Sound and subtitles are copied, and so are time stamps.

    The work is done in ``<output>.partial``; the output appears when it is complete. After an interruption or a
    failure, finished parts are kept there for ``resume``.

    Args:
        source: the video, on this disk.
        output: path that ends in .mp4, .mov, .mkv or .webm; default beside the source, named
            ``<stem>.<style>.<ending>``.
        model: name of a bundled model or style, a file, a run folder, or a translator, which is used as it is.
        progress: called with the output pixels done.
        planned: called with the plan before the work.
        **values: options by name, those of ``stylize``.

    Raises:
        ImageError: the video cannot be read.
        ModelError: there is no such model, or it cannot be exact.
        SettingError: a setting is invalid or has no meaning for videos, nothing fits into memory, or the extra
            ``video`` is not installed.
        OutputExistsError: the output, or unfinished work on it, exists.
        OutputError: the output cannot be written.
        ResumeError: the unfinished work, or the finished output, was made with another source, model or setting.
        TooLittleMemoryError: not even the least window fits into the device's memory.
    """
    started = time.perf_counter()
    job = prepared_video(source, output, model, values)
    if planned is not None:
        planned(job.summary)
    if job.summary.finished:
        if job.folder.is_ours():  # killed after the output was moved
            job.folder.make_room(keep=False)
        return _result(job, (f"{job.output} was finished already",))
    if not job.is_begun:
        job.folder.make_room(keep=not job.settings.run.overwrite)
    with locked(job.folder.journal), job.folder.kept_for_resume():
        painted, frames, notes = make_video(job, progress or silent)
    seconds = time.perf_counter() - started
    return _result(job, notes, frames, seconds, painted / seconds)


@takes(*ASKED)
def plan_video(
    source: str | Path,
    output: str | Path | None = None,
    model: str | Path | Translator = DEFAULT_MODEL,
    **values: Any,
) -> VideoPlan:
    """Plan what ``stylize_video`` does with the same arguments; nothing is written.

    All errors that precede the work are raised, except that of another run on the output.

    Args:
        source: as for ``stylize_video``.
        output: as for ``stylize_video``.
        model: as for ``stylize_video``.
        **values: options by name.
    """
    job = prepared_video(source, output, model, values)
    if not job.is_begun and not job.summary.finished:
        job.folder.check_room(keep=not job.settings.run.overwrite)
    return job.summary


def _result(
    job: VideoJob, notes: tuple[str, ...], frames: int = 0, seconds: float = 0.0, speed: float = 0.0
) -> VideoResult:
    plan = job.record.plan
    return VideoResult(
        source=str(job.clip.path),
        output=job.output,
        height=job.encoding.height,
        width=job.encoding.width,
        frames=frames,
        seams=plan.seams,
        statistics=job.summary.statistics,
        stroke=plan.look.stroke,
        window=plan.window,
        device=plan.device,
        precision=plan.precision,
        seconds=seconds,
        frames_per_second=speed,
        notes=(*job.summary.notes, *notes),
    )
