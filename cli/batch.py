"""tilegan batch: repaint all images of a folder."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tilegan.cli.batch_events import batch_events_of
from tilegan.cli.fields import options, taken
from tilegan.cli.report import interrupted
from tilegan.cli.shared import model_option, progress_option
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.register import written
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions

if TYPE_CHECKING:
    from tilegan.pipelines import StylizeSettings

KINDS = ("same", *(each.name for each in written() if each.writer is not None and each.writer.companion is None))


@click.command()
@click.argument("in_dir")
@click.argument("out_dir")
@model_option
@click.option(
    "--to",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Format of the results; same: that of the image, or .tif if it is not written.",
)
@click.option("--include", multiple=True, metavar="PATTERN", help="Take only files that match, such as '*.jpg'.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out files and folders that match.")
@click.option("--watch", is_flag=True, help="Continue with new images until Ctrl-C.")
@options(StyleOptions)
@options(LabelOptions, "looks", "look_seed")
@options(PassOptions)
@options(RunOptions, "region", "shard", "memory", "workers", "scheduler", "overwrite")
@options(Reading)
@options(ExportOptions)
@click.option("--dry-run", is_flag=True, help="Print the plan, and stop.")
@progress_option
def batch(in_dir: str, out_dir: str, dry_run: bool, progress: str, **values: Any) -> None:
    """Repaint all images of IN_DIR, and of the folders in it, with the style of a model.

    Each result has the same path inside OUT_DIR. Images whose results exist are skipped, so that the same command
    continues after an interruption. OUT_DIR/results.jsonl records the outcome of each image. The exit code is 1 if any
    image failed.
    """
    from tilegan.pipelines import StylizeSettings

    chosen = {name: values.pop(name) for name in ("model", "to", "include", "exclude", "watch")}
    if chosen["watch"] and dry_run:
        raise click.UsageError("--watch waits for images, and --dry-run stops: give only one of them")
    reading, export = taken(Reading, values), taken(ExportOptions, values)
    run_batch([in_dir], out_dir, StylizeSettings().but(reading, export, **values), dry_run, progress, **chosen)


def run_batch(
    sources: Sequence[str], folder: str, settings: "StylizeSettings", dry_run: bool, progress: str, **chosen: Any
) -> None:
    """Stylize many images, and report the outcome.

    Args:
        sources: folders and images.
        folder: folder of the results.
        settings: settings of all images.
        dry_run: whether only the plan is reported.
        progress: 'bar' or 'json'.
        **chosen: further arguments of ``tilegan.pipelines.batch``.
    """
    from tilegan.devices import keep_freed_memory
    from tilegan.pipelines import batch as run_pipeline
    from tilegan.pipelines import plan_batch

    lone = sources[0] if len(sources) == 1 else list(sources)
    try:
        with batch_events_of(progress) as events:
            if dry_run:
                chosen.pop("watch", None)
                plan = plan_batch(lone, folder, settings=settings, **chosen)
                events.planned(plan, full=True)
                failed, images, where = plan.failed or 0, plan.images, "see their lines"
            else:
                keep_freed_memory()
                result = run_pipeline(
                    lone,
                    folder,
                    settings=settings,
                    planned=events.planned,
                    progress=events.image,
                    parts=events.part,
                    **chosen,
                )
                events.finished(result)
                failed, images = result.failed, result.done + result.skipped + result.failed
                where = f"see {result.results}"
    except KeyboardInterrupt:
        interrupted("interrupted: results are kept: repeat the command to continue")
    if failed:
        click.echo(f"Error: {failed} of {images} image{'' if images == 1 else 's'} failed: {where}", err=True)
        raise click.exceptions.Exit(1)
