"""Many small images: how near `tilegan.pipelines.batch` comes to the network's own speed.

    OMP_NUM_THREADS=2 python benchmarks/batch.py [--images 300] [--precision bfloat16]

Photographs of 512 x 512 pixels (0.25 megapixels) are drawn and saved as JPEG. In turn, round by round, each time over
another part of them: the batch, from files to files, and the bare network: the same windows with their halo, decoded
beforehand, as many forward passes side by side as there are threads. The ratio is of images a second. A pass over an
image in the midst of others costs the same, so that the halo counts on both sides; `without halo` says what the bare
network takes for the image alone, which no exact result can reach. Beside wall time there is the processor time of all
threads, by which machines with other work are compared.

The image is painted with `--stroke 1`, which is what `auto` finds for this size. Prediction, from one image alone: of
0.2 s a core in float32 0.02 s are reading, planning and writing, which run beside others' passes, but on the same
cores: a ratio of 0.9 in float32, and of 0.85 in bfloat16.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from common import in_turn, median, parser, report
from PIL import Image

from tilegan.devices import keep_freed_memory
from tilegan.geometry import Window
from tilegan.inference.passes import forward_threads
from tilegan.landscape.scene import Landscape
from tilegan.pipelines import batch
from tilegan.tiling.places import Place
from tilegan.translator import Translator, load

SIDE = 512


def draw(folder: Path, count: int) -> None:
    """Save parts of a landscape, all different."""
    across = 8
    landscape = Landscape(SIDE * -(-count // across), SIDE * across, 0)
    for number in range(count):
        row, column = divmod(number, across)
        pixels = landscape.read(Window(row * SIDE, column * SIDE, SIDE, SIDE))
        Image.fromarray(pixels).save(folder / f"{number:05}.jpg", quality=90)


def bare(translator: Translator, halo: int, windows: list[np.ndarray], threads: ThreadPoolExecutor) -> int:
    """Forward passes side by side; how many images."""
    place = [Place(-halo, -halo)]
    for _ in threads.map(lambda window: translator.run(window, halo, place), windows):
        pass
    return len(windows)


def batched(translator: Translator, parts: list[Path], out: Path, left: list[int]) -> int:
    """The batch over the next part; how many images."""
    number = left.pop()
    result = batch(parts[number], out / str(number), translator, stroke=1)
    if result.failures:
        raise SystemExit(result.failures[0].error)
    return result.done


def measured(way: Callable[[], int], processor: list[float]) -> float:
    """Seconds an image; those of the processor, of all threads, are appended."""
    before, started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), time.perf_counter()
    images = way()
    seconds = time.perf_counter() - started
    processor.append((sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - before) / images)
    return seconds / images


def _ratio(bare_seconds: list[float], seconds: list[float]) -> float:
    """The median of the ratios of each round: how near a way comes to the bare network."""
    return median([one / other for one, other in zip(bare_seconds, seconds, strict=True)])


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--images", type=int, default=300, help="of all rounds together [300]")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--precision", default="auto")
    given = options.parse_args()
    keep_freed_memory()
    translator = load(given.model, "cpu", given.precision)
    each = max(1, given.images // (given.rounds + 1))
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        parts = [Path(name) / "in" / str(number) for number in range(given.rounds + 1)]
        for part in parts:
            part.mkdir(parents=True)
        draw(parts[0], each * len(parts))
        for number, image in enumerate(sorted(parts[0].iterdir())[each:]):
            image.rename(parts[1 + number // each] / image.name)
        pixels = [np.asarray(Image.open(image)) for image in sorted(parts[0].iterdir())[: min(each, 40)]]
        haloed = [translator.whole(image) for image in pixels]
        plain = [translator.seen(image)[None] for image in pixels]
        with forward_threads(torch.device("cpu"), torch.get_num_threads()) as threads:
            ways: dict[str, Callable[[], int]] = {
                "batch": partial(batched, translator, parts, Path(name) / "out", list(range(len(parts)))),
                "bare": partial(bare, translator, translator.halo, haloed, threads),
                "without halo": partial(bare, translator, 0, plain, threads),
            }
            processor: dict[str, list[float]] = {way: [] for way in ways}
            found = in_turn({way: partial(measured, run, processor[way]) for way, run in ways.items()}, given.rounds)
    rows = [
        {
            "way": way,
            "images/s": 1 / median(found[way]),
            "of bare": _ratio(found["bare"], found[way]),
            "processor s": median(processor[way][1:]),
            "of bare by processor": _ratio(processor["bare"][1:], processor[way][1:]),
        }
        for way in ways
    ]
    report(
        rows,
        given.json,
        images=each * given.rounds,
        threads=torch.get_num_threads(),
        precision=str(translator.precision),
    )


if __name__ == "__main__":
    main()
