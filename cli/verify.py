"""tilegan verify: check a store for damage."""

import click

from tilegan.cli.report import pixel_bars
from tilegan.errors import ImageError

SHOWN = 20  # damaged shards that are listed


@click.command()
@click.argument("store")
def verify(store: str) -> None:
    """Check every chunk of STORE, an OME-Zarr image, against its checksum.

    Damaged shards are listed, and the exit code is then 1.
    """
    from tilegan.pipelines.verify import verify as run_verify

    with pixel_bars() as progress:
        result = run_verify(store, progress)
    for note in result.notes:
        click.echo(f"Note: {note}", err=True)
    for damage in result.damaged[:SHOWN]:
        click.echo(f"level {damage.level}, shard ({damage.row}, {damage.column}): {damage.what}", err=True)
    if len(result.damaged) > SHOWN:
        click.echo(f"and {len(result.damaged) - SHOWN} more", err=True)
    if result.damaged:
        raise ImageError(
            f"damaged store: {result.store}: {len(result.damaged)} of {result.shards} shards: "
            "stylize again with --overwrite"
        )
    click.echo(f"{result.store}: ok: {result.shards} shards, {result.pixels / 1e6:.1f} MP in {result.seconds:.1f} s")
