"""Videos in `tilegan stylize`: its events, as text for people or one JSON object per line."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from tilegan.cli.events import BY_STATISTICS, MIB, json_errors, write_event
from tilegan.cli.report import pixel_bars
from tilegan.progress import Progress

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

    with _events_of(progress) as events:
        if dry_run:
            events.planned(plan_video(video, output, model, settings=settings), full=True)
            return
        keep_freed_memory()
        events.finished(
            stylize_video(video, output, model, settings=settings, progress=events.progress, planned=events.planned)
        )


class _Events(Protocol):
    @property
    def progress(self) -> Progress: ...

    def planned(self, plan: "VideoPlan", full: bool = False) -> None: ...

    def finished(self, result: "VideoResult") -> None: ...


@contextmanager
def _events_of(kind: str) -> Iterator[_Events]:
    if kind == "json":
        with json_errors():
            yield _JsonEvents()
    else:
        with pixel_bars() as progress:
            yield _LineEvents(progress)


class _JsonEvents:
    """The events of an image, of which ``shard`` tells of a finished frame."""

    def progress(self, phase: str, done: int, total: int) -> None:
        write_event("shard", {"phase": phase, "done": done, "total": total})

    def planned(self, plan: "VideoPlan", full: bool = False) -> None:  # noqa: ARG002 - it is always full
        content = dataclasses.asdict(plan)
        content["memory"]["total"] = plan.memory.total
        write_event("plan", content)

    def finished(self, result: "VideoResult") -> None:
        write_event("finished", dataclasses.asdict(result))


class _LineEvents:
    """Bars on stderr, and one line on stdout at the end."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def planned(self, plan: "VideoPlan", full: bool = False) -> None:
        if full:
            for line in _plan_lines(plan):
                click.echo(line)

    def finished(self, result: "VideoResult") -> None:
        for note in result.notes:
            click.echo(f"Note: {note}", err=True)
        speed = f" in {result.seconds:.1f} s, {result.frames_per_second:.2f} frames/s" if result.seconds else ""
        frames = f"{result.frames} frames of " if result.frames else ""
        click.echo(
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
    colors = ", colors of the source" if plan.keep_colors else ""
    times = f"{plan.stroke} times " if plan.stroke > 1 else ""
    yield f"style:   strength {plan.strength:g}{colors}; strokes {times}as large as the model paints them"
    flight = f"frames at once {plan.at_once}, forward passes at once {plan.streams}"
    yield f"device:  {plan.device}, {plan.precision}; {flight}"
    memory = plan.memory
    parts = {"process": memory.process, "forward": memory.forward, "frames and codecs": memory.shards}
    listed = ", ".join(f"{name} {size / MIB:.0f}" for name, size in parts.items())
    yield f"memory:  {memory.total / MIB:.0f} of {memory.limit / MIB:.0f} MiB: {listed}"
    for note in plan.notes:
        yield f"note:    {note}"
