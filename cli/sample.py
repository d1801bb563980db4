"""tilegan sample: write a landscape as a test image."""

from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.options import bounds, height_width
from tilegan.cli.report import pixel_bars
from tilegan.images.formats.register import endings
from tilegan.inference.options import RunOptions

HELP = f"""Write a procedural landscape of any size to OUTPUT ({endings()}).

The same size and seed give the same pixels. Memory use does not grow with the size.
"""


@click.command(help=HELP)
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--size",
    "shape",
    metavar="HxW",
    type=height_width,
    default="900x1200",
    show_default=True,
    help="Height and width in pixels.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the landscape and its light."
)
@click.option("--crs", metavar="NAME", help="Coordinate reference system, such as EPSG:32631.")
@click.option(
    "--bounds",
    metavar="L,B,R,T",
    type=bounds,
    help="Bounds in the CRS: left, bottom, right, top  [default: one unit per pixel, from 0,0]",
)
@options(RunOptions, "overwrite")
def sample(output: Path, shape: tuple[int, int], **settings: Any) -> None:
    """Write a landscape."""
    from tilegan.pipelines.sample import sample as write_sample

    with pixel_bars() as progress:
        result = write_sample(output, *shape, progress=progress, **settings)
    click.echo(f"{result.output}: {result.height} x {result.width} pixels in {result.seconds:.1f} s")
