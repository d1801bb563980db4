"""tilegan import: turn a network of another program into a model."""

from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options, taken
from tilegan.cli.info import network_rows, show
from tilegan.foreign.options import ImportOptions


@click.command("import")
@click.argument("network", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The model's file.  [default: NETWORK's name, .safetensors]",
)
@click.option("--name", metavar="NAME", help="Name of the style.  [default: that of the file]")
@click.option("--picture", metavar="IMAGE", help="Image to try it on.  [default: a procedural landscape]")
@options(ImportOptions)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
def import_network(
    network: Path, output: Path | None, name: str | None, picture: str | None, overwrite: bool, **values: Any
) -> None:
    """Turn NETWORK into a model that stylize runs, and tell how it can be run in windows.

    NETWORK is ONNX (.onnx), torch.export (.pt2), TorchScript (.pt), or weights (.pth, .safetensors) of a generator of
    CycleGAN, CUT or pix2pix, or of an upscaler.

    What is not given is found by trial or assumed: layout, range of values, normalization, order of colors.
    """
    from tilegan.pipelines.networks import import_network as run_import

    made = run_import(
        network,
        output or network.with_suffix(".safetensors"),
        name=name,
        options=taken(ImportOptions, values),
        picture=picture,
        overwrite=overwrite,
    )
    seams = [("seams", f"{made.seams.words}: run it with --seams blend")] if made.seams else []
    show([*network_rows(made.info), *seams, ("written", f"{made.output} in {made.seconds:.1f} s")])
