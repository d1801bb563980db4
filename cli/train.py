"""tilegan train: learn a style from two folders of images."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.options import (
    assignment,
    byte_count,
    direction_option,
    duration,
    instances_option,
    paired_option,
)
from tilegan.cli.report import interrupted, step_bar
from tilegan.cli.signals import answered
from tilegan.inference.options import PassOptions, RunOptions

RATE_OPTIONS = ("learning_rate", "discriminator_rate", "rate_decay")
OPTIONS = ("steps", "tile_size", "short_side", "batch", *RATE_OPTIONS, "hold_out", "seed")
METHOD_OPTIONS = ("margin", "content_weight", "lightness", "palette", "tone_weight")


@click.command()
@click.argument("source_dir", required=False, type=click.Path())
@click.argument("target_dir", required=False, type=click.Path())
@click.option("-o", "--output", metavar="RUN", type=click.Path(), help="Run folder  [default: runs/<target folder>]")
@click.option("--resume", metavar="RUN", type=click.Path(), help="Go on with a run; takes folders only if they moved.")
@click.option("--init", metavar="MODEL", help="Start from a finished model (fine-tuning): a name, file or run folder.")
@click.option(
    "--steps", type=click.IntRange(min=1), help="Steps in all; with --resume, train on to this one  [default: 6000]"
)
@click.option("--time", "time_limit", metavar="TIME", type=duration, help="Stop and save after 90s, 30m or 2h.")
@click.option("--tile-size", metavar="PX", type=int, help="Side S of a tile; crops are 2S x 2S.")
@click.option("--short-side", metavar="PX", type=int, help="Reduce images to this short side first.")
@click.option("--batch", metavar="N", type=int, help="Crops per step  [default: 4]")
@click.option("--learning-rate", metavar="RATE", type=float, help="Learning rate of the generator (Adam).")
@click.option("--discriminator-rate", metavar="RATE", type=float, help="Learning rate of the discriminator (Adam).")
@paired_option
@direction_option
@click.option(
    "--derive",
    metavar="WHAT",
    default="",
    help="Derive the sources of pairs from the images of one folder: gray or edges.",
)
@click.option("--styles", is_flag=True, help="Each folder in TARGET_DIR is a style: one model learns them all.")
@click.option("--labels", metavar="TABLE", help="SOURCE_DIR holds label maps: file with their colors, or auto.")
@instances_option
@click.option("--method", default="siamese", show_default=True, help="Training method; `tilegan methods` lists them.")
@click.option("--set", "numbers", metavar="NAME=VALUE", multiple=True, type=assignment, help="A setting of the method.")
@click.option("--margin", type=float, help="Margin of the Siamese loss: length to which translations are pushed away.")
@click.option("--content-weight", metavar="W", type=float, help="Weight of the content loss.")
@click.option(
    "--lightness", metavar="P", type=float, help="Share of the targets' lightness: 1 matches it, 0 keeps the source's."
)
@click.option(
    "--palette",
    metavar="P",
    type=float,
    help="Share of the targets' hue and chroma: 1 matches them, 0 keeps the source's.",
)
@click.option("--tone-weight", metavar="W", type=float, help="Weight of the loss on mean colors of areas.")
@click.option(
    "--rate-decay",
    metavar="SHARE",
    type=float,
    help="Last share of the steps, in which learning rates fall  [default: 0.5]",
)
@click.option("--hold-out", metavar="N", type=int, help="Hold out every N-th file, for metrics  [default: none]")
@click.option("--context", "with_context", is_flag=True, help="Let the generator see a thumbnail of the whole image.")
@click.option(
    "--generator",
    "network",
    type=click.Choice(["residual", "unet", "resnet"]),
    help="Generator in place of the method's; resnet is CycleGAN's.",
)
@click.option(
    "--generator-set",
    "network_numbers",
    metavar="NAME=NUMBER",
    multiple=True,
    type=assignment,
    help="Number of the generator's architecture, such as downs=8.",
)
@click.option(
    "--norm",
    type=click.Choice(["channel", "instance", "batch"]),
    help="Norm of the generator: channel and batch allow exact seams; most papers use instance  [default: channel]",
)
@click.option("--seed", type=int, help="Seed of initial weights and crops  [default: 0]")
@click.option(
    "--cache", metavar="SIZE", type=byte_count, default="2GB", show_default=True, help="Memory of cached images."
)
@click.option(
    "--sample-every",
    metavar="N",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Steps between samples.",
)
@click.option(
    "--checkpoint-every",
    metavar="N",
    type=click.IntRange(min=1),
    default=250,
    show_default=True,
    help="Steps between checkpoints.",
)
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
@click.pass_context
def train(context: click.Context, /, source_dir: str | None, target_dir: str | None, **options: Any) -> None:
    """Learn the style of the images in TARGET_DIR, to be applied to images like those in SOURCE_DIR.

    Files that hold both side by side, sources that are derived, and methods that learn to enlarge take SOURCE_DIR
    alone. Writes a run folder with samples, curves, checkpoints and the model, translator.safetensors. Ctrl-C saves
    first; --resume RUN then goes on, with SOURCE_DIR and TARGET_DIR if these have moved. `tilegan methods` lists the
    methods, and the defaults that are theirs.
    """
    from tilegan.devices import keep_freed_memory
    from tilegan.pipelines.train import TrainResult
    from tilegan.pipelines.train import resume as run_resume
    from tilegan.pipelines.train import train as run_train
    from tilegan.training.processes import rank

    keep_freed_memory()
    stopper = _Stopper()
    common: dict[str, Any] = {"time_limit": options["time_limit"], "stop": stopper.asked}
    result: TrainResult
    if options["resume"] is not None:
        _refuse_with_resume(context)
        places = {"source": source_dir, "target": target_dir, "instances": options["instances"]}
        with stopper.installed(), step_bar() as progress:
            result = run_resume(options["resume"], steps=options["steps"], progress=progress, **places, **common)
    else:
        if source_dir is None:
            raise click.UsageError("folders are needed: SOURCE_DIR and, for most methods, TARGET_DIR (or --resume RUN)")
        if options["init"] is not None and (options["network"] or options["network_numbers"]):
            raise click.UsageError(
                "--init goes on with the model's own generator: leave --generator and its numbers out"
            )
        chosen = {name: options[name] for name in ("init", "device", "precision", "cache")}
        chosen |= {name: options[name] for name in ("paired", "direction", "derive", "styles", "labels", "instances")}
        chosen["settings"] = _settings(options)
        if options["dry_run"]:
            _print_plan(source_dir, target_dir, chosen)
            return
        every = {name: options[name] for name in ("sample_every", "checkpoint_every", "overwrite")}
        with stopper.installed(), step_bar() as progress:
            result = run_train(
                source_dir, target_dir, options["output"], progress=progress, **chosen, **every, **common
            )
    if rank() > 0:  # the first of several processes tells what they have done
        return
    if stopper.asked():
        interrupted(f"stopped at step {result.steps} and saved: go on with tilegan train --resume {result.run}")
    losses = ", ".join(f"{name} {value:.3f}" for name, value in (result.losses | result.figures).items())
    click.echo(f"{result.model}: {result.steps} steps in {result.seconds / 60:.1f} minutes; {losses}")
    if not result.finished:
        click.echo(f"not all steps done: go on with tilegan train --resume {result.run}")


def _settings(options: dict[str, Any]) -> Any:
    """The settings that were given, over the method's defaults."""
    from tilegan.methods.registry import method_settings
    from tilegan.networks.build import DEFAULT_CONTEXT, NAMED_GENERATORS, with_norm, with_numbers
    from tilegan.training.settings import TrainSettings

    given = {name: value for name, value in options.items() if value is not None}
    own = {name: given[name] for name in METHOD_OPTIONS if name in given}
    settings = TrainSettings.of(
        method_settings(options["method"], own | dict(options["numbers"])),
        **{name: given[name] for name in OPTIONS if name in given},
    )
    generator = dict(NAMED_GENERATORS[options["network"]]) if options["network"] else settings.generator
    generator = with_numbers(generator, dict(options["network_numbers"]))
    if options["norm"]:
        generator = with_norm(generator, options["norm"])
    if options["with_context"]:
        generator = generator | {"context": DEFAULT_CONTEXT}
    return replace(settings, generator=generator)


