"""What the Combo trick does for seams: the same generator, trained without it, with it, and with whole passes as well.

    python benchmarks/combo_trick.py photo/ vangogh/ -o combo_trick --tile-size 32 --seeds 3 --steps 3000

(a) the discriminator sees single S x S tiles: 4 n of them where the others see n joined crops, the same pixels;
(b) it sees crops joined of four tiles (Combo); (c) half of them joined, half translated whole; (d) as `tilegan train`
does it: a quarter translated whole, and a loss on what repeats with the tile beside the discriminator.

Each model is measured by `tilegan evaluate` on every tenth file of both folders, which none was trained on. Writes a
table, a plot, and a sheet of the evenest part of three photographs. Interrupted, the same command goes on.
"""

from dataclasses import replace
from math import nan
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from trained import HOLD_OUT, arguments, measure, style_of, train_one

from tilegan.devices import keep_freed_memory
from tilegan.pipelines.evaluation.page import DETAIL_TILES, evenest
from tilegan.training.images import find_images, hold_out, read_reduced
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

VARIANTS = {
    "a, single tiles": {"joined": False, "whole_share": 0.0, "seam_weight": 0.0},
    "b, Combo": {"joined": True, "whole_share": 0.0, "seam_weight": 0.0},
    "c, Combo and whole": {"joined": True, "whole_share": 0.5, "seam_weight": 0.0},
    "d, the defaults": {},
}
HEADINGS = "| discriminator sees | inferred | seam amplitude (input's; by chance) | style, from fine | content | SSIM |"
COLORS = {"combo": "tab:red", "exact": "tab:blue"}
SHOWN = 3  # photographs
PIXELS = 256  # side of what is shown of each, about


def main() -> None:
    """Train, measure, and tell."""
    keep_freed_memory()
    parser = arguments(__doc__, 3000)
    parser.add_argument("--tile-size", type=int, nargs="+", default=[32])
    given = parser.parse_args()
    for tile_size in given.tile_size:
        rows, models, measured = [], {}, {}
        for name, method in VARIANTS.items():
            runs = [given.output / f"S{tile_size}-{name[0]}-{seed}" for seed in range(given.seeds)]
            for seed, run in enumerate(runs):
                settings = TrainSettings(
                    tile_size=tile_size, batch=given.batch, steps=given.steps, seed=seed, hold_out=HOLD_OUT
                )
                train_one(given, run, replace(settings, method=replace(settings.method, **method)))
            measured[name] = [measure(given, run) for run in runs]
            rows += table_rows(name, measured[name])
            models[name] = runs[0]
        print(f"\nS = {tile_size}, {given.steps} steps at batch {given.batch}, {given.seeds} seed(s)\n")
        print(HEADINGS)
        print("|---|---|---|---|---|---|")
        print("\n".join(rows))
        sheet(given.source, models, tile_size).save(given.output / f"S{tile_size}.jpg", quality=92)
        plot(measured, tile_size).savefig(given.output / f"S{tile_size}.png", dpi=110)


def table_rows(name: str, seeds: list[dict[str, dict[str, object]]]) -> list[str]:
    """A line for each way to infer: means over the seeds, and amplitudes of each."""
    lines = []
    for mode in ("combo", "exact"):
        found = [figures[mode] for figures in seeds]
        amplitudes = ", ".join(f"{each['amplitude']:.2f}" for each in found)
        own = fmean(figures["identity"]["amplitude"] for figures in seeds)
        chance = fmean(each["chance"] for each in found)
        style = style_of(found)
        content = fmean(fmean(each["content"]) for each in found)
        ssim = fmean(each["ssim"] for each in found)
        seams = f"{amplitudes} ({own:.2f}; {chance:.2f})"
        lines.append(f"| {name} | {mode} | {seams} | {style} | {content:.2f} | {ssim:.2f} |")
    return lines


def plot(measured: dict[str, list[dict[str, dict[str, object]]]], tile_size: int) -> Figure:
    """Seam amplitudes of every seed, beside the photographs' own; and style by level, means over the seeds."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    seams, styles = figure.subplots(1, 2)
    own = fmean(figures["identity"]["amplitude"] for seeds in measured.values() for figures in seeds)
    seams.axhline(own, color="gray", linestyle="--", label="photographs")
    for number, (name, seeds) in enumerate(measured.items()):
        for mode, marker in (("combo", "s"), ("exact", "o")):
            amplitudes = [figures[mode]["amplitude"] for figures in seeds]
            label = mode if number == 0 else None
            seams.plot([number] * len(seeds), amplitudes, marker, color=COLORS[mode], label=label, alpha=0.8)
        by_level = zip(*(figures["exact"]["style"] for figures in seeds), strict=True)
        levels = [fmean(nan if value is None else value for value in values) for values in by_level]
        styles.plot(range(len(levels)), levels, marker="o", label=name)
    seams.set_xticks(range(len(measured)), [name[0] for name in measured])
    seams.set_ylabel(f"seam amplitude, {tile_size} px, 8-bit values")
    seams.set_ylim(bottom=0)
    styles.set_xlabel("level of the pyramid, from fine")
    styles.set_xticks(range(len(levels)))
    styles.set_ylabel("style, inferred exactly")
    for axes in (seams, styles):
        axes.legend(loc="lower left")
        axes.margins(x=0.2)
    return figure


def sheet(source: str, models: dict[str, Path], tile_size: int) -> Image.Image:
    """The evenest part of some photographs: as it is, and of each model in both modes."""
    import dask.array as da

    from tilegan import stylize_array

    _, held = hold_out(find_images(Path(source), 5 * tile_size, 512), HOLD_OUT)
    rows = []
    for image in held[:: max(1, len(held) // SHOWN)][:SHOWN]:
        photograph = read_reduced(image)
        place = evenest(photograph, -(-PIXELS // (DETAIL_TILES * tile_size)) * tile_size)
        row = [photograph[place]]
        for model in models.values():
            for mode in ("combo", "exact"):
                array = da.from_array(photograph, chunks=-1)
                row.append(np.asarray(stylize_array(array, load(model), seams=mode, stroke=1))[place])
        rows.append(np.concatenate(row, axis=1))
    return Image.fromarray(np.concatenate(rows))


if __name__ == "__main__":
    main()
