"""Events of `tilegan stylize`: text for people, or one JSON event per line for batch systems."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import click

from tilegan.cli.report import pixel_bars
from tilegan.errors import TileganError
from tilegan.progress import Progress

if TYPE_CHECKING:
    from tilegan.inference.memory import Memory
    from tilegan.pipelines import StylizePlan, StylizeResult, VideoPlan, VideoResult

Plan = TypeVar("Plan", bound="StylizePlan | VideoPlan", contravariant=True)
Result = TypeVar("Result", bound="StylizeResult | VideoResult", contravariant=True)
# guarantees of a model with instance norms, by the source of its statistics
BY_STATISTICS = {
    "": "",
    "tile": ", each tile with its own statistics",
    "thumbnail": " for statistics of a thumbnail",
    "global": " for statistics of the whole image",
    "interpolated": " for statistics of neighboring tiles, interpolated",
}


class Events(Protocol[Plan, Result]):
    """Receiver of the events of a command."""

    @property
    def progress(self) -> Progress:
        """Callback for finished parts."""
        ...

    def planned(self, plan: Plan, full: bool = False) -> None:
        """Report the plan; ``full`` if only the plan was requested."""

    def finished(self, result: Result) -> None:
        """Report the result."""


@contextmanager
def events_of(
    kind: str, plan_lines: Callable[[Plan], Iterator[str]], result_line: Callable[[Result], str]
) -> Iterator[Events[Plan, Result]]:
    """Yield events as 'bar' (for people, with these descriptions) or 'json' (one object per line on stdout)."""
    if kind == "json":
        with json_errors():
            yield JsonEvents()
    else:
        with pixel_bars() as progress:
            yield LineEvents(progress, plan_lines, result_line)


@contextmanager
def json_errors() -> Iterator[None]:
    """Also write errors and an interruption as events."""
    try:
        yield
    except (TileganError, OSError, MemoryError) as error:
        write_event("error", {"type": type(error).__name__, "message": " ".join(str(error).split())})
        raise
    except KeyboardInterrupt:
        write_event("interrupted", {})
        raise


class JsonEvents:
    """``plan``, ``shard`` (a finished shard or frame, with the pixels so far), ``finished``, and those of errors."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """Report a finished shard or frame; 'export' counts bands of rows or blocks."""
        write_event("shard", {"phase": phase, "done": done, "total": total})

    def planned(self, plan: "StylizePlan | VideoPlan", full: bool = False) -> None:  # noqa: ARG002 - it is always full
        """Report the whole plan."""
        content = dataclasses.asdict(plan)
        content["memory"]["total"] = plan.memory.total
        write_event("plan", content)

    def finished(self, result: "StylizeResult | VideoResult") -> None:
        """Report the whole result."""
        write_event("finished", dataclasses.asdict(result))


def write_event(event: str, content: dict[str, Any]) -> None:
    """Write an event to stdout, as one line of JSON."""
    click.echo(json.dumps({"event": event, **content}, default=str))


class LineEvents(Generic[Plan, Result]):
    """Bars on stderr, and one line on stdout at the end."""

    def __init__(
        self,
        progress: Progress,
        plan_lines: Callable[[Plan], Iterator[str]],
        result_line: Callable[[Result], str],
    ) -> None:
        """Take the bars, and what describes plans and results."""
        self.progress, self._plan_lines, self._result_line = progress, plan_lines, result_line

    def planned(self, plan: Plan, full: bool = False) -> None:
        """Print the plan in some lines if only the plan was requested."""
        if full:
            for line in self._plan_lines(plan):
                click.echo(line)

    def finished(self, result: Result) -> None:
        """Print output and speed; deviations from the request go to stderr."""
        for note in result.notes:
            click.echo(f"Note: {note}", err=True)
        click.echo(self._result_line(result))


def result_line(result: "StylizeResult") -> str:
    """Describe the result of an image in a line of text."""
    by = f", {result.backend}" if result.backend != "torch" else ""
    speed = f" in {result.seconds:.1f} s, {result.megapixels_per_second:.2f} MP/s" if result.seconds else ""
    return (
        f"{result.output}: {result.height} x {result.width} pixels{speed}"
        f" ({result.seams}{BY_STATISTICS[result.statistics]}, stroke {result.stroke}, window {result.window},"
        f" {result.device}, {result.precision}{by})"
    )


def plan_lines(plan: "StylizePlan") -> Iterator[str]:
    """Describe the plan of an image in lines of text."""
    left, top, width, height = plan.region
    yield f"source:  {plan.source}: {height} x {width} pixels from row {top}, column {left}"
    order = "only from the top" if plan.sequential else "in any order"
    rows, columns = plan.block
    yield f"reading: {rows} x {columns} pixels at once, {order}; each decoded {plan.decoded:.1f} times at most"
    yield f"output:  {plan.output}: {plan.height} x {plan.width} pixels"
    if plan.finished:
        yield "nothing to do: the output is finished"
        return
    context = f"overlapping by {plan.overlap}" if plan.overlap else f"halo {plan.halo}"
    yield (
        f"work:    {plan.shards} shards of {plan.shard} pixels; windows of {plan.window}, {plan.batch} at once, "
        f"{context}: {plan.overhead:.2f} pixels computed for each one "
        f"({plan.seams}{BY_STATISTICS[plan.statistics]})"
    )
    if "mask" in plan.maps:
        how = f"from coarse to fine, first in a copy of 1/{plan.stroke} of the size" if plan.stroke > 1 else "at once"
        yield f"filling: strength {plan.strength:g}; holes are filled {how}"
    else:
        yield style_line(plan)
    if plan.maps:
        listed = ", ".join(f"{name} {file}" for name, file in plan.maps.items())
        yield f"maps:    {listed}; feather {plan.feather} pixels; what they leave out is not computed"
    processes = (
        f"{plan.workers} process{'es' if plan.workers > 1 else ''}" if plan.workers else "the scheduler's workers"
    )
    by = f", {plan.backend}" if plan.backend != "torch" else ""
    flight = f"in each: shards in flight {plan.threads}, forward passes at once {plan.streams}"
    yield f"device:  {plan.device}, {plan.precision}{by}; {processes}; {flight}"
    names = ("process", "forward", "shards", "reader", "recent")
    yield memory_line(plan.memory, "in each process ", {name: name for name in names})
    for note in plan.notes:
        yield f"note:    {note}"


def style_line(plan: "StylizePlan | VideoPlan") -> str:
    """Describe what becomes of the model's style."""
    colors = ", colors of the source" if plan.keep_colors else ""
    times = f"{plan.stroke} times " if plan.stroke > 1 else ""
    return f"style:   strength {plan.strength:g}{colors}; strokes {times}as large as the model paints them"


def memory_line(memory: "Memory", where: str, parts: dict[str, str]) -> str:
    """Describe the memory of a plan, with parts of it under these names."""
    from tilegan.inference.parts import MIB

    listed = ", ".join(f"{name} {getattr(memory, part) / MIB:.0f}" for part, name in parts.items())
    return f"memory:  {memory.total / MIB:.0f} of {memory.limit / MIB:.0f} MiB: {where}{listed}"