def _refuse_with_resume(context: click.Context) -> None:
    """A resumed run keeps the settings it was started with; its folders may have moved."""
    allowed = {"resume", "steps", "time_limit", "source_dir", "target_dir", "instances"}
    from_command_line = click.core.ParameterSource.COMMANDLINE
    given = [
        each for each in context.command.params if context.get_parameter_source(each.name or "") is from_command_line
    ]
    extra = [each for each in given if each.name not in allowed]
    if extra:
        names = ", ".join(each.opts[-1].lstrip("-").replace("_", "-") for each in extra)
        raise click.UsageError(f"--resume goes on as the run was started; leave out: {names}")


def _print_plan(source_dir: str, target_dir: str | None, chosen: dict[str, Any]) -> None:
    from tilegan.pipelines.train import plan

    made = plan(source_dir, target_dir, **chosen)
    click.echo(f"images     {made.source_images} source, {made.target_images} target")
    click.echo(f"cache      {made.cache_needed / 1e6:.0f} MB of reduced images, {made.cache / 1e6:.0f} MB allowed")
    click.echo("parameters " + ", ".join(f"{count} {name}" for name, count in made.parameters.items()))
    click.echo(f"device     {made.device}, {made.precision}")
    minutes = made.steps * made.seconds_per_step / 60
    click.echo(f"time       {made.steps} steps of {made.seconds_per_step:.2f} s: about {minutes:.0f} minutes")


class _Stopper:
    """Turns a Ctrl-C or SIGTERM between steps into a wish to stop; before the first step, or twice, it interrupts."""

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
