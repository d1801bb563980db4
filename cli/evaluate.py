"""tilegan evaluate: measure a model."""

from itertools import groupby
from pathlib import Path
from typing import Any

import click

from tilegan.cli.fields import options
from tilegan.cli.options import (
    direction_option,
    instances_option,
    paired_option,
    path_option,
    sizes,
)
from tilegan.cli.report import pixel_bars
from tilegan.inference.options import PassOptions, RunOptions, StyleOptions


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
@paired_option
@direction_option
@instances_option
@click.option(
    "--images",
    metavar="N",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Number of source images to translate; twice as many targets are compared.",
)
@click.option(
    "--held-out",
    metavar="N",
    type=click.IntRange(min=2),
    help="Only every N-th file of both folders: those that tilegan train --hold-out N kept out.",
)
@click.option(
    "--short-side",
    metavar="PX",
    type=click.IntRange(min=1),
    help="Reduce images to this short side first  [default: as trained]",
)
@click.option(
    "--megapixels",
    metavar="N[,N...]",
    type=sizes,
    default="",
    help="Also scale sources to these sizes, stylize them, and look at the results from near and from far.",
)
@path_option("--large", "DIR", "Folder of their sources, at best as large in fact  [default: SOURCE_DIR]")
@click.option(
    "--stroke",
    metavar="N",
    type=click.IntRange(1, 64),
    help="Stroke factor of these, as in tilegan stylize  [default: as there]",
)
@path_option(
    "--features",
    "FILE",
    "EfficientNet-Lite0 weights of the feature metrics  [default: those of an installed package]",
)
@options(StyleOptions, "style")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Seed that places the crops whose texture is compared."
)
@options(PassOptions, "device", "precision")
@options(RunOptions, "overwrite")
def evaluate(model: str, source_dir: Path, target_dir: Path | None, **settings: Any) -> None:
    """Measure MODEL: seams, style, content and what is seen of images of SOURCE_DIR, against those of TARGET_DIR.

    Give folders of images that the model was not trained on. Two baselines stand beside it: the source itself, and its
    colors moved to those of the targets. Writes evaluate.json and evaluate.html.

    Images side by side are in SOURCE_DIR alone, as are those of a model that learned from sources derived from targets.
    """
    from tilegan.pipelines.evaluate import PAGE
    from tilegan.pipelines.evaluate import evaluate as run_evaluate
    from tilegan.pipelines.evaluation.table import HEADINGS, table

    with pixel_bars() as progress:
        result = run_evaluate(model, source_dir, target_dir, progress=progress, **settings)
    for group, rows in groupby(table(result), key=lambda row: row.group):
        click.echo(_line(group, HEADINGS))
        for row in rows:
            click.echo(_line(f"  {row.label}", row.cells))
    click.echo(f"{result.output / PAGE}: {len(result.sources)} images in {result.seconds:.0f} s")


def _line(label: str, cells: Any) -> str:
    return f"{label:32}" + "".join(f"{cell:>16}" for cell in cells)
