"""tilegan stylize: repaint an image."""

from typing import Any

import click

from tilegan.cli.events import events_of
from tilegan.cli.options import (
    byte_count,
    device_option,
    export_options,
    label_looks,
    precision_option,
    reading_options,
    region,
    stroke,
    style_option,
)
from tilegan.cli.report import interrupted


@click.command()
@click.argument("image")
@click.option(
    "-o",
    "--output",
    metavar="NAME",
    help="A .zarr, .tif, .png, .jpg, .webp or .dzi  [default: beside the image, <stem>.<style>.<ending>]",
)
@click.option(
    "--model",
    default="vangogh",
    show_default=True,
    metavar="NAME|FILE",
    help="A name that tilegan models lists, a file or a run folder.",
)
@click.option(
    "--seams",
    type=click.Choice(["exact", "combo"]),
    default="exact",
    show_default=True,
    help="exact: as if done at once. combo: tiles side by side, as in training; cheaper.",
)
@click.option(
    "--strength",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Of the style: 0 is the image itself, 1 all of the style.",
)
@click.option("--keep-colors", is_flag=True, help="The image's colours; lightness and texture of the style.")
@click.option(
    "--stroke",
    metavar="auto|N",
    type=stroke,
    default="auto",
    show_default=True,
    help="Strokes N times as large as the model paints them; auto: as large, within the whole picture, as in training.",
)
@style_option
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    help="Of a model with noise: another painting of the same picture.  [default: 0]",
)
@click.option(
    "--statistics",
    type=click.Choice(["tile", "thumbnail", "global", "interpolated"]),
    help="Of a model with instance norms: of each tile (combo only), a thumbnail, the whole image, or its tiles, "
    "interpolated; for the last two it is looked at once for each norm  [default: thumbnail]",
)
@click.option(
    "--look",
    "looks",
    metavar="LABEL=LOOK,...",
    type=label_looks,
    help="Of a model of label maps with several looks: that of a label, by number from 0 or name, or of an instance: "
    "2=4,water=1,#17=3.",
)
@click.option(
    "--look-seed", metavar="N", type=click.IntRange(min=0), help="Draws the looks of its other labels and instances."
)
@click.option(
    "--instances",
    metavar="FILE",
    help="Numbers that tell the objects of a label map apart, 0 for none: one band of 8 or 16 bits.",
)
@click.option("--region", metavar="X,Y,W,H", type=region, help="Only this part of the image, in its pixels.")
@click.option("--memory", metavar="SIZE", type=byte_count, help="All that may be taken, such as 2GB; the rest adapts.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Processes that share the cores or the GPUs.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster whose workers see the same disk, instead.")
@click.option("--window", metavar="PX", type=click.IntRange(min=1), help="Side of the square translated at once.")
@click.option("--shard", metavar="PX", type=click.IntRange(min=1), help="Side of the square of one task.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and what memory it takes; then stop.")
@reading_options
@export_options
@device_option
@precision_option
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace an output that exists; without --resume, unfinished work on it is thrown away.",
)
@click.option(
    "--progress",
    type=click.Choice(["bar", "json"]),
    default="bar",
    show_default=True,
    help="json: an event a line on stdout, the result among them.",
)
def stylize(
    image: str,
    output: str | None,
    model: str,
    dry_run: bool,
    progress: str,
    bands: tuple[int, ...] | None,
    stretch: str | None,
    depth: str,
    plane: dict[str, int] | None,
    allow_truncated: bool,
    compress: str,
    quality: int,
    lossless: bool,
    zarr_format: str,
    profile: str,
    strip: bool,
    **settings: Any,
) -> None:
    """Repaint IMAGE, of any size, with the style of a model."""
    from tilegan.devices import keep_freed_memory
    from tilegan.images.formats import ExportOptions
    from tilegan.images.origin import Reading
    from tilegan.pipelines import plan_stylize
    from tilegan.pipelines import stylize as run_stylize

    settings["reading"] = Reading(bands, stretch, depth, plane or {}, allow_truncated)
    settings["options"] = ExportOptions(compress, quality, lossless, profile, strip, zarr_format)
    try:
        with events_of(progress) as events:
            if dry_run:
                events.planned(plan_stylize(image, output, model, **settings), full=True)
                return
            keep_freed_memory()
            result = run_stylize(image, output, model, progress=events.progress, planned=events.planned, **settings)
            events.finished(result)
    except KeyboardInterrupt:
        interrupted("interrupted: what is finished is kept: the same command with --resume goes on")
