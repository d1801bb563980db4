"""How much of the wall time of `stylize` the network itself needs: the engine's efficiency.

    python benchmarks/efficiency.py [--image FILE.tif | --side 6144] [--device cuda]

Above the line: the forward passes that the image takes, alone (`Translator.run` on random windows, halo included, in
this process), at the best of several windows, one pass at a time on all cores ('alone') or as many side by side as the
engine plans for ('beside'). Below it: the wall seconds of `tilegan.pipelines.stylize` from
a tiled TIFF to an OME-Zarr with its pyramid, in this process too: Python's start is left out, loading the model and
planning are in. Both in one run, in turn. In `exact` mode the passes run without padding, as in the engine: the strict
reading. 'by padded pixels' has above the line all pixels of the engine's own windows, halo included, at the rate of the
padded generator, one pass at a time or side by side, whichever is faster.

Also printed: the time inside the stages (added up over threads, which overlap, by the wall time), by wrapping functions
here: reading, forward, writing (checksum, encoding, disk), pyramid (halving, and writing its levels).

Aim: at least 0.90 for both kinds of seams.
"""

import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import in_turn, make_image, median, parser, report, run_windows, seconds_of

import tilegan.inference.task as engine_task
from tilegan.devices import keep_freed_memory, precision_name
from tilegan.images.readers.raster import RasterSource
from tilegan.images.stores.pyramid import Recent
from tilegan.inference.journal import Journal
from tilegan.inference.passes import forward_threads
from tilegan.pipelines import plan_stylize, stylize
from tilegan.translator import Translator, load

spent: dict[str, float] = defaultdict(float)


def clocked(place: Any, name: str, stage: Callable[..., str]) -> None:
    """Add up the seconds inside a function or method, under the stage that its arguments tell."""
    inner = getattr(place, name)

    def outer(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return inner(*args, **kwargs)
        finally:
            spent[stage(*args)] += time.perf_counter() - started

    setattr(place, name, outer)


def forward_alone(translator: Translator, seams: str, window: int, output: int) -> float:
    """Seconds that the passes over ``output`` pixels take, by the time of one on a random window."""
    pixels, halo, made = random_windows(translator, seams, window)
    return seconds_of(lambda: run_windows(translator, pixels, halo)) * output / made


def forward_beside(translator: Translator, streams: int, pixels: Any, halo: int, made: float, output: float) -> float:
    """The same by the time of some passes side by side, each of which makes ``made`` pixels."""
    with forward_threads(translator.device, streams) as threads:
        task = partial(run_windows, translator, halo=halo)
        list(threads.map(task, [pixels] * streams))  # which starts the threads
        return seconds_of(lambda: list(threads.map(task, [pixels] * 2 * streams))) * output / (2 * streams * made)


def random_windows(translator: Translator, seams: str, window: int) -> tuple[Any, int, int]:
    """The pixels of one pass, their halo, and how many pixels it makes."""
    draw = np.random.default_rng(0)
    halo, tile = (translator.halo, window) if seams == "exact" else (0, translator.tile_size)
    many = (window // tile) ** 2
    return draw.integers(0, 256, (many, tile + 2 * halo, tile + 2 * halo, 3), np.uint8), halo, many * tile**2


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--image", type=Path, help="a tiled TIFF [a mosaic made here]")
    options.add_argument("--side", type=int, default=6144, help="of the mosaic, in pixels [6144]")
    options.add_argument("--windows", default="512,768,1024", help="tried for the forward pass alone")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--device", default="auto")
    options.add_argument("--precision", default="auto")
    given = options.parse_args()
    keep_freed_memory()  # as the command does
    translator = load(given.model, given.device, given.precision)
    rows = []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        image = given.image or make_image(folder / "source.tif", given.side, given.side)
        settings = {"model": given.model, "stroke": 1, "device": given.device, "precision": given.precision}
        out = folder / "out.zarr"
        plans = {seams: plan_stylize(image, out, seams=seams, **settings) for seams in ("exact", "combo")}
        streams = plans["exact"].streams
        output = plans["exact"].height * plans["exact"].width // translator.scale**2
        shares: dict[str, dict[str, list[float]]] = {seams: defaultdict(list) for seams in plans}

        def wall(seams: str) -> float:
            spent.clear()
            seconds = seconds_of(lambda: stylize(image, out, seams=seams, **settings))
            shutil.rmtree(out)
            for stage, value in spent.items():
                shares[seams][stage].append(value / seconds)
            return seconds

        tasks: dict[str, Callable[[], float]] = {}
        for seams in plans:
            for window in map(int, given.windows.split(",")):
                tasks[f"{seams} alone {window}"] = partial(forward_alone, translator, seams, window, output)
                tasks[f"{seams} beside {window}"] = partial(
                    forward_beside, translator, streams, *random_windows(translator, seams, window), output
                )
            tasks[f"{seams} wall"] = partial(wall, seams)
        # of the padded generator, all pixels of the engine's windows
        side, computed = plans["exact"].window + 2 * translator.halo, output * plans["exact"].overhead
        padded = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
        tasks["padded beside"] = partial(forward_beside, translator, streams, padded, 0, side**2, computed)
        tasks["padded"] = lambda: seconds_of(lambda: run_windows(translator, padded)) * computed / side**2

        clocked(RasterSource, "read", lambda *_: "read")
        clocked(Translator, "run", lambda *_: "forward")
        clocked(Journal, "write", lambda _, level, *__: "pyramid" if level else "write")
        clocked(engine_task, "reduced_shard", lambda *_: "pyramid")
        clocked(Recent, "put", lambda *_: "pyramid")
        found = in_turn(tasks, given.rounds)
    for seams, plan in plans.items():
        alone, beside = (
            {window: median(found[f"{seams} {how} {window}"]) for window in given.windows.split(",")}
            for how in ("alone", "beside")
        )
        best, best_beside = min(alone, key=alone.__getitem__), min(beside, key=beside.__getitem__)
        padded_seconds = min(median(found["padded"]), median(found["padded beside"]))
        seconds = found[f"{seams} wall"]
        rows.append(
            {
                "seams": seams,
                "by alone": alone[best] / median(seconds),
                "by beside": beside[best_beside] / median(seconds),
                "by padded pixels": padded_seconds / median(seconds) if seams == "exact" else float("nan"),
                "alone s": alone[best],
                "at window": best,
                "beside s": beside[best_beside],
                "at": best_beside,
                "wall s": median(seconds),
                "MP/s": output / 1e6 / median(seconds),
                "computed/output": plan.overhead,
                **{stage: median(shares[seams][stage][1:]) for stage in ("read", "forward", "write", "pyramid")},
            }
        )
    report(
        rows,
        given.json,
        pixels=output,
        shards=plans["exact"].shards,
        device=plans["exact"].device,
        precision=precision_name(translator.precision),
        window=plans["exact"].window,
    )


if __name__ == "__main__":
    main()
