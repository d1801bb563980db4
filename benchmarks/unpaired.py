"""The methods that learn from unpaired images beside each other: as many steps, crops of the same size, one generator.

    python benchmarks/unpaired.py photo/ vangogh/ --second monet/ -o unpaired --steps 700

Trains the Siamese GAN, CycleGAN, and the Siamese GAN with two styles in one model, each on the same number of pixels,
with generators of the same architecture; with ``--single`` also the first two with discriminators that see single tiles
(the Combo question). Each is measured by ``tilegan evaluate`` on every tenth file, which none was trained on, and timed
on a photograph, in turn, after a warm-up. Interrupted, the same command goes on.
"""

import argparse
import time
from pathlib import Path
from statistics import fmean, median

import numpy as np
from trained import HOLD_OUT, arguments, measure, style_of, train_one

from tilegan.devices import keep_freed_memory
from tilegan.methods.registry import find_method, method_settings
from tilegan.model_file import read_header
from tilegan.networks.build import build_generator
from tilegan.training.images import find_images, read_reduced
from tilegan.training.run import RunConfig
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

ROUNDS = 5
HEADINGS = (
    "| method | discriminator sees | weights: generator, all | minutes | style, from fine | content | SSIM "
    "| seams in combo, in exact (input's) | s / MP |"
)


def main() -> None:
    """Train, measure, and tell."""
    keep_freed_memory()
    parser = arguments(__doc__, 700)
    parser.add_argument("--tile-size", type=int, default=64)
    parser.add_argument("--second", help="folder of a second style")
    parser.add_argument("--single", action="store_true", help="also train with single tiles judged")
    given = parser.parse_args()
    runs = {}
    for method in ("siamese", "cyclegan"):
        for joined in (True, False) if given.single else (True,):
            name = f"{method}{'' if joined else '-single'}"
            train_one(given, given.output / name, _settings(given, method, joined))
            runs[name] = measure(given, given.output / name)
    if given.second:
        both = _linked(given)
        name = "siamese-styles"
        of_both = argparse.Namespace(**{**vars(given), "target": both})
        train_one(of_both, given.output / name, _settings(given, "siamese"), styles=True)
        runs[name] = measure(given, given.output / name, style={Path(given.target).name: 1.0})
    seconds = _seconds(given, list(runs))
    print(f"\nS = {given.tile_size}, {given.steps} steps at batch {given.batch}\n\n{HEADINGS}")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, figures in runs.items():
        print(_row(given.output / name, figures, seconds[name]))


def _settings(given: argparse.Namespace, method: str, joined: bool = True) -> TrainSettings:
    judged = {} if joined else {"joined": "false", "whole_share": 0}
    return TrainSettings.of(
        method_settings(method, judged),
        tile_size=given.tile_size,
        batch=given.batch,
        steps=given.steps,
        hold_out=HOLD_OUT,
    )


def _linked(given: argparse.Namespace) -> Path:
    """A folder in which each style is a folder."""
    folder: Path = given.output / "both"
    folder.mkdir(parents=True, exist_ok=True)
    for style in (given.target, given.second):
        link = folder / Path(style).name
        if not link.is_symlink():
            link.symlink_to(Path(style).resolve())
    return folder


def _seconds(given: argparse.Namespace, names: list[str]) -> dict[str, float]:
    """Median seconds for a megapixel of ``translate``, by run; in turn, so that a busy machine is so for all."""
    photograph = read_reduced(find_images(Path(given.source), 2 * given.tile_size, 512)[0])
    megapixels = photograph[..., 0].size / 1e6
    models = {name: load(given.output / name) for name in names}
    models = {name: model.in_style(dict.fromkeys(model.styles[:1], 1.0)) for name, model in models.items()}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS + 1):
        for name, model in models.items():
            begin = time.perf_counter()
            model.translate(photograph)
            if number:
                taken[name].append((time.perf_counter() - begin) / megapixels)
    return {name: median(values) for name, values in taken.items()}


def _row(run: Path, figures: dict[str, dict[str, object]], seconds: float) -> str:
    settings, facts = RunConfig.read(run).settings, read_header(run)["facts"]
    method = find_method(facts["method"]).build(settings.method, settings.generator, settings.discriminator)
    own, every = (
        sum(weight.numel() for network in networks for weight in network.parameters()) / 1e6
        for networks in ((build_generator(settings.generator),), method.networks().values())
    )
    exact, combo = figures["exact"], figures["combo"]
    seams = f"{combo['amplitude']:.2f}, {exact['amplitude']:.2f} ({figures['identity']['amplitude']:.2f})"
    content = f"{fmean(np.ravel(exact['content'])):.2f} | {exact['ssim']:.2f}"
    seen = "joined tiles, and whole" if settings.method.joined else "single tiles"
    return (
        f"| {run.name} | {seen} | {own:.2f} M, {every:.2f} M | {60 * facts['hours']:.0f} | {style_of([exact])} "
        f"| {content} | {seams} | {seconds:.2f} |"
    )


if __name__ == "__main__":
    main()
