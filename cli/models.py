"""tilegan models: list the bundled models, and paint a photograph with all of them."""

from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.report import pixel_bars
from tilegan.inference.options import PassOptions, RunOptions


@click.command()
@click.option("--sheet", "photograph", metavar="PHOTO", help="Stylize this photo with all models, in one sample grid.")
@click.option(
    "-o", "--output", metavar="NAME", help="Output of --sheet  [default: beside the photo, <stem>.models.<ending>]"
)
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
def models(photograph: str | None, **settings: Any) -> None:
    """List the bundled models and styles, the names for --model, and describe their styles.

    The sample grid of --sheet is a .png, .jpg or .webp that begins with the photograph, reduced to a short side of 512
    pixels.
    """
    if photograph is not None:
        from tilegan.pipelines.model_sheet import model_sheet

        with pixel_bars() as progress:
            result = model_sheet(photograph, progress=progress, **settings)
        size = f"{result.height} x {result.width} pixels"
        click.echo(f"{result.output}: {', '.join(result.names)}: {size} in {result.seconds:.1f} s")
        return
    if settings["output"] is not None or settings["overwrite"]:
        raise click.UsageError("a list is not written to a file: give a photograph with --sheet, or leave out -o")
    from tilegan.pipelines.models import models as list_models

    rows = [("  " * bool(model.style) + model.name, model.summary) for model in list_models()]
    width = max(len(name) for name, _ in rows)
    for name, summary in rows:
        click.echo(f"{name:<{width}}  {summary}")
