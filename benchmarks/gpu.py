"""How near `stylize` comes to its slowest stage alone, and how busy the device is: for a machine with a GPU.

    python benchmarks/gpu.py [--side 32768] [--device cuda] [--shard 4096]

Each stage alone, over the whole image and with as many threads as the engine plans for: read (a tiled TIFF, halos
included), forward (one thread: cutting, copies to and from the device, passes over random pixels), write (checksum,
encoding and disk, all levels). Against the wall seconds of `tilegan.pipelines.stylize`, in this process, in turn. Idle
is the part of the wall time in which no forward pass runs, copies counted as running. All of the result's pixels are in
memory meanwhile. It runs on a CPU too, as a check of the script; there the stages share the cores.

Aim: the slowest stage alone takes at least 0.85 of the wall time.
"""

import shutil
import tempfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from common import in_turn, make_image, median, parser, report, run_windows, seconds_of
from efficiency import clocked, spent

from tilegan.devices import keep_freed_memory
from tilegan.geometry import Window, grid_cell, split
from tilegan.images.opening import open_source
from tilegan.images.stores.store import Store
from tilegan.inference.blocks import block_window, read_block, translate_block
from tilegan.inference.journal import Journal
from tilegan.pipelines import StylizePlan, plan_stylize, stylize
from tilegan.translator import Translator, load


def in_threads(threads: int, task: Callable[[Any], object], items: Collection[Any]) -> float:
    """Seconds of a task on all items, in a pool."""
    with ThreadPoolExecutor(threads) as pool:
        return seconds_of(lambda: list(pool.map(task, items)))


def forward_alone(translator: Translator, planned: StylizePlan, blocks: list[Window]) -> float:
    """Seconds of all blocks in one thread; their pixels are random."""
    largest = max(block.height for block in blocks), max(block.width for block in blocks), 3
    random = np.random.default_rng(0).integers(0, 256, largest, np.uint8)
    run = partial(run_windows, translator, halo=planned.halo)

    def forward(block: Window) -> None:
        pixels = random[: block.height, : block.width]
        translate_block(run, pixels, planned.window, planned.batch, planned.halo, translator.scale)

    return in_threads(1, forward, blocks)


def write_alone(store: Store, folder: Path, threads: int) -> Callable[[], float]:
    """What writes all levels of a store again, and returns the seconds; their pixels are kept in memory."""
    places = [(level, index) for level in range(store.levels) for index in product(*map(range, store.grid(level)))]
    pixels = {place: store.read(place[0], grid_cell(place[1], store.shard, *store.shape(place[0]))) for place in places}

    def write() -> float:
        copy = Store.create(folder / "copy.zarr", *store.shape(0), shard=store.shard)
        journal = Journal(folder / "journal", copy)
        seconds = in_threads(threads, lambda place: journal.write(*place, pixels[place]), places)
        shutil.rmtree(copy.path)
        return seconds

    return write


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--image", type=Path, help="a tiled TIFF [a mosaic made here]")
    options.add_argument("--side", type=int, default=32768, help="of the mosaic, in pixels [32768]")
    options.add_argument("--shard", type=int, help="side in pixels [the default]")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--device", default="auto")
    options.add_argument("--precision", default="auto")
    given = options.parse_args()
    keep_freed_memory()  # as the command does
    translator = load(given.model, given.device, given.precision)
    settings = {"shard": given.shard, "stroke": 1, "device": given.device, "precision": given.precision}
    clocked(Translator, "run", lambda *_: "forward")
    idle: list[float] = []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        out = Path(name) / "out.zarr"
        image = given.image or make_image(Path(name) / "source.tif", given.side, given.side)
        planned = plan_stylize(image, out, given.model, **settings)
        region = Window(0, 0, planned.height // translator.scale, planned.width // translator.scale)
        blocks = [block_window(cell, translator.stride, planned.halo) for cell in split(region, planned.shard)]
        stylize(image, out, given.model, **settings)
        write = write_alone(Store.open(out), Path(name), planned.threads)
        shutil.rmtree(out)

        def wall() -> float:
            spent.clear()
            seconds = seconds_of(lambda: stylize(image, out, given.model, **settings))
            shutil.rmtree(out)
            idle.append(1 - spent["forward"] / seconds)
            return seconds

        with closing(open_source(image)) as source:
            stages = {
                "read": partial(in_threads, planned.threads, partial(read_block, source), blocks),
                "forward": partial(forward_alone, translator, planned, blocks),
                "write": write,
            }
            found = in_turn({**stages, "stylize": wall}, given.rounds)
    seconds = {stage: median(values) for stage, values in found.items()}
    gigapixels, whole = region.height * region.width / 1e9, seconds["stylize"]
    rows = [
        {"stage": stage, "s": value, "GP/min": 60 * gigapixels / value, "by wall": value / whole}
        for stage, value in seconds.items()
    ]
    facts = {"slowest by wall": max(seconds[stage] for stage in stages) / whole, "idle": median(idle[1:])}
    chosen = {name: getattr(planned, name) for name in ("shard", "window", "batch", "threads", "device", "precision")}
    report(rows, given.json, **facts, **chosen)


if __name__ == "__main__":
    main()
