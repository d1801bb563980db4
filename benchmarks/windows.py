"""How fast one forward pass is, by window and batch: the curve behind CPU_WINDOWS in tilegan/devices.py.

    python benchmarks/windows.py [--windows 256,512,1024,2048] [--batches 1,2,4] [--device cuda]

`Translator.run` on random windows, in this process, reading and writing left out. `exact` windows have a halo, `combo`
windows are made of the tiles that fill them. Useful megapixels are those of the output; the overhead is computed
pixels, halo included, by output pixels. Medians over rounds in which all take turns.

Prediction: small windows waste on halos, large ones leave the cache; the best lies between.
"""

from functools import partial
from typing import Any

import numpy as np
from common import MIB, in_turn, median, parser, report, run_windows, seconds_of

from tilegan.devices import keep_freed_memory, precision_name
from tilegan.translator import Translator, load


def passes(translator: Translator, window: int, batch: int) -> dict[str, "partial[object]"]:
    """A forward pass on random pixels for each kind of seams."""
    draw = np.random.default_rng(0)
    side, tile = window + 2 * translator.halo, translator.tile_size
    exact = draw.integers(0, 256, (batch, side, side, 3), np.uint8)
    tiles = draw.integers(0, 256, (batch * (window // tile) ** 2, tile, tile, 3), np.uint8)
    return {
        "exact": partial(run_windows, translator, exact, translator.halo),
        "combo": partial(run_windows, translator, tiles),
    }


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--windows", default="256,384,512,768,1024,1536,2048", help="sides in pixels, with commas")
    options.add_argument("--batches", default="1,2,4", help="windows in one forward pass, with commas")
    options.add_argument("--largest", type=float, default=4.2, help="megapixels in one pass, at most [4.2]")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--device", default="auto")
    options.add_argument("--precision", default="auto")
    given = options.parse_args()
    keep_freed_memory()  # as the command does
    translator = load(given.model, given.device, given.precision)
    tasks, rows = {}, list[dict[str, Any]]()
    for window in map(int, given.windows.split(",")):
        for batch in map(int, given.batches.split(",")):
            if batch * window**2 > given.largest * 1e6:
                continue
            for seams, task in passes(translator, window, batch).items():
                halo = translator.halo if seams == "exact" else 0
                side = window if halo else translator.tile_size
                rows.append(
                    {
                        "window": window,
                        "batch": batch,
                        "seams": seams,
                        "computed/output": (1 + 2 * halo / window) ** 2,
                        "planned MiB": translator.peak_bytes(batch * (window // side) ** 2, side, halo) / MIB,
                    }
                )
                tasks[str(len(rows) - 1)] = partial(seconds_of, task)
    for name, seconds in in_turn(tasks, given.rounds).items():
        row = rows[int(name)]
        megapixels = row["batch"] * row["window"] ** 2 / 1e6
        row |= {"useful MP/s": megapixels / median(seconds)}
        row |= {"slowest": megapixels / max(seconds), "fastest": megapixels / min(seconds)}
    report(rows, given.json, device=str(translator.device), precision=precision_name(translator.precision))


if __name__ == "__main__":
    main()
