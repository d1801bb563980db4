"""tilegan evaluate: measure a model."""

from itertools import groupby
from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.report import pixel_bars
from tilegan.inference.options import PassOptions, RunOptions, StyleOptions
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.training.options import Contents, Pairing


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
@options(StyleOptions, "style", "stroke")
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
def evaluate(model: str, source_dir: Path, target_dir: Path | None, **values: Any) -> None:
    """Measure MODEL: seams, style, content and frozen features of images of SOURCE_DIR, against those of TARGET_DIR.

    Use images that are not training images of the model. Two baselines are measured as well: the source itself, and the
    source with its colors moved to those of the targets. Writes evaluate.json and evaluate.html.

    TARGET_DIR may be the file of one painting, whose parts are then the targets. Give only SOURCE_DIR for images side
    by side, and for models trained on sources derived from targets. --stroke applies to large images.
    """
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


def _line(label: str, cells: Any) -> str:
    return f"{label:32}" + "".join(f"{cell:>16}" for cell in cells)
