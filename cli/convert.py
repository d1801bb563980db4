"""tilegan convert: export a finished store again."""

from pathlib import Path
from typing import Any

import click

from tilegan.cli.options import export_options, overwrite_option, region
from tilegan.cli.report import pixel_bars


@click.command()
@click.argument("store")
@click.argument("output", type=click.Path(path_type=Path))
@export_options
@click.option("--region", metavar="X,Y,W,H", type=region, help="Only this part of the store, in its pixels.")
@overwrite_option
def convert(
    store: str,
    output: Path,
    compress: str,
    quality: int,
    lossless: bool,
    zarr_format: str,
    profile: str,
    strip: bool,
    **settings: Any,
) -> None:
    """Write STORE, which tilegan finished, to OUTPUT (.tif, .png, .jpg, .webp, .dzi or .zarr).

    Nothing is computed again. A .tif is a Cloud-Optimized GeoTIFF and keeps all that is known of the source.
    """
    from tilegan.images.formats import ExportOptions
    from tilegan.pipelines.convert import convert as run_convert

    options = ExportOptions(compress, quality, lossless, profile, strip, zarr_format)
    with pixel_bars() as progress:
        result = run_convert(store, output, options=options, progress=progress, **settings)
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    click.echo(f"{result.output}: {result.height} x {result.width} pixels in {result.seconds:.1f} s")
