"""Events of `tilegan stylize`: text for people, or one JSON event per line for batch systems."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from tilegan.cli.report import pixel_bars
from tilegan.errors import TileganError
from tilegan.progress import Progress

if TYPE_CHECKING:
    from tilegan.pipelines import StylizePlan, StylizeResult

MIB = 2**20
# guarantees of a model with instance norms, by the source of its statistics
BY_STATISTICS = {
    "": "",
    "tile": ", each tile with its own statistics",
    "thumbnail": " for statistics of a thumbnail",
    "global": " for statistics of the whole image",
    "interpolated": " for statistics of neighboring tiles, interpolated",
}


class Events(Protocol):
    """Receiver of the events of a command."""

    @property
    def progress(self) -> Progress:
        """Callback for finished parts."""
        ...

    def planned(self, plan: "StylizePlan", full: bool = False) -> None:
        """Report the plan; ``full`` if only the plan was requested."""

    def finished(self, result: "StylizeResult") -> None:
        """Report the result."""


@contextmanager
def events_of(kind: str) -> Iterator[Events]:
    """Yield events as 'bar' (for people) or 'json' (one object per line on stdout)."""
    if kind == "json":
        with json_errors():
            yield JsonEvents()
    else:
        with pixel_bars() as progress:
            yield LineEvents(progress)


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
    """``plan``, ``shard`` (a finished shard, with the pixels so far), ``finished``, ``error`` and ``interrupted``."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """Report a finished shard; 'export' counts bands of rows or blocks."""
        write_event("shard", {"phase": phase, "done": done, "total": total})

    def planned(self, plan: "StylizePlan", full: bool = False) -> None:  # noqa: ARG002 - it is always full
        """Report the whole plan."""
        content = dataclasses.asdict(plan)
        content["memory"]["total"] = plan.memory.total
        write_event("plan", content)

    def finished(self, result: "StylizeResult") -> None:
        """Report the whole result."""
        write_event("finished", dataclasses.asdict(result))


def write_event(event: str, content: dict[str, Any]) -> None:
    """Write an event to stdout, as one line of JSON."""
    click.echo(json.dumps({"event": event, **content}, default=str))


class LineEvents:
    """Bars on stderr, and one line on stdout at the end."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def planned(self, plan: "StylizePlan", full: bool = False) -> None:
        """Print the plan in some lines if only the plan was requested."""
        if full:
            for line in plan_lines(plan):
                click.echo(line)

    def finished(self, result: "StylizeResult") -> None:
        """Print output and speed; deviations from the request go to stderr."""
        for note in result.notes:
            click.echo(f"Note: {note}", err=True)
        by = f", {result.backend}" if result.backend != "torch" else ""
        speed = f" in {result.seconds:.1f} s, {result.megapixels_per_second:.2f} MP/s" if result.seconds else ""
        click.echo(
            f"{result.output}: {result.height} x {result.width} pixels{speed}"
            f" ({result.seams}{BY_STATISTICS[result.statistics]}, stroke {result.stroke}, window {result.window},"
            f" {result.device}, {result.precision}{by})"
        )


def plan_lines(plan: "StylizePlan") -> Iterator[str]:
    """Describe a plan in lines of text."""
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
    colors = ", colors of the source" if plan.keep_colors else ""
    times = f"{plan.stroke} times " if plan.stroke > 1 else ""
    if "mask" in plan.maps:
        how = f"from coarse to fine, first in a copy of 1/{plan.stroke} of the size" if times else "at once"
        yield f"filling: strength {plan.strength:g}{colors}; holes are filled {how}"
    else:
        yield f"style:   strength {plan.strength:g}{colors}; strokes {times}as large as the model paints them"
    if plan.maps:
        listed = ", ".join(f"{name} {file}" for name, file in plan.maps.items())
        yield f"maps:    {listed}; feather {plan.feather} pixels; what they leave out is not computed"
    processes = (
        f"{plan.workers} process{'es' if plan.workers > 1 else ''}" if plan.workers else "the scheduler's workers"
    )
    by = f", {plan.backend}" if plan.backend != "torch" else ""
    flight = f"in each: shards in flight {plan.threads}, forward passes at once {plan.streams}"
    yield f"device:  {plan.device}, {plan.precision}{by}; {processes}; {flight}"
    memory = plan.memory
    parts = {name: getattr(memory, name) for name in ("process", "forward", "shards", "reader", "recent")}
    listed = ", ".join(f"{name} {size / MIB:.0f}" for name, size in parts.items())
    yield f"memory:  {memory.total / MIB:.0f} of {memory.limit / MIB:.0f} MiB: in each process {listed}"
    for note in plan.notes:
        yield f"note:    {note}"
