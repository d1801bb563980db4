"""What a model with instance norms makes of images, by where these take their statistics from.

    python benchmarks/instance_norms.py MODEL photo.jpg another.jpg -o pictures --megapixels 12

Each image is done whole at once, which is what the network itself would do, and in windows: tiles with statistics of
their own (of the model's tile size, and of 512 pixels as in most papers), a thumbnail's, the whole image's, and those
of cells of it, interpolated.

- rms, max: distance to the image done at once, in 8-bit values;
- seams: amplitude of what repeats with the tile, in levels, and in brackets what it may be by chance (see
  ``tilegan.metrics.seams``); windows with settled statistics are measured at the model's tiles, interpolated ones at
  their cells. '-' where there are fewer than 5 tiles;
- step: mean color step across tile borders over the steps beside them, of the model's tiles and of those of 512;
- faint, strong: contrast by that of the image, in squares of 64 pixels: deviations of lightness in the quarter of them
  with least contrast in the image, and in the quarter with most, medians;
- seconds: of all, statistics included; of statistics alone.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from common import report, seconds_of
from numpy.typing import NDArray
from PIL import Image

from tilegan.devices import keep_freed_memory
from tilegan.geometry import Pixels
from tilegan.gray import gray
from tilegan.images.source import reduced_shape
from tilegan.inference.array import stylize_array
from tilegan.inference.blocks import read_block
from tilegan.inference.statistics import GLOBAL, INTERPOLATED, SIDE, WINDOW, with_streamed_statistics
from tilegan.metrics.seams import LEAST_TILES, Difference, Pattern, amplitude, chance, step_ratio
from tilegan.norms.interpolated import CELL
from tilegan.translator import Translator, load

LARGE = CELL  # side of the tiles of most papers
SQUARE = 64  # pixels, of squares whose contrasts are measured


def main() -> None:
    """Stylize in all ways, measure and tell."""
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--megapixels", type=float, default=12, help="larger images are reduced to so many [12]")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    translator = load(given.model, "cpu", "float32")
    rows = [row for path in given.images for row in measured(translator, path, given)]
    report(rows, given.json, model=given.model)


def measured(translator: Translator, path: Path, given: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each way."""
    pixels = opened(path, given.megapixels)
    made: dict[str, Pixels] = {}
    times = {"whole": (seconds_of(lambda: made.update(whole=translator.translate(pixels))), 0.0)}
    for name, (prepare, tile, seams) in ways(translator, pixels).items():
        ready: list[Translator] = []
        before = seconds_of(lambda ready=ready, prepare=prepare: ready.append(prepare()))
        run = partial(tiled, ready[0], pixels, seams, tile)
        times[name] = (before + seconds_of(lambda name=name, run=run: made.update({name: run()})), before)
    rows = []
    for name, picture in made.items():
        Image.fromarray(picture).save(given.output / f"{path.stem}.{name}.png")
        apart = Difference.of(picture, made["whole"])
        tile = LARGE if str(LARGE) in name or name == INTERPOLATED else translator.tile_size
        faint, strong = contrasts(pixels, picture)
        patterns = Pattern.both(picture, tile, translator.stride) if min(pixels.shape[:2]) >= LEAST_TILES * tile else ()
        rows.append(
            {
                "image": f"{path.stem[-8:]} {pixels.shape[1]}x{pixels.shape[0]}",
                "statistics": name,
                "rms": round(apart.rms, 2),
                "max": round(apart.maximum),
                "seams": f"{amplitude(patterns):.2f} ({chance(patterns):.2f})" if patterns else "-",
                "step": round(step_ratio(picture, translator.tile_size), 2),
                f"step {LARGE}": round(step_ratio(picture, LARGE), 2),
                "faint": round(faint, 2),
                "strong": round(strong, 2),
                "seconds": round(times[name][0], 1),
                "of statistics": round(times[name][1], 1),
            }
        )
    return rows


def ways(translator: Translator, pixels: Pixels) -> dict[str, tuple[Callable[[], Translator], int, str]]:
    """How the translator is prepared for an image, its tile or window, and its seams."""
    height, width, _ = pixels.shape
    small = reduced_shape(height, width, SIDE)
    thumbnail = np.asarray(Image.fromarray(pixels).resize(small[::-1], Image.Resampling.BOX, reducing_gap=2))
    read = partial(read_block, Held(pixels))
    return {
        f"tile {translator.tile_size}": (lambda: translator, translator.tile_size, "combo"),
        f"tile {LARGE}": (lambda: replace(translator, tile_size=LARGE), LARGE, "combo"),
        "thumbnail": (lambda: translator.with_statistics_of(thumbnail), LARGE, "exact"),
        **{
            name: (partial(with_streamed_statistics, translator, name, read, height, width, WINDOW), LARGE, "exact")
            for name in (GLOBAL, INTERPOLATED)
        },
    }


def contrasts(source: Pixels, picture: Pixels) -> tuple[float, float]:
    """Median ratios of deviations of luma: in the quarter of squares that are faintest in the source, and strongest."""
    before, after = (deviations(gray(each)[..., 0]) for each in (source, picture))
    ratios = after / np.maximum(before, 0.5)  # of a level, which noise alone has
    low, high = np.quantile(before, (0.25, 0.75))
    return float(np.median(ratios[before <= low])), float(np.median(ratios[before >= high]))


def deviations(luma: Pixels) -> NDArray[np.float64]:
    """Of each whole square of an image (h, w)."""
    rows, columns = (side // SQUARE for side in luma.shape)
    squares = luma[: rows * SQUARE, : columns * SQUARE].reshape(rows, SQUARE, columns, SQUARE)
    found: NDArray[np.float64] = squares.std(axis=(1, 3), dtype=np.float64)
    return found


def tiled(translator: Translator, pixels: Pixels, seams: str, tile: int) -> Pixels:
    """All windows or tiles of an image."""
    lazy = stylize_array(da.from_array(pixels, chunks=-1), translator, seams=seams, stroke=1, window=tile)
    return np.asarray(lazy.compute(scheduler="synchronous"))


def opened(path: Path, megapixels: float) -> Pixels:
    """An image, reduced if it is larger."""
    image = Image.open(path).convert("RGB")
    factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    if factor < 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    return np.asarray(image)


class Held:
    """An image in memory, as a source."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels, (self.height, self.width) = pixels, pixels.shape[:2]

    def read(self, window: Any) -> Pixels:
        """The pixels of a window."""
        return window.of(self.pixels)


if __name__ == "__main__":
    main()
