"""Check every chunk of a store against its checksum."""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import zarr
from zarr.codecs import Crc32cCodec, ShardingCodec

from tilegan.errors import ImageError
from tilegan.files import first_line, is_there, locate, os_errors, storage_options
from tilegan.images.stores.store import ROOT, UNFINISHED
from tilegan.inference.folder import WorkFolder
from tilegan.progress import Progress, silent

THREADS = 2
QUEUED = 64  # shards given to the threads at once; a store may have millions
MISSING = "missing"


class Damage(NamedTuple):
    """A shard that does not hold what was written.

    Attributes:
        level: of the pyramid.
        row: of the shard, in the grid of shards.
        column: likewise.
        what: is wrong with it.
    """

    level: int
    row: int
    column: int
    what: str


@dataclass(frozen=True)
class VerifyResult:
    """What was found in a store.

    Attributes:
        store: its path.
        levels: of the pyramid.
        shards: checked, of all levels.
        pixels: checked, of all levels.
        damaged: the damaged shards, from the top of level 0 on; none if the store is whole.
        seconds: that it took.
        notes: what could not be checked, a line each.
    """

    store: Path
    levels: int
    shards: int
    pixels: int
    damaged: tuple[Damage, ...]
    seconds: float
    notes: tuple[str, ...] = ()


def verify(store: str | Path, progress: Progress | None = None) -> VerifyResult:
    """Decode all of a store: every chunk, and every shard's index, against its crc32c checksum.

    Other OME-Zarr 0.5 images than our own are checked as far as they can be: chunks without a checksum are decoded
    only, and a missing shard, which stands for an empty one, is no damage there; the notes tell so. The metadata, each
    ``zarr.json``, have no checksum anywhere. Each of two threads holds one row of a shard's chunks in memory.

    Args:
        store: the image's folder, or its URL.
        progress: told how many pixels are checked, as phase 'verify'.

    Raises:
        ImageError: it is missing, unfinished or no OME-Zarr 0.5 image; its metadata are damaged; or it cannot be read.
    """
    started = time.perf_counter()
    path = locate(store)
    levels, ours = _open(path)
    notes = [
        f"level {level.number}: its chunks have no crc32c checksum: they were decoded only"
        for level in levels
        if not level.has_checksums()
    ]
    total, pixels, shards, absent = sum(math.prod(level.array.shape[-2:]) for level in levels), 0, 0, 0
    damaged = []
    tell = progress or silent
    tell("verify", 0, total)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="verify") as threads:
        for level in levels:
            every = level.shards()
            while some := list(islice(every, QUEUED)):
                for shard, fault in zip(some, threads.map(level.fault, some), strict=True):
                    if fault == MISSING and not ours:
                        absent += 1
                    elif fault:
                        damaged.append(Damage(level.number, shard[-2], shard[-1], fault))
                    shards, pixels = shards + 1, pixels + level.pixels(shard)
                    tell("verify", pixels, total)
    if absent:
        notes.append(f"{absent} shards are not there: empty ones need not be, lost ones cannot be told from them")
    return VerifyResult(path, len(levels), shards, pixels, tuple(damaged), time.perf_counter() - started, tuple(notes))


def _open(path: Path) -> tuple[list["_Level"], bool]:
    """The levels of an image, and whether it is one of ours."""
    try:
        with os_errors():
            if not is_there(path / ROOT):
                raise ImageError(_why_not(path))
            attributes = json.loads((path / ROOT).read_bytes())["attributes"]
            folders = [path / dataset["path"] for dataset in attributes["ome"]["multiscales"][0]["datasets"]]
    except ImageError:
        raise
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror or first_line(error)}") from error
    except Exception as error:
        raise ImageError(f"not an OME-Zarr 0.5 image: {path}: {first_line(error)}") from error
    levels = []
    for number, folder in enumerate(folders):
        try:
            with os_errors():
                array = zarr.open_array(str(folder), mode="r", storage_options=storage_options(path), zarr_format=3)
        except Exception as error:  # zarr raises a different class for each kind of damage
            raise ImageError(f"damaged store: {path}: level {number}: {first_line(error)}") from error
        levels.append(_Level(number, folder, array))
    return levels, "tilegan" in attributes


def _why_not(path: Path) -> str:
    """Why a folder without metadata is none to verify."""
    for folder in (path, WorkFolder(path).store, WorkFolder.of(path).store):
        if is_there(folder / UNFINISHED) or (folder != path and is_there(folder / ROOT)):
            return f"unfinished: {path}: finish it first: the command that began it, with --resume"
    if is_there(path):
        return f"not an OME-Zarr 0.5 image: {path}: it has no {ROOT}"
    return f"no such store: {path}: check the name"


@dataclass(frozen=True)
class _Level:
    """A level of an image; where it has no shards, its chunks are taken for shards. The last two axes are y and x."""

    number: int
    folder: Path
    array: zarr.Array[Any]

    def shards(self) -> Iterator[tuple[int, ...]]:
        """The indices of all shards."""
        sides = self.array.shards or self.array.chunks
        return product(*(range(-(-length // side)) for length, side in zip(self.array.shape, sides, strict=True)))

    def extent(self, shard: tuple[int, ...]) -> list[range]:
        """The pixels of a shard along each axis."""
        sides = self.array.shards or self.array.chunks
        return [
            range(number * side, min((number + 1) * side, length))
            for number, side, length in zip(shard, sides, self.array.shape, strict=True)
        ]

    def pixels(self, shard: tuple[int, ...]) -> int:
        """How many there are in a shard; those of several planes count in the first."""
        return 0 if any(shard[:-2]) else math.prod(map(len, self.extent(shard)[-2:]))

    def has_checksums(self) -> bool:
        """Whether each chunk has one; the index of a shard practically always has."""
        codecs = self.array.metadata.codecs  # type: ignore[union-attr]  # only this format is opened
        if isinstance(codecs[0], ShardingCodec):
            codecs = codecs[0].codecs
        return any(isinstance(codec, Crc32cCodec) for codec in codecs)

    def fault(self, shard: tuple[int, ...]) -> str | None:
        """What is wrong with a shard; None if nothing is.

        Raises:
            ImageError: it cannot be read.
        """
        key = self.array.metadata.encode_chunk_key(shard)
        *planes, rows, columns = (slice(along.start, along.stop) for along in self.extent(shard))
        height = self.array.chunks[-2]
        try:
            if not is_there(self.folder / key):
                return MISSING
            with os_errors():
                for top in range(rows.start, rows.stop, height):
                    self.array[*planes, slice(top, min(top + height, rows.stop)), columns]
        except OSError as error:
            raise ImageError(f"cannot read {self.folder}: {error.strerror or first_line(error)}") from error
        except Exception as error:  # each codec raises its own
            return "a checksum does not match" if "checksum" in str(error) else first_line(error)
        return None
