"""Curves of the progress of a training."""

import io
import json
from pathlib import Path

import numpy as np

from tilegan.files import replace_file


def loss_curves(metrics: Path, output: Path) -> bool:
    """Plot smoothed losses and the metrics of a ``metrics.jsonl`` over the steps, as PNG; False without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    steps = np.array([line["step"] for line in lines])
    if not lines:
        return False
    names = list(lines[0]["losses"])
    measured = [line for line in lines if "figures" in line]
    shown = list(measured[-1]["figures"]) if measured else []
    figure = Figure(figsize=(8, 2 * len(names + shown)), layout="constrained")
    span = max(1, len(lines) // 100)
    plots = list(figure.subplots(len(names + shown), 1, sharex=True, squeeze=False)[:, 0])
    for axes, name in zip(plots, names, strict=False):
        values = np.array([line["losses"][name] for line in lines])
        axes.plot(steps, values, alpha=0.25)
        axes.plot(steps[span - 1 :], np.convolve(values, np.ones(span) / span, "valid"))
        axes.set_ylabel(name)
    for axes, name in zip(plots[len(names) :], shown, strict=True):
        axes.plot([line["step"] for line in measured], [line["figures"].get(name) for line in measured], marker=".")
        axes.set_ylabel(name)
    plots[-1].set_xlabel("step")
    content = io.BytesIO()
    figure.savefig(content, dpi=100, format="png")
    replace_file(output, content.getvalue())
    return True
