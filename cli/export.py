"""tilegan export: write a model for other programs."""

from pathlib import Path

import click

from tilegan.cli.fields import options
from tilegan.cli.options import style_shares
from tilegan.inference.options import StyleOptions


@click.command()
@click.argument("model")
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--style", type=style_shares, metavar="NAME[=SHARE],...", help="Style of a model with several styles.")
@options(StyleOptions, "code")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
def export(model: str, output: Path, style: dict[str, float] | None, code: dict[str, float], overwrite: bool) -> None:
    """Write MODEL to OUTPUT (.onnx, .pt2) for other programs, for images of any size, and check it by running it.

    .onnx is for ONNX Runtime, .pt2 for torch.export.load of the same version of torch or a later one.

    It takes and makes RGB from 0 to 1, (N, 3, height, width), with sides that are multiples of the stride.
    """
    from tilegan.pipelines.export import export as run_export

    made = run_export(model, output, style=style, code=code, overwrite=overwrite)
    for note in made.notes:
        click.echo(f"Note: {note}", err=True)
    kept = f"halo {made.halo}, stride {made.stride}, scale {made.scale}"
    checked = f"{made.levels:.2g} levels from torch in {made.where}"
    click.echo(f"{made.output}: {kept}, {checked}, in {made.seconds:.1f} s")
