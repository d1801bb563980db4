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
QUEUED = 64  # shards queued for the threads at once; a store may have millions
MISSING = "missing"


class Damage(NamedTuple):
    """A damaged shard.

    Attributes:
        level: pyramid level.
        row: row in the grid of shards.
        column: column in the grid of shards.
        what: description of the damage.
    """

    level: int
    row: int
    column: int
    what: str


@dataclass(frozen=True)
class VerifyResult:
    """The findings in a store.

    Attributes:
        store: its path.
        levels: number of pyramid levels.
        shards: shards checked, over all levels.
        pixels: pixels checked, over all levels.
        damaged: damaged shards, from the top of level 0; empty if the store is intact.
        seconds: duration.
        notes: what could not be checked, one line each.
    """

    store: Path
    levels: int
    shards: int
    pixels: int
    damaged: tuple[Damage, ...]
    seconds: float
    notes: tuple[str, ...] = ()


def verify(store: str | Path, progress: Progress | None = None) -> VerifyResult:
    """Decode a whole store: every chunk, and every shard's index, against its crc32c checksum.

    OME-Zarr 0.5 images of other programs are checked as far as possible: chunks without a checksum are only decoded,
    and a missing shard, which stands for an empty one, is not damage; the notes say so. Metadata files, ``zarr.json``,
    have no checksums. Each of two threads holds one row of a shard's chunks in memory.

    Args:
        store: folder of the image, or its URL.
        progress: called with the pixels checked, phase 'verify'.

    Raises:
        ImageError: it is missing, unfinished or not an OME-Zarr 0.5 image; its metadata is damaged; or it cannot be
            read.
    """
    started = time.perf_counter()
    path = locate(store)
    levels, ours = _open(path)
    notes = [
        f"level {level.number}: its chunks have no crc32c checksum: they were only decoded"
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
        notes.append(f"{absent} shards are missing: empty shards need not exist, and lost ones look the same")
    return VerifyResult(path, len(levels), shards, pixels, tuple(damaged), time.perf_counter() - started, tuple(notes))


def _open(path: Path) -> tuple[list["_Level"], bool]:
    """Return the levels of an image, and whether it was written by this package."""
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
        except Exception as error:  # zarr raises different errors for each kind of damage
            raise ImageError(f"damaged store: {path}: level {number}: {first_line(error)}") from error
        levels.append(_Level(number, folder, array))
    return levels, "tilegan" in attributes


def _why_not(path: Path) -> str:
    """Return why a folder without metadata cannot be verified."""
    for folder in (path, WorkFolder(path).store, WorkFolder.of(path).store):
        if is_there(folder / UNFINISHED) or (folder != path and is_there(folder / ROOT)):
            return f"unfinished: {path}: finish it first: the command that began it, with --resume"
    if is_there(path):
        return f"not an OME-Zarr 0.5 image: {path}: it has no {ROOT}: give a .zarr that stylize or convert wrote"
    return f"no such store: {path}: check the name"


@dataclass(frozen=True)
class _Level:
    """A level of an image; without shards, its chunks count as shards. The last two axes are y and x."""

    number: int
    folder: Path
    array: zarr.Array[Any]

    def shards(self) -> Iterator[tuple[int, ...]]:
        """Yield the indices of all shards."""
        sides = self.array.shards or self.array.chunks
        return product(*(range(-(-length // side)) for length, side in zip(self.array.shape, sides, strict=True)))

    def extent(self, shard: tuple[int, ...]) -> list[range]:
        """Return the pixels of a shard along each axis."""
        sides = self.array.shards or self.array.chunks
        return [
            range(number * side, min((number + 1) * side, length))
            for number, side, length in zip(shard, sides, self.array.shape, strict=True)
        ]

    def pixels(self, shard: tuple[int, ...]) -> int:
        """Return the number of pixels in a shard; those of several planes count in the first."""
        return 0 if any(shard[:-2]) else math.prod(map(len, self.extent(shard)[-2:]))

    def has_checksums(self) -> bool:
        """Whether each chunk has a checksum; shard indexes practically always have one."""
        codecs = self.array.metadata.codecs  # type: ignore[union-attr]  # only this format is opened
        if isinstance(codecs[0], ShardingCodec):
            codecs = codecs[0].codecs
        return any(isinstance(codec, Crc32cCodec) for codec in codecs)

    def fault(self, shard: tuple[int, ...]) -> str | None:
        """Describe what is wrong with a shard; None if it is intact.

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
        except Exception as error:  # each codec raises its own errors
            return "a checksum does not match" if "checksum" in str(error) else first_line(error)
        return None
