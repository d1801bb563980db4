"""Progress on stderr, and early ends of commands."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click
from tqdm import tqdm

from tilegan.progress import Progress

if TYPE_CHECKING:
    from tilegan.pipelines.train import TrainStep

QUIET_SECONDS = 30.0  # seconds between two lines if stderr is not a terminal
PIXEL_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} MP [{elapsed}<{remaining}, {rate_noinv_fmt}]"


@contextmanager
def pixel_bars() -> Iterator[Progress]:
    """Yield a callback that draws a bar per phase: megapixels done, time left, megapixels per second.

    If stderr is not a terminal, it prints a line every half minute instead.
    """
    bars: dict[str, tqdm[Any]] = {}
    quiet = QuietLines()

    def show(phase: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            quiet.tell(f"{phase}: {done / 1e6:.1f} of {total / 1e6:.1f} MP")
            return
        if phase not in bars:
            bars[phase] = tqdm(total=total / 1e6, desc=phase, unit="MP", bar_format=PIXEL_BAR, position=len(bars))
        bars[phase].update(done / 1e6 - bars[phase].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


@contextmanager
def step_bar() -> Iterator[Callable[["TrainStep"], None]]:
    """Yield a callback that draws a bar of steps with losses and time left; lines if stderr is not a terminal."""
    bar: tqdm[Any] | None = None
    quiet = QuietLines()

    def show(step: "TrainStep") -> None:
        nonlocal bar
        values = step.figures | step.losses
        losses = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
        if not sys.stderr.isatty():
            quiet.tell(f"train: step {step.step} of {step.steps}; {losses}")
            return
        if bar is None:
            bar = tqdm(total=step.steps, initial=step.step - 1, desc="train", unit="step", dynamic_ncols=True)
        bar.set_postfix_str(losses, refresh=False)
        bar.update(step.step - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


class QuietLines:
    """Lines on stderr, one every half minute at most."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, line: str) -> None:
        """Write a line, unless one was written just before."""
        if time.monotonic() - self._last >= QUIET_SECONDS:
            self._last = time.monotonic()
            click.echo(line, err=True)


def interrupted(message: str) -> NoReturn:
    """End the command with exit code 130 after an interruption, and say what was saved."""
    click.echo(message, err=True)
    raise click.exceptions.Exit(130)
