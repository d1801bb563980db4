"""The Combo question of the methods that learn from pairs: do tiles fit, with joined tiles judged and with single ones?

    python benchmarks/paired.py labels_map1887/ -o paired --steps 600
    python benchmarks/paired.py photo/ -o enlarged --methods srgan --steps 300

Each method is trained twice on the same pairs, side by side in one folder (``srgan``: on its images and their
reductions), with discriminators that see joined tiles and some whole crops, and with such that see single tiles alone.
Each is measured by ``tilegan evaluate`` on every tenth file, which none was trained on, beside a training of one step.
Interrupted, the same command goes on.
"""

import argparse
from typing import Any

from trained import HOLD_OUT, arguments, measure, style_of, train_one

from tilegan.devices import keep_freed_memory
from tilegan.methods.base import MAY_BE_LABELS, PAIRED
from tilegan.methods.registry import find_method, method_settings
from tilegan.model_file import read_header
from tilegan.training.settings import TrainSettings

HEADINGS = (
    "| method | steps | discriminator sees | minutes | PSNR of `exact`, dB | style, from fine | palette "
    "| seams in combo, in exact (sources') | step across tile borders in combo, in exact |"
)


def main() -> None:
    """Train, measure, and tell."""
    keep_freed_memory()
    parser = arguments(__doc__, 600, target=False)
    parser.add_argument("--methods", nargs="+", default=["pix2pix", "pix2pixhd", "spade"])
    parser.add_argument("--tile-size", type=int, default=32)
    parser.add_argument("--short-side", type=int, default=256)
    given = parser.parse_args()
    rows = [row for method in given.methods for row in _rows(given, method)]
    print(f"\nS = {given.tile_size}, batch {given.batch}\n\n{HEADINGS}\n|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def _rows(given: argparse.Namespace, name: str) -> list[str]:
    """A method after one step, and after all of them with joined and with single tiles judged."""
    rows = []
    method = find_method(name)
    images = {"paired": "side-by-side"} if method.examples == PAIRED else {}
    table = {"labels": "auto"} if method.labels == MAY_BE_LABELS else {}
    for steps, joined in ((1, True), (given.steps, True), (given.steps, False)):
        run = given.output / f"{name}-{steps}{'' if joined else '-single'}"
        of_run = argparse.Namespace(**{**vars(given), "steps": steps})
        judged = {} if joined else {"joined": "false", "whole_share": 0}
        settings = TrainSettings.of(
            method_settings(name, judged),
            tile_size=given.tile_size,
            short_side=given.short_side,
            batch=given.batch,
            steps=steps,
            hold_out=HOLD_OUT,
        )
        train_one(of_run, run, settings, **images, **table)
        figures = measure(of_run, run, **images)
        rows.append(_row(name, steps, joined, 60 * read_header(run)["facts"]["hours"], figures))
    return rows


def _row(name: str, steps: int, joined: bool, minutes: float, figures: dict[str, dict[str, Any]]) -> str:
    exact, combo, source = figures["exact"], figures["combo"], figures["identity"]
    psnr = "-" if exact["psnr"] is None else f"{exact['psnr']:.1f}"
    seen = "joined tiles, and whole" if joined else "single tiles"
    seams = ", ".join(f"{each['amplitude']:.2f}" for each in (combo, exact))
    ratios = ", ".join(f"{each['step_ratio']:.2f}" for each in (combo, exact))
    return (
        f"| `{name}` | {steps} | {seen} | {minutes:.1f} | {psnr} | {style_of([exact])} | {exact['palette']:.1f} "
        f"| {seams} ({source['amplitude']:.2f}) | {ratios} |"
    )


if __name__ == "__main__":
    main()
