"""tilegan codes: draw what the codes of a model change."""

from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.options import style_shares
from tilegan.cli.report import pixel_bars
from tilegan.inference.options import PassOptions, RunOptions


@click.command()
@click.argument("model")
@click.argument("photograph", metavar="PHOTO")
@click.option(
    "-o", "--output", metavar="NAME", help="A .png, .jpg or .webp  [default: beside the photo, <stem>.codes.<ending>]"
)
@click.option(
    "--short-side",
    type=click.IntRange(min=16),
    default=512,
    show_default=True,
    metavar="PX",
    help="Short side to which the photo is reduced first, in pixels.",
)
@click.option("--style", type=style_shares, metavar="NAME[=SHARE],...", help="Style of a model with several styles.")
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
def codes(model: str, photograph: str, **settings: Any) -> None:
    """Stylize PHOTO with values of each code of MODEL, in one sample grid, and tell what they change.

    MODEL was trained with --codes. Each row of the grid shows one code, with the others at their defaults. Changes are
    means between -1 and 1, or over all pairs of categories: of 8-bit levels, of colors in units of Lab, and of the
    statistics of frozen features, in percent of the change from the photo to the painting.
    """
    from tilegan.pipelines.code_sheet import code_sheet

    with pixel_bars() as progress:
        result = code_sheet(model, photograph, progress=progress, **settings)
    click.echo(f"{result.output}: {result.height} x {result.width} pixels in {result.seconds:.1f} s")
    for name, change in result.changes.items():
        told = f"{change.levels:.1f} levels, {change.lab:.1f} Lab, features {change.features:.0%}"
        nothing = ": hardly changes the manner" if change.visible else ": does nothing that is visible"
        click.echo(f"{name:<4}{told}" + ("" if change.of_manner else nothing))
