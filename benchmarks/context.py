"""Effect of a thumbnail of the whole image as input of the generator: palette collapse, and unexplained colors.

    python benchmarks/context.py photo/ vangogh/ -o context --tile-size 32 --steps 6000

Models are trained with and without context, each with the default palette (hue and chroma move half of the way to the
targets') and with all of it, where most skies turn beige. Each is measured on every tenth file of both folders, which
none was trained on:

- spread between and within photographs: how far their colors differ, as a share of the sources' (1: as before;
  toward 0: collapsed);
- blots: of cells of 16 x 16 pixels, by how much the mean color of the hundredth that is moved most is moved otherwise
  than its photograph's as a whole, in units of Lab: colors that have no reason.

Interrupted, the same command goes on.
"""

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from trained import HOLD_OUT, arguments, measure, style_of, train_one

from tilegan.devices import keep_freed_memory
from tilegan.metrics.lab import to_lab
from tilegan.networks.build import DEFAULT_CONTEXT
from tilegan.training.images import find_images, hold_out, read_reduced
from tilegan.training.monitor import spreads
from tilegan.training.settings import TrainSettings
from tilegan.translator import load

PALETTES = (TrainSettings().method.palette, 1.0)
CELL = 16
SHOWN = 4  # photographs
HEIGHT = 192  # of what is shown of each
HEADINGS = "| palette | context | style, from fine | content | palette distance | spread between, within | blots |"

Pixels = NDArray[np.uint8]


def main() -> None:
    """Train, measure, and tell."""
    keep_freed_memory()
    parser = arguments(__doc__, 6000)
    parser.add_argument("--tile-size", type=int, default=32)
    parser.add_argument("--whole-share", type=float, default=TrainSettings().method.whole_share)
    given = parser.parse_args()
    photographs = held_out(given.source, given.tile_size)
    rows, columns = [], [photographs]
    for palette in PALETTES:
        for context in (0, DEFAULT_CONTEXT):
            runs = [given.output / f"S{given.tile_size}-p{palette:g}-c{context}-{seed}" for seed in range(given.seeds)]
            for seed, run in enumerate(runs):
                settings = TrainSettings(
                    tile_size=given.tile_size, batch=given.batch, steps=given.steps, seed=seed, hold_out=HOLD_OUT
                )
                method = replace(settings.method, palette=palette, whole_share=given.whole_share)
                generator = settings.generator | {"context": context}
                train_one(given, run, replace(settings, method=method, generator=generator))
            found = [measure(given, run)["exact"] for run in runs]
            painted = [[load(run).translate(photograph) for photograph in photographs] for run in runs]
            columns.append(painted[0])
            own = spreads(photographs)
            between, within = (
                fmean(spread / before for spread in values)
                for values, before in zip(zip(*map(spreads, painted), strict=True), own, strict=True)
            )
            distance = fmean(each["palette"] for each in found)
            content = fmean(fmean(each["content"]) for each in found)
            worst = fmean(blots(photographs, pictures) for pictures in painted)
            rows.append(
                f"| {palette:g} | {'yes' if context else 'no'} | {style_of(found)} | {content:.2f} | {distance:.1f} "
                f"| {between:.2f}, {within:.2f} | {worst:.1f} |"
            )
    print(f"\nS = {given.tile_size}, {given.steps} steps at batch {given.batch}, {given.seeds} seed(s)\n")
    print(HEADINGS)
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    sheet(columns).save(given.output / "sheet.jpg", quality=92)


def held_out(source: str, tile_size: int) -> list[Pixels]:
    """The photographs that no model was trained on, reduced as for training."""
    images = find_images(Path(source), 5 * tile_size, TrainSettings().short_side)
    return [read_reduced(image) for image in hold_out(images, HOLD_OUT)[1]]


def blots(sources: list[Pixels], pictures: list[Pixels]) -> float:
    """See above; the mean over the photographs."""
    found = []
    for source, picture in zip(sources, pictures, strict=True):
        moved = cell_means(picture) - cell_means(source)
        found.append(np.quantile(np.linalg.norm(moved - moved.mean(0), axis=1), 0.99))
    return float(np.mean(found))


def cell_means(picture: Pixels) -> NDArray[np.float64]:
    """Mean colors of cells, in Lab: (cells, 3)."""
    height, width = (side // CELL * CELL for side in picture.shape[:2])
    lab = to_lab(picture[:height, :width]).reshape(height // CELL, CELL, width // CELL, CELL, 3)
    means: NDArray[np.float64] = lab.mean((1, 3), dtype=np.float64).reshape(-1, 3)
    return means


def sheet(columns: list[list[Pixels]]) -> Image.Image:
    """Some photographs as they are and of each model, reduced."""
    step = max(1, len(columns[0]) // SHOWN)
    rows = []
    for row in list(zip(*columns, strict=True))[::step][:SHOWN]:
        width = round(row[0].shape[1] * HEIGHT / row[0].shape[0])
        reduced = [Image.fromarray(pixels).resize((width, HEIGHT), Image.Resampling.LANCZOS) for pixels in row]
        rows.append(np.concatenate(reduced, axis=1))
    widest = max(row.shape[1] for row in rows)
    return Image.fromarray(
        np.concatenate([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows])
    )


if __name__ == "__main__":
    main()
