"""Whether damaged files are refused in one line: none may crash a reader, hang it or fill the memory.

    python benchmarks/fuzz.py [--inputs 10000] [--seed K] [--folder FOLDER]... [--keep FOLDER]

Inputs are files of every kind that is read, small ones made here and those of the folders given, with bytes changed:
single bits, runs of one value, numbers that are extreme, parts moved, repeated or cut off. Each is opened, read in
three windows, with its mask and a thumbnail, in a child process; every fourth with `allow_truncated`, every fifth in 16
bits. What a child may do is read it, or refuse it with one of our errors in one line. Anything else is found: an
exception that is not ours, the death of the process, more than 10 seconds, more than 1 GiB above what the process took
before its first input. Such inputs are kept. The exit code is 1 if there are any.
"""

import argparse
import json
import multiprocessing
import random
import shutil
import tempfile
import time
import traceback
from collections import Counter
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import rasterio
import zarr
from common import machine
from PIL import Image, features

SECONDS, BYTES = 10.0, 2**30
SIDE = 96
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def make_seeds(folder: Path) -> None:
    """Small files of every kind."""
    draw = np.random.default_rng(0)
    rgba = draw.integers(0, 256, (SIDE, SIDE, 4), np.uint8).repeat(2, 0)
    image = Image.fromarray(rgba)
    rgb, gray = image.convert("RGB"), image.convert("L")
    rgb.save(folder / "baseline.jpg", dpi=(300, 300))
    rgb.save(folder / "progressive.jpg", progressive=True)
    rgb.convert("CMYK").save(folder / "cmyk.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(folder / "turned.jpg", exif=exif)
    image.save(folder / "alpha.png")
    gray.save(folder / "gray.png")
    rgb.quantize(16).save(folder / "palette.png", transparency=3)
    rgb.quantize(16).save(folder / "frames.gif", save_all=True, append_images=[gray.quantize(8)])
    image.save(folder / "alpha.webp", lossless=True)
    if features.check("avif"):
        rgb.save(folder / "photo.avif")
    rgb.save(folder / "plain.bmp")
    image.save(folder / "plain.tga")
    rgb.save(folder / "plain.ppm")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg"):
        rgb.save(folder / f"strips_{compression}.tif", compression=compression)
    image.convert("1").save(folder / "fax.tif", compression="group4")
    rgb.convert("LAB").save(folder / "lab.tif")
    values = draw.integers(0, 65536, (4, SIDE, SIDE), np.uint16)
    place = {"crs": "EPSG:32631", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), "height": SIDE, "width": SIDE}
    for name, more in {
        "tiled": {"tiled": True, "blockxsize": 32, "blockysize": 32, "compress": "zstd", "nodata": 7},
        "planar": {"interleave": "band", "compress": "lzw", "predictor": 2},
        "big": {"BIGTIFF": "YES", "compress": "deflate"},
    }.items():
        with rasterio.open(folder / f"{name}.tif", "w", "GTiff", count=4, dtype="uint16", **place, **more) as dataset:
            dataset.write(values)
    for driver, ending in (("JP2OpenJPEG", "jp2"), ("PNG", "png")):
        with rasterio.open(folder / f"deep.{ending}", "w", driver, count=3, dtype="uint16", **place) as dataset:
            dataset.write(values[:3])
    for beside in folder.glob("*.aux.xml"):
        beside.unlink()
    for version in (2, 3):
        zarr.create_array(str(folder / f"v{version}.zarr"), data=values[:3], chunks=(3, 32, 32), zarr_format=version)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A file's bytes, damaged in one to six ways."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        if not damaged:
            break
        # half of all changes near the front, where headers are
        last = len(damaged) - 1
        place = chance.randint(0, min(last, 256)) if chance.random() < 0.5 else chance.randint(0, last)
        how = chance.randrange(6)
        if how == 0:
            damaged[place] ^= 1 << chance.randrange(8)
        elif how == 1:
            length = chance.randint(1, 64)
            damaged[place : place + length] = bytes([chance.choice((0, 0xFF, chance.randrange(256)))]) * length
        elif how == 2:
            size = chance.choice((1, 2, 4, 8))
            number = chance.choice(EXTREMES) & (2 ** (8 * size) - 1)
            damaged[place : place + size] = number.to_bytes(size, chance.choice(("little", "big")))
        elif how == 3:
            other, length = chance.randint(0, last), chance.randint(1, 256)
            damaged[place : place + length] = damaged[other : other + length]
        elif how == 4:
            damaged[place:place] = damaged[place : place + chance.randint(1, 256)]
        else:
            del damaged[place:]
    return bytes(damaged)


