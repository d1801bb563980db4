"""tilegan sample: a landscape to try things out on."""

from pathlib import Path

import click

from tilegan.cli.options import height_width, overwrite_option
from tilegan.cli.report import pixel_bars


@click.command()
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
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Chooses the landscape and its light."
)
@overwrite_option
def sample(output: Path, shape: tuple[int, int], seed: int, overwrite: bool) -> None:
    """Write a procedural landscape of any size to OUTPUT (.png, .jpg, .tif or .zarr).

    The same size and seed give the same pixels. Memory use does not grow with the size.
    """
    from tilegan.pipelines.sample import sample as write_sample

    with pixel_bars() as progress:
        result = write_sample(output, *shape, seed=seed, overwrite=overwrite, progress=progress)
    click.echo(f"{result.output}: {result.height} x {result.width} pixels in {result.seconds:.1f} s")
