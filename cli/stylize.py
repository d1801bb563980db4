"""tilegan stylize: repaint an image or a video."""

from typing import Any

import click

from tilegan.cli.events import events_of, plan_lines, result_line
from tilegan.cli.fields import options, taken
from tilegan.cli.report import interrupted
from tilegan.cli.shared import model_option, progress_option
from tilegan.cli.video import run_video
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.register import endings
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.names import WRITTEN_VIDEOS, is_video


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option(
    "-o",
    "--output",
    metavar="NAME",
    help=f"A {endings()}; of a video, a {', '.join(WRITTEN_VIDEOS)}; of several images and folders, a folder"
    "  [default: beside the image, <stem>.<style>.<ending>]",
)
@model_option
@options(StyleOptions)
@options(LabelOptions)
@options(PassOptions)
@options(RunOptions)
@options(Reading)
@options(ExportOptions)
@click.option("--dry-run", is_flag=True, help="Print the plan and its memory, and stop.")
@progress_option
def stylize(
    images: tuple[str, ...], output: str | None, model: str, dry_run: bool, progress: str, **values: Any
) -> None:
    """Repaint IMAGE, of any size, with the style of a model.

    A video is repainted frame by frame, with one choice of style, strokes and noise for all (extra video).

    Several images, and folders of images, go to the folder of -o, as tilegan batch does it.
    """
    from tilegan.devices import keep_freed_memory
    from tilegan.images.output import is_folder_of_images
    from tilegan.pipelines import StylizeSettings, plan_stylize
    from tilegan.pipelines import stylize as run_stylize

    reading, export = taken(Reading, values), taken(ExportOptions, values)
    settings = StylizeSettings().but(reading, export, **values)
    if len(images) > 1 or is_folder_of_images(images[0]):
        if output is None:
            raise click.UsageError("several images, or a folder of them: name the folder of results by -o")
        from tilegan.cli.batch import run_batch

        run_batch(images, output, settings, dry_run, progress, model=model)
        return
    (image,) = images
    try:
        if is_video(image):
            run_video(image, output, model, settings, dry_run, progress)
            return
        with events_of(progress, plan_lines, result_line) as events:
            if dry_run:
                events.planned(plan_stylize(image, output, model, settings=settings), full=True)
                return
            keep_freed_memory()
            result = run_stylize(
                image, output, model, settings=settings, progress=events.progress, planned=events.planned
            )
            events.finished(result)
    except KeyboardInterrupt:
        interrupted("interrupted: finished parts are kept: repeat the command with --resume to continue")
