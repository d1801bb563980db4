"""What a stylized image takes on disk, and how fast shards are written and proven: the figures behind docs/scaling.md.

    python benchmarks/storage.py PHOTOGRAPH... [--noise 2048] [--shards 2048,4096]

Each photograph, and a square of noise of that side (the worst that can be), is stylized to an OME-Zarr. Printed, for
each side of shards: bytes on disk by pixels of level 0, for level 0 alone and with all levels; then what
`Journal.write` writes (encoding, fsync of shard and marker, checksum) and what `Journal.holds` proves on resume
(decoding, checksum), in megapixels a second, one thread, the files in the system's cache; and calls of fsync a shard.
"""

import os
import shutil
import tempfile
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from common import median, parser, report, seconds_of
from rasterio.errors import NotGeoreferencedWarning

from tilegan.geometry import grid_cell
from tilegan.images.stores.store import Store
from tilegan.inference.journal import Journal
from tilegan.pipelines import stylize


def bytes_in(folder: Path) -> int:
    """Of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def journal_rates(store: Store, folder: Path, rounds: int) -> tuple[float, float, float]:
    """Megapixels a second written and proven, and calls of fsync a shard, for level 0 of a store.

    Args:
        store: whose pixels are written again, to ``folder``.
        folder: scratch.
        rounds: the median of so many counts.
    """
    height, width = store.shape(0)
    copy = Store.create(folder / "copy.zarr", height, width, shard=store.shard)
    journal, write, prove, calls = Journal(folder / "journal", copy), [], [], 0
    fsync = os.fsync

    def counted(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        fsync(descriptor)

    indexes = list(product(*map(range, copy.grid(0))))
    for _ in range(rounds):
        seconds = 0.0
        for index in indexes:
            pixels = store.read(0, grid_cell(index, store.shard, height, width))
            os.fsync = counted
            seconds += seconds_of(lambda index=index, pixels=pixels: journal.write(0, index, pixels))
            os.fsync = fsync
        write.append(seconds)
        prove.append(sum(seconds_of(lambda index=index: journal.holds(0, index)) for index in indexes))
    shutil.rmtree(folder / "copy.zarr")
    megapixels = height * width / 1e6
    return megapixels / median(write), megapixels / median(prove), calls / rounds / len(indexes)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("photographs", nargs="*", type=Path)
    options.add_argument("--noise", type=int, default=2048, help="side of the square of noise, in pixels [2048]")
    options.add_argument("--shards", default="2048,4096", help="sides in pixels, with commas")
    options.add_argument("--model", default="vangogh")
    given = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        noise = np.random.default_rng(0).integers(0, 256, (3, given.noise, given.noise), np.uint8)
        profile = {"driver": "GTiff", "height": given.noise, "width": given.noise, "count": 3, "dtype": "uint8"}
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(folder / "noise.tif", "w", tiled=True, **profile) as dataset:
            dataset.write(noise)
        for image in [*given.photographs, folder / "noise.tif"]:
            for shard in map(int, given.shards.split(",")):
                output = folder / "out.zarr"
                stylize(image, output, given.model, stroke=1, shard=shard)
                store = Store.open(output)
                pixels = float(np.prod(store.shape(0)))
                written, proven, fsyncs = journal_rates(store, folder, given.rounds)
                rows.append(
                    {
                        "image": image.name,
                        "megapixels": pixels / 1e6,
                        "shard": store.shard,
                        "B/px level 0": bytes_in(output / "0") / pixels,
                        "B/px all": bytes_in(output) / pixels,
                        "written MP/s": written,
                        "proven MP/s": proven,
                        "fsyncs a shard": fsyncs,
                    }
                )
                shutil.rmtree(output)
                shutil.rmtree(folder / "journal")
    report(rows, given.json)


if __name__ == "__main__":
    main()
