"""tilegan stylize: repaint an image."""

from pathlib import Path

import click

from tilegan.cli.options import device_option, overwrite_option, precision_option
from tilegan.cli.report import interrupted, pixel_bar


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A .zarr, .tif, .png or .jpg  [default: beside the image, <stem>.<style>.<ending>]",
)
@click.option(
    "--model", default="vangogh", show_default=True, metavar="NAME|FILE", help="A shipped name, a file or a run folder."
)
@click.option(
    "--seams",
    type=click.Choice(["exact", "combo"]),
    default="exact",
    show_default=True,
    help="exact: as if done at once. combo: tiles side by side, as in training; cheaper.",
)
@click.option("--window", metavar="PX", type=click.IntRange(min=1), help="Side of the square translated at once.")
@click.option("--shard", metavar="PX", type=click.IntRange(min=1), help="Side of the square of one task.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@device_option
@precision_option
@overwrite_option
def stylize(
    image: Path,
    output: Path | None,
    model: str,
    seams: str,
    window: int | None,
    shard: int | None,
    resume: bool,
    device: str,
    precision: str,
    overwrite: bool,
) -> None:
    """Repaint IMAGE, of any size, with the style of a model."""
    from tilegan.pipelines.stylize import stylize as run_stylize

    try:
        with pixel_bar() as progress:
            result = run_stylize(
                image,
                output,
                model,
                seams=seams,
                window=window,
                shard=shard,
                device=device,
                precision=precision,
                overwrite=overwrite,
                resume=resume,
                progress=progress,
            )
    except KeyboardInterrupt:
        interrupted("interrupted: what is finished is kept: the same command with --resume goes on")
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    speed = f" in {result.seconds:.1f} s, {result.megapixels_per_second:.2f} MP/s" if result.seconds else ""
    click.echo(
        f"{result.output}: {result.height} x {result.width} pixels{speed}"
        f" ({result.seams}, window {result.window}, {result.device}, {result.precision})"
    )
