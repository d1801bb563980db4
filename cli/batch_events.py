"""Events of `tilegan batch`: text for people, or one JSON event per line for batch systems."""

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click
from tqdm import tqdm

from tilegan.cli.events import json_errors, write_event
from tilegan.cli.report import QuietLines

if TYPE_CHECKING:
    from tilegan.pipelines import BatchImage, BatchPlan, BatchResult

FAILED = "failed"
SHOWN = 20  # failed images that a dry run lists


class BatchEvents(Protocol):
    """Receiver of the events of a batch."""

    def planned(self, plan: "BatchPlan", full: bool = False) -> None:
        """Report the plan; ``full`` if only the plan was requested."""

    def image(self, image: "BatchImage") -> None:
        """Report the outcome of an image."""

    def part(self, path: str, phase: str, done: int, total: int) -> None:
        """Report the progress of a large image."""

    def finished(self, result: "BatchResult") -> None:
        """Report the result."""


@contextmanager
def batch_events_of(kind: str) -> Iterator[BatchEvents]:
    """Yield events as 'bar' (for people) or 'json' (one object per line on stdout)."""
    if kind == "json":
        with json_errors():
            yield JsonBatchEvents()
        return
    events = LineBatchEvents()
    try:
        yield events
    finally:
        events.close()


class JsonBatchEvents:
    """``plan``, ``image`` (finished), ``part`` (of a large image), ``finished``, ``error`` and ``interrupted``."""

    def __init__(self) -> None:
        self._ended = self._images = 0

    def planned(self, plan: "BatchPlan", full: bool = False) -> None:  # noqa: ARG002 - it is always full
        """Report the whole plan."""
        self._images = plan.images
        write_event("plan", dataclasses.asdict(plan))

    def image(self, image: "BatchImage") -> None:
        """Report the line in the file of results, and the number of finished images out of those found at the start."""
        self._ended += 1
        write_event("image", dataclasses.asdict(image) | {"ended": self._ended, "images": self._images})

    def part(self, path: str, phase: str, done: int, total: int) -> None:
        """Report a finished shard, or a part of the export."""
        write_event("part", {"path": path, "phase": phase, "done": done, "total": total})

    def finished(self, result: "BatchResult") -> None:
        """Report the whole result."""
        write_event("finished", dataclasses.asdict(result))


class LineBatchEvents:
    """A bar and failed images on stderr, and one line on stdout at the end."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._quiet = QuietLines()
        self._ended = self._failed = self._images = 0

    def planned(self, plan: "BatchPlan", full: bool = False) -> None:
        """Print notes; or the plan in some lines if only the plan was requested."""
        if full:
            for line in plan_lines(plan):
                click.echo(line)
            return
        for note in plan.notes:
            click.echo(f"Note: {note}", err=True)
        self._images = plan.images
        if sys.stderr.isatty():
            self._bar = tqdm(total=plan.images, desc="batch", unit="image")

    def image(self, image: "BatchImage") -> None:
        """Print the error of a failed image, and count finished images."""
        self._ended += 1
        if image.status == FAILED:
            self._failed += 1
            tqdm.write(f"Failed: {failure(image)}", file=sys.stderr)
        if self._bar is not None:
            self._bar.total = max(self._images, self._ended)
            self._bar.update()
            return
        failed = f", {self._failed} failed" if self._failed else ""
        self._quiet.tell(f"batch: {self._ended} of {self._images} images{failed}")

    def part(self, path: str, phase: str, done: int, total: int) -> None:
        """Show the progress of a large image beside the bar."""
        name = path.replace("\\", "/").rpartition("/")[2]
        line = f"{name}: {phase} {done / 1e6:.1f} of {total / 1e6:.1f} MP"
        if self._bar is not None:
            self._bar.set_postfix_str(line if done < total else "")
        else:
            self._quiet.tell(line)

    def finished(self, result: "BatchResult") -> None:
        """Print the numbers of images, and the speed."""
        self.close()
        counts = f"{result.done} made, {result.skipped} skipped, {result.failed} failed"
        others = sum(result.passed_over.values())
        passed = f", {others} other file{'' if others == 1 else 's'} passed over" if others else ""
        click.echo(
            f"{result.output}: {counts}{passed}; "
            f"{result.megapixels:.1f} MP in {result.seconds:.1f} s, {result.megapixels_per_second:.2f} MP/s"
        )

    def close(self) -> None:
        """Close the bar and leave it visible."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def plan_lines(plan: "BatchPlan") -> Iterator[str]:
    """Describe a plan in lines of text."""
    yield f"images:  {plan.images}"
    if plan.passed_over:
        yield f"others:  {_listed(plan.passed_over)}: passed over"
    yield f"to make: {plan.to_make}, {plan.megapixels or 0:.1f} MP, in {plan.output}"
    yield f"skipped: {plan.skipped}: their outputs exist"
    yield f"failed:  {plan.failed}"
    for image in plan.failures[:SHOWN]:
        yield f"  {failure(image)}"
    if len(plan.failures) > SHOWN:
        yield f"  and {len(plan.failures) - SHOWN} more"
    for note in plan.notes:
        yield f"note:    {note}"


def failure(image: "BatchImage") -> str:
    """Return the error of a failed image, with its name."""
    error = image.error or ""
    return error if image.path in error else f"{image.path}: {error}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