def damaged_copy(seed: Path, folder: Path, chance: random.Random) -> Path:
    """A copy of a file, or of a folder, with one file damaged."""
    copy = folder / seed.name
    if seed.is_file():
        copy.write_bytes(mutated(seed.read_bytes(), chance))
        return copy
    shutil.copytree(seed, copy)
    part = chance.choice(sorted(file for file in copy.rglob("*") if file.is_file()))
    part.write_bytes(mutated(part.read_bytes(), chance))
    return copy


def child(pipe: Connection) -> None:
    """Read what the pipe names, and answer what became of it."""
    from tilegan.errors import TileganError
    from tilegan.geometry import Window
    from tilegan.images.metadata.origin import Reading
    from tilegan.images.opening import open_source

    while True:
        try:
            path, reading = pipe.recv()
        except EOFError:
            return
        try:
            with closing(open_source(path, Reading(**reading))) as source:
                height, width = min(source.height, 64), min(source.width, 64)
                for top, left in ((0, 0), (source.height - height, source.width - width), (source.height // 2, 0)):
                    window = Window(top, left, min(height, source.height - top), width)
                    pixels = source.read(window)
                    assert pixels.shape == (window.height, window.width, 3), pixels.shape
                    assert pixels.dtype == source.levels, pixels.dtype
                    source.read_mask(window)
                source.thumbnail(64)
                source.identity()
            answer = "read"
        except TileganError as error:
            answer = "refused" if len(str(error).splitlines()) == 1 else f"more than a line: {error!r}"
        except BaseException:
            answer = traceback.format_exc()
        pipe.send(answer)


class Reader:
    """A child process that reads files, and is started again when it has to be."""

    def __init__(self) -> None:
        self._process: Any = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=child, args=(other,), daemon=True)
        self._process.start()
        other.close()
        self.read(Path("/nowhere"), {})  # which imports everything
        self._before = psutil.Process(self._process.pid).memory_info().rss

    def read(self, path: Path, reading: dict[str, Any]) -> str:
        """What became of a file: 'read', 'refused', or what is wrong."""
        if self._process is None:
            self._start()
        started = time.monotonic()
        try:
            self._pipe.send((str(path), reading))
            while not self._pipe.poll(0.02):
                if path.exists() and psutil.Process(self._process.pid).memory_info().rss - self._before > BYTES:
                    return self._end("more than 1 GiB")
                if path.exists() and time.monotonic() - started > SECONDS:
                    return self._end("more than 10 seconds")
            return str(self._pipe.recv())
        except (EOFError, BrokenPipeError, ConnectionResetError, psutil.NoSuchProcess):
            self._process.join(5)
            return self._end(f"the process died: exit code {self._process.exitcode}")

    def _end(self, reason: str) -> str:
        self._process.kill()
        self._process.join()
        self._process = None
        return reason


def main() -> None:
    """Damage, read, count and print.

    Raises:
        SystemExit: something else than reading or refusing happened.
    """
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=10_000, help="how many [10000]")
    options.add_argument("--seed", type=int, default=0, help="of the damages [0]")
    options.add_argument("--folder", type=Path, action="append", default=[], help="of more files to damage")
    options.add_argument("--keep", type=Path, help="folder for inputs that went wrong [none kept]")
    given = options.parse_args()
    chance, found, reader = random.Random(given.seed), Counter[str](), Reader()
    by_seed: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        make_seeds(folder / "seeds")
        seeds = sorted((folder / "seeds").iterdir())
        seeds += sorted(file for more in given.folder for file in more.iterdir() if file.stat().st_size < 2**20)
        print(f"{machine()}\n{len(seeds)} files to damage", flush=True)
        for number in range(given.inputs):
            place = folder / "input"
            place.mkdir()
            seed = chance.choice(seeds)
            path = damaged_copy(seed, place, chance)
            reading = {"allow_truncated": number % 4 == 0, "depth": "keep" if number % 5 == 0 else "8"}
            answer = reader.read(path, reading)
            kind = answer if answer in ("read", "refused") else "wrong"
            found[kind] += 1
            by_seed.setdefault(seed.name, Counter())[kind] += 1
            if kind == "wrong":
                print(f"input {number}, {seed.name}, {json.dumps(reading)}: {answer.strip()}", flush=True)
                if given.keep:
                    given.keep.mkdir(parents=True, exist_ok=True)
                    path.rename(given.keep / f"{number}_{seed.name}")
            shutil.rmtree(place)
    for seed_name, counts in sorted(by_seed.items()):
        print(f"{seed_name}: {', '.join(f'{kind} {count}' for kind, count in sorted(counts.items()))}")
    print(f"{given.inputs} inputs: {', '.join(f'{kind} {count}' for kind, count in sorted(found.items()))}")
    if found["wrong"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
