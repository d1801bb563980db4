"""Models that a benchmark trains and measures, each once: interrupted, the same command goes on."""

import argparse
import json
import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.train import resume, train
from tilegan.pipelines.train_data import with_networks
from tilegan.training.run import RunConfig
from tilegan.training.settings import TrainSettings
from tilegan.training.styles import style_names
from tilegan.translator import read_header

HOLD_OUT = 10


def arguments(description: str, steps: int) -> argparse.ArgumentParser:
    """What all such benchmarks are given."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=TrainSettings().batch)
    parser.add_argument("--images", type=int, default=12, help="photographs that each model is measured on")
    return parser


def train_one(given: argparse.Namespace, run: Path, settings: TrainSettings, *, styles: bool = False) -> None:
    """Train a model, or go on with it; nothing if it is finished. One of other settings is replaced."""
    wanted = with_networks(settings, None, style_names(Path(given.target)) if styles else [])
    if not (run / "checkpoint.safetensors").is_file() or RunConfig.read(run).settings != wanted:
        shutil.rmtree(_evaluation(run), ignore_errors=True)
        train(given.source, given.target, run, settings=settings, styles=styles, overwrite=True, sample_every=10**9)
    elif read_header(run)["facts"]["steps"] < given.steps:
        resume(run)


def measure(given: argparse.Namespace, run: Path, style: dict[str, float] | None = None) -> dict[str, dict[str, Any]]:
    """The figures of a model by candidate, on the images that it was not trained on."""
    folder = _evaluation(run)
    if not folder.exists():
        evaluate(run, given.source, given.target, folder, images=given.images, held_out=HOLD_OUT, style=style)
    figures: dict[str, dict[str, Any]] = json.loads((folder / "evaluate.json").read_text())["figures"]
    return figures


def style_of(found: list[dict[str, Any]]) -> str:
    """Style by level, means over the seeds; '-' where sources are as near to the targets as other targets are."""
    levels = zip(*(each["style"] for each in found), strict=True)
    return ", ".join("-" if None in values else f"{fmean(values):.2f}" for values in levels)


def _evaluation(run: Path) -> Path:
    """Where the figures of a run are."""
    return run.with_name(f"{run.name}.evaluation")
