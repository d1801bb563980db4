"""tilegan convert: export a finished store to another format."""

from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options, taken
from tilegan.cli.report import pixel_bars
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.register import endings
from tilegan.inference.options import RunOptions

HELP = f"""Write STORE, a finished store, to OUTPUT ({endings()}).

Nothing is computed again. A .tif is a Cloud-Optimized GeoTIFF and keeps all source metadata.
"""


@click.command(help=HELP)
@click.argument("store")
@click.argument("output", type=click.Path(path_type=Path))
@options(ExportOptions)
@options(RunOptions, "region", "overwrite")
def convert(store: str, output: Path, **values: Any) -> None:
    """Export a store."""
    from tilegan.pipelines.convert import convert as run_convert

    export = taken(ExportOptions, values)
    with pixel_bars() as progress:
        result = run_convert(store, output, options=export, progress=progress, **values)
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    click.echo(f"{result.output}: {result.height} x {result.width} pixels in {result.seconds:.1f} s")
