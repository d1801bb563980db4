"""Videos in `tilegan stylize`: descriptions of their plans and results."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tilegan.cli.events import BY_STATISTICS, events_of, memory_line, style_line

if TYPE_CHECKING:
    from tilegan.pipelines import StylizeSettings, VideoPlan, VideoResult


def run_video(
    video: str, output: str | None, model: str, settings: "StylizeSettings", dry_run: bool, progress: str
) -> None:
    """Stylize a video, and report the outcome.

    Args:
        video: the source.
        output: the result; None for one beside the source.
        model: name or file of a model.
        settings: settings of all frames.
        dry_run: whether only the plan is reported.
        progress: 'bar' or 'json'.
    """
    from tilegan.devices import keep_freed_memory
    from tilegan.pipelines import plan_video, stylize_video

    with events_of(progress, _plan_lines, _result_line) as events:
        if dry_run:
            events.planned(plan_video(video, output, model, settings=settings), full=True)
            return
        keep_freed_memory()
        events.finished(
            stylize_video(video, output, model, settings=settings, progress=events.progress, planned=events.planned)
        )


def _result_line(result: "VideoResult") -> str:
    speed = f" in {result.seconds:.1f} s, {result.frames_per_second:.2f} frames/s" if result.seconds else ""
    frames = f"{result.frames} frames of " if result.frames else ""
    return (
        f"{result.output}: {frames}{result.height} x {result.width} pixels{speed}"
        f" ({result.seams}{_statistics(result.statistics)}, stroke {result.stroke}, window {result.window},"
        f" {result.device}, {result.precision})"
    )


def _statistics(name: str) -> str:
    return f"{BY_STATISTICS[name]} of sampled frames" if name else ""


def _plan_lines(plan: "VideoPlan") -> Iterator[str]:
    """Describe a plan in lines of text."""
    left, top, width, height = plan.region
    yield f"source:  {plan.source}: about {plan.frames} frames at {plan.rate:.2f} per second"
    yield f"region:  {height} x {width} pixels from row {top}, column {left}"
    sound = f"{plan.copied} stream{'' if plan.copied == 1 else 's'} of sound or subtitles copied"
    yield f"output:  {plan.output}: {plan.height} x {plan.width} pixels, {plan.codec}, quality {plan.quality}; {sound}"
    if plan.finished:
        yield "nothing to do: the output is finished"
        return
    yield (
        f"work:    windows of {plan.window}, {plan.batch} at once, halo {plan.halo}: {plan.overhead:.2f} pixels "
        f"computed for each one ({plan.seams}{_statistics(plan.statistics)}); kept every {plan.part} frames"
    )
    yield style_line(plan)
    flight = f"frames at once {plan.at_once}, forward passes at once {plan.streams}"
    yield f"device:  {plan.device}, {plan.precision}; {flight}"
    parts = {"process": "process", "forward": "forward", "shards": "frames and codecs"}
    yield memory_line(plan.memory, "", parts)
    for note in plan.notes:
        yield f"note:    {note}"
