"""tilegan train: learn a style from two folders of images."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tilegan.cli.fields import options
from tilegan.cli.report import interrupted, step_bar
from tilegan.cli.signals import answered
from tilegan.inference.options import PassOptions, RunOptions
from tilegan.methods.siamese_settings import SiameseSettings
from tilegan.training.options import (
    ANEW,
    Contents,
    Learning,
    MethodOptions,
    NetworkOptions,
    Pairing,
    TimeOptions,
    Upkeep,
)

if TYPE_CHECKING:
    from tilegan.pipelines.train import TrainPlan, TrainResult

METHOD_OPTIONS = ("margin", "content_weight", "lightness", "palette", "tone_weight")  # others by --set


@click.command()
@click.argument("source_dir", required=False, type=click.Path())
@click.argument("target_dir", required=False, type=click.Path())
@click.option("-o", "--output", metavar="RUN", type=click.Path(), help="Run folder  [default: runs/<target folder>]")
@click.option("--resume", metavar="RUN", type=click.Path(), help="Continue a run; takes folders only if they moved.")
@options(TimeOptions)
@options(Learning, given=True)
@options(Pairing)
@options(Contents)
@options(MethodOptions)
@options(SiameseSettings, *METHOD_OPTIONS, given=True)
@options(NetworkOptions)
@options(Upkeep)
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
@click.pass_context
def train(
    context: click.Context,
    /,
    source_dir: str | None,
    target_dir: str | None,
    output: str | None,
    resume: str | None,
    dry_run: bool,
    **values: Any,
) -> None:
    """Learn the style of the images in TARGET_DIR, or of one image file, for images like those in SOURCE_DIR.

    Give only SOURCE_DIR for images side by side, derived sources, and methods that learn to enlarge or to fill holes.
    Writes a run folder with samples, curves, checkpoints and the model, translator.safetensors. Ctrl-C saves first;
    --resume RUN then continues, with SOURCE_DIR and TARGET_DIR if these have moved. `tilegan methods` lists the methods
    with their defaults.
    """
    from tilegan.devices import keep_freed_memory
    from tilegan.pipelines.train import plan
    from tilegan.pipelines.train import resume as run_resume
    from tilegan.pipelines.train import train as run_train
    from tilegan.training.processes import rank

    keep_freed_memory()
    stopper = _Stopper()
    if resume is not None:
        _refuse_with_resume(context)
        kept = {name: values[name] for name in ("instances", "steps", "time_limit")}
        with stopper.installed(), step_bar() as progress:
            result = run_resume(resume, source_dir, target_dir, progress=progress, stop=stopper.asked, **kept)
    else:
        if source_dir is None:
            raise click.UsageError("folders are needed: SOURCE_DIR and, for most methods, TARGET_DIR (or --resume RUN)")
        if values["init"] not in (None, ANEW) and (values["generator"] or values["generator_set"]):
            raise click.UsageError(
                "--init continues with the model's own generator: leave out --generator and --generator-set"
            )
        if dry_run:
            _print_plan(plan(source_dir, target_dir, **values))
            return
        with stopper.installed(), step_bar() as progress:
            result = run_train(source_dir, target_dir, output, progress=progress, stop=stopper.asked, **values)
    if rank() > 0:  # the first of several processes reports for all
        return
    if stopper.asked():
        interrupted(f"stopped at step {result.steps} and saved: continue with tilegan train --resume {result.run}")
    _print_result(result)


def _refuse_with_resume(context: click.Context) -> None:
    """Refuse settings with --resume: a resumed run keeps those of its start; its folders may have moved."""
    allowed = {"resume", "steps", "time_limit", "source_dir", "target_dir", "instances"}
    from_command_line = click.core.ParameterSource.COMMANDLINE
    given = [
        each for each in context.command.params if context.get_parameter_source(each.name or "") is from_command_line
    ]
    extra = [each for each in given if each.name not in allowed]
    if extra:
        names = ", ".join(each.opts[-1].lstrip("-").replace("_", "-") for each in extra)
        raise click.UsageError(f"--resume continues with the settings of the run; leave out: {names}")


def _print_result(result: "TrainResult") -> None:
    losses = ", ".join(f"{name} {value:.3f}" for name, value in (result.losses | result.figures).items())
    click.echo(f"{result.model}: {result.steps} steps in {result.seconds / 60:.1f} minutes; {losses}")
    if not result.finished:
        click.echo(f"not all steps done: continue with tilegan train --resume {result.run}")


def _print_plan(made: "TrainPlan") -> None:
    click.echo(f"images     {made.source_images} source, {made.target_images} target")
    click.echo(f"cache      {made.cache_needed / 1e6:.0f} MB of reduced images, {made.cache / 1e6:.0f} MB allowed")
    click.echo(f"start      {made.init or 'from scratch'}")
    click.echo("parameters " + ", ".join(f"{count} {name}" for name, count in made.parameters.items()))
    click.echo(f"device     {made.device}, {made.precision}")
    minutes = made.steps * made.seconds_per_step / 60
    click.echo(f"time       {made.steps} steps of {made.seconds_per_step:.2f} s: about {minutes:.0f} minutes")


class _Stopper:
    """Stops training between steps on Ctrl-C or SIGTERM; interrupts it before the first step, or on a second signal."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._training = False

    def asked(self) -> bool:
        self._training = True
        return self._event.is_set()

    @contextmanager
    def installed(self) -> Iterator[None]:
        with answered(["SIGINT", "SIGTERM"], self._note):
            yield

    def _note(self, *_: object) -> None:
        if self._event.is_set() or not self._training:
            raise KeyboardInterrupt
        self._event.set()
