"""Models that a benchmark trains and measures, each once: interrupted, the same command goes on."""

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from tilegan.model_file import read_header
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.train import resume, train
from tilegan.training.run import RunConfig
from tilegan.training.settings import TrainSettings

HOLD_OUT = 10


def arguments(description: str, steps: int, *, target: bool = True) -> argparse.ArgumentParser:
    """What all such benchmarks are given; ``target`` is None where images are pairs in one folder."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    if target:
        parser.add_argument("target")
    parser.set_defaults(target=None)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=TrainSettings().batch)
    parser.add_argument("--images", type=int, default=12, help="photographs that each model is measured on")
    return parser


def train_one(given: argparse.Namespace, run: Path, settings: TrainSettings, **images: Any) -> None:
    """Train a model, or go on with it; nothing if it is finished. One of other settings is replaced.

    Args:
        given: ``source`` and ``target`` folders, and ``steps``.
        run: its folder.
        settings: all of them; parts of networks that follow from images, such as labels, are filled in.
        images: what else ``tilegan.train`` is told of these, such as ``paired``.
    """
    if not (run / "checkpoint.safetensors").is_file() or not _same(RunConfig.read(run).settings, settings):
        shutil.rmtree(_evaluation(run), ignore_errors=True)
        train(given.source, given.target, run, settings=settings, overwrite=True, sample_every=10**9, **images)
    elif read_header(run)["facts"]["steps"] < given.steps:
        resume(run)


def measure(given: argparse.Namespace, run: Path, **images: Any) -> dict[str, dict[str, Any]]:
    """The figures of a model by candidate, on the images that it was not trained on.

    Args:
        given: ``source`` and ``target`` folders, and how many ``images``.
        run: its folder.
        images: what else ``tilegan.evaluate`` is told of these, such as ``style``.
    """
    folder = _evaluation(run)
    if not folder.exists():
        evaluate(run, given.source, given.target, folder, images=given.images, held_out=HOLD_OUT, **images)
    figures: dict[str, dict[str, Any]] = json.loads((folder / "evaluate.json").read_text())["figures"]
    return figures


def _same(found: TrainSettings, wanted: TrainSettings) -> bool:
    """Whether settings differ at most in what networks and the method were given for their images."""
    given = {
        name: {key: value for key, value in getattr(found, name).items() if key in getattr(wanted, name)}
        for name in ("generator", "discriminator")
    }
    return replace(found, **given, method=found.method.unfitted()) == wanted


def style_of(found: list[dict[str, Any]]) -> str:
    """Style by level, means over the seeds; '-' where sources are as near to the targets as other targets are."""
    levels = zip(*(each["style"] for each in found), strict=True)
    return ", ".join("-" if None in values else f"{fmean(values):.2f}" for values in levels)


def _evaluation(run: Path) -> Path:
    """Where the figures of a run are."""
    return run.with_name(f"{run.name}.evaluation")
