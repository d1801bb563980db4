"""tilegan evaluate: measure a model."""

from dataclasses import astuple
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.report import pixel_bars
from tilegan.inference.options import PassOptions, RunOptions, StyleOptions
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.training.options import Contents, Pairing

FILLING = ("output", "images", "held_out", "short_side", "features", "seed", "device", "precision", "overwrite")


@click.command()
@click.argument("model")
@click.argument("source_dir", type=click.Path(path_type=Path))
@click.argument("target_dir", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder of metrics and report  [default: <style>.evaluation]",
)
@options(Pairing, "paired", "direction")
@options(Contents, "instances")
@options(EvaluateOptions)
@options(StyleOptions, "style", "code", "stroke")
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
@click.pass_context
def evaluate(context: click.Context, /, model: str, source_dir: Path, target_dir: Path | None, **values: Any) -> None:
    """Measure MODEL: seams, style, content and frozen features of images of SOURCE_DIR, against those of TARGET_DIR.

    Use images that are not training images of the model. Two baselines are measured as well: the source itself, and the
    source with its colors moved to those of the targets. Writes evaluate.json and evaluate.html.

    TARGET_DIR may be the file of one painting, whose parts are then the targets. Give only SOURCE_DIR for images side
    by side, and for models trained on sources derived from targets. --stroke applies to large images.

    Of a model that fills holes, metrics of random holes are measured, beside two baselines. Writes evaluate.json
    and evaluate.png.
    """
    from tilegan.pipelines.evaluate_filling import fills_holes

    if fills_holes(model):
        _evaluate_filling(context, model, source_dir, target_dir, **values)
        return
    from tilegan.pipelines.evaluate import PAGE
    from tilegan.pipelines.evaluate import evaluate as run_evaluate
    from tilegan.pipelines.evaluation.table import HEADINGS, table

    with pixel_bars() as progress:
        result = run_evaluate(model, source_dir, target_dir, progress=progress, **values)
    for group, rows in groupby(table(result), key=lambda row: row.group):
        click.echo(_line(group, HEADINGS))
        for row in rows:
            click.echo(_line(f"  {row.label}", row.cells))
    click.echo(f"{result.output / PAGE}: {len(result.sources)} images in {result.seconds:.0f} s")


def _evaluate_filling(
    context: click.Context, model: str, source_dir: Path, target_dir: Path | None, **values: Any
) -> None:
    from tilegan.pipelines.evaluate_filling import SHEET, evaluate_filling

    from_command_line = click.core.ParameterSource.COMMANDLINE
    given = [name for name in values if context.get_parameter_source(name) is from_command_line and name not in FILLING]
    extra = [f"--{name.replace('_', '-')}" for name in given] + (["TARGET_DIR"] if target_dir is not None else [])
    if extra:
        raise click.UsageError(f"{model} fills holes, and is measured without: {', '.join(extra)}")
    with pixel_bars() as progress:
        own = {name: values[name] for name in FILLING}
        result = evaluate_filling(model, source_dir, progress=progress, **own)
    click.echo(_line(f"holes up to {result.hole_width} px wide", ["PSNR (dB)", "SSIM (-1 to 1)", "features", "detail"]))
    for name, figures in result.figures.items():
        click.echo(
            _line(
                f"  {name}",
                [f"{value:.{digits}f}" for value, digits in zip(astuple(figures), (2, 3, 4, 2), strict=True)],
            )
        )
    click.echo(_line("  tiled - whole, max (levels)", [f"{result.whole.maximum:.0f}"]))
    click.echo(f"{result.output / SHEET}: {len(result.sources)} images in {result.seconds:.0f} s")


def _line(label: str, cells: Any) -> str:
    return f"{label:32}" + "".join(f"{cell:>16}" for cell in cells)
