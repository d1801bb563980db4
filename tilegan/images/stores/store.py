"""A sharded OME-Zarr image for writing and reading: the form in which all results are built.

Layout: OME-Zarr 0.5 (Zarr v3), one array per level named "0", "1", ..., axes c, y, x, RGB or RGBA, uint8 or uint16. A
shard is one file; it holds chunks of all channels, each compressed with zstd and protected by a crc32c checksum.
Nothing in it depends on when, where or in which order it was written, so that two runs are equal byte for byte.

The root's ``zarr.json``, without which no reader takes the folder for an image, is written last: object storage cannot
rename a folder.
"""

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from tilegan.errors import ImageError, OutputError
from tilegan.files import first_line, is_remote, is_there, locate, os_errors, remove_file, replace_file, storage_options
from tilegan.geometry import Pixels, Window, grid_cell, grid_shape, round_up
from tilegan.images.metadata.geozarr import georeference_of_level
from tilegan.images.metadata.ome import metadata
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance

ROOT = "zarr.json"
UNFINISHED = "unfinished.json"  # root of a store that is being written
COARSEST = 256  # the last level fits a square of this side, in pixels
ZSTD_LEVEL = 1


class Store:
    """A sharded OME-Zarr multiscale image; threads and processes may use it at once for different shards.

    Attributes:
        path: folder of the store.
        shard: side of the squares that are written at once, in pixels of any level.
        chunk: side of the squares that are decoded at once, in pixels; the whole image if it is smaller.
        dtype: dtype of the pixels: uint8 or uint16.
        channels: 3 for RGB, 4 for RGBA; opacity is 0 for invalid pixels.
        origin: source metadata of the region in the image; None if unknown. Its georeference may count fewer pixels
            than level 0 has: those of the source, before it was enlarged.
        made: provenance; None if unknown.
        name: name of the image, for viewers; None if it has none.
    """

    def __init__(
        self,
        path: Path,
        arrays: list[zarr.Array[Any]],
        shard: int,
        origin: Origin | None,
        made: Provenance | None = None,
        name: str | None = None,
    ) -> None:
        """Initialize from open arrays; use ``create`` or ``open``."""
        self.path = path
        self.shard = shard
        self.origin = origin
        self.made = made
        self.name = name
        self.dtype: np.dtype[Any] = np.dtype(arrays[0].dtype)
        self.channels: int = arrays[0].shape[0]
        longest = max(arrays[0].chunks[1:])  # those of smaller levels may be cut to the image
        self.chunk = longest if shard % longest == 0 else shard
        self._arrays = arrays

    @classmethod
    def create(
        cls,
        path: str | Path,
        height: int,
        width: int,
        *,
        shard: int,
        chunk: int = 512,
        name: str | None = None,
        levels: np.dtype[Any] | type[np.unsignedinteger[Any]] = np.uint8,
        channels: int = 3,
        origin: Origin | None = None,
        made: Provenance | None = None,
    ) -> Self:
        """Create an empty store with all its levels; ``finish`` makes it an image.

        Args:
            path: folder that does not exist or is empty, local or found by ``locate``.
            height: height of level 0, in pixels; each further level is half as high and wide, rounded up.
            width: its width.
            shard: side of a shard in pixels, a multiple of ``chunk``.
            chunk: side of a chunk in pixels; chunks of a smaller image are cut to it.
            name: name of the image, for viewers.
            levels: dtype of the pixels: uint8 or uint16.
            channels: 3 for RGB, 4 for RGBA.
            origin: source metadata to keep.
            made: provenance.

        Raises:
            OutputError: the folder cannot be written.
        """
        if shard % chunk:
            raise ValueError(f"a shard of {shard} pixels is not a multiple of a chunk of {chunk}")
        levels = np.dtype(levels)
        if levels not in (np.uint8, np.uint16) or channels not in (3, 4):
            raise ValueError(f"no store of {channels} channels of {levels}: use 3 or 4 of uint8 or uint16")
        path = locate(path)
        shapes = _level_shapes(height, width)
        documents: dict[str, Any] = {}
        ours: dict[str, Any] = {"shard": shard} | ({"origin": origin.to_json()} if origin is not None else {})
        ours |= {"made": made.to_json()} if made is not None else {}
        ome = {"version": "0.5"} | metadata(shapes, name, channels, levels, origin)
        places = [georeference_of_level(origin, shapes, level) for level in range(len(shapes))]
        group = zarr.create_group(documents, attributes={"ome": ome, **places[0], "tilegan": ours})
        for level, shape in enumerate(shapes):
            array = _create_level(group, str(level), (channels, *shape), levels, shard, chunk)
            array.attrs.update(places[level])
        documents[UNFINISHED] = documents.pop(ROOT)
        try:
            for key, document in documents.items():
                if not is_remote(path):
                    (path / key).parent.mkdir(parents=True, exist_ok=True)
                replace_file(path / key, document.to_bytes())
        except OSError as error:
            raise OutputError(f"cannot create {path}: {error.strerror or first_line(error)}") from error
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a store written by ``create``, finished or not, to read or to continue writing.

        Raises:
            ImageError: there is none.
        """
        path = locate(path)
        try:
            with os_errors():
                attributes = json.loads((path / (ROOT if is_there(path / ROOT) else UNFINISHED)).read_bytes())[
                    "attributes"
                ]
                datasets = attributes["ome"]["multiscales"][0]["datasets"]
                levels = [str(path / dataset["path"]) for dataset in datasets]
                options = storage_options(path)
                arrays = [zarr.open_array(level, mode="r+", storage_options=options) for level in levels]
            # An all-zero chunk would leave no trace, and look like one that was never written.
            arrays = [array.with_config({"write_empty_chunks": True}) for array in arrays]
            ours = attributes["tilegan"]
            origin = Origin.from_json(ours["origin"]) if "origin" in ours else None
            name = attributes["ome"]["multiscales"][0].get("name")
            return cls(path, arrays, int(ours["shard"]), origin, Provenance.from_json(ours.get("made")), name)
        except Exception as error:  # zarr raises different errors for each kind of damage
            raise ImageError(f"not a store of tilegan: {path}: {first_line(error)}") from error

    def finish(self) -> None:
        """Make it an image once all shards are written; no effect if it is one already.

        Raises:
            OutputError: it cannot be written.
        """
        unfinished = self.path / UNFINISHED
        try:
            if is_there(unfinished):
                with os_errors():
                    replace_file(self.path / ROOT, unfinished.read_bytes())
                remove_file(unfinished)
        except OSError as error:
            raise OutputError(f"cannot write to {self.path}: {error.strerror or first_line(error)}") from error

    @property
    def levels(self) -> int:
        """Number of levels; level 0 is full resolution."""
        return len(self._arrays)

    def shape(self, level: int) -> tuple[int, int]:
        """Return height and width of a level, in pixels."""
        _, height, width = self._arrays[level].shape
        return height, width

    def grid(self, level: int) -> tuple[int, int]:
        """Return the numbers of rows and columns of shards of a level."""
        return grid_shape(*self.shape(level), self.shard)

    def write_shard(self, level: int, index: tuple[int, int], pixels: Pixels) -> None:
        """Write one whole shard; an existing one, whole or torn, is replaced.

        Args:
            level: pyramid level.
            index: (row, column) in the grid of shards.
            pixels: (h, w, ``channels``) of dtype ``dtype``, of the whole shard; shards at the bottom and right edges
                are cut to the image.

        Raises:
            OutputError: the disk is full or cannot be written.
        """
        cell = grid_cell(index, self.shard, *self.shape(level))
        shape = cell.height, cell.width, self.channels
        if pixels.shape != shape or pixels.dtype != self.dtype:
            raise ValueError(f"{cell} takes {self.dtype} {shape}, not {pixels.dtype} {pixels.shape}")
        planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
        try:
            # zarr would decode and merge an old shard, which fails if it is torn.
            remove_file(self.shard_file(level, index))
            with os_errors():
                self._arrays[level][:, cell.top : cell.bottom, cell.left : cell.right] = planes
        except OSError as error:
            raise OutputError(f"cannot write to {self.path}: {error.strerror or first_line(error)}") from error

    def read(self, level: int, window: Window) -> Pixels:
        """Read a window of a level: (h, w, ``channels``) of dtype ``dtype``.

        Raises:
            ImageError: a shard is missing, torn, changed or cannot be reached.
        """
        try:
            self._check_there(level, window)
            with os_errors():
                pixels = self._arrays[level][:, window.top : window.bottom, window.left : window.right]
        except ImageError:
            raise
        except OSError as error:
            raise ImageError(f"cannot read {self.path}: {error.strerror or first_line(error)}") from error
        except Exception as error:  # each codec raises its own errors
            raise ImageError(f"damaged store: {self.path}: level {level}, {window}: {first_line(error)}") from error
        return np.stack(list(np.asarray(pixels)), axis=-1)  # six times as fast as copying a transposed view

    def _check_there(self, level: int, window: Window) -> None:
        """Refuse missing shards, which zarr would read as zeros."""
        for row in range(window.top // self.shard, -(-window.bottom // self.shard)):
            for column in range(window.left // self.shard, -(-window.right // self.shard)):
                if not is_there(self.shard_file(level, (row, column))):
                    raise ImageError(f"damaged store: {self.path}: level {level}: no shard ({row}, {column})")

    def shard_file(self, level: int, index: tuple[int, int]) -> Path:
        """Return the path of the file of a shard."""
        return self.path / str(level) / "c" / "0" / str(index[0]) / str(index[1])


def _level_shapes(height: int, width: int) -> list[tuple[int, int]]:
    shapes = [(height, width)]
    while max(shapes[-1]) > COARSEST:
        shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
    return shapes


def _create_level(
    group: zarr.Group, name: str, shape: tuple[int, int, int], levels: np.dtype[Any], shard: int, chunk: int
) -> zarr.Array[Any]:
    channels, *sides = shape
    chunks = [min(chunk, length) for length in sides]
    shards = [min(shard, round_up(length, side)) for length, side in zip(sides, chunks, strict=True)]
    return group.create_array(
        name,
        shape=shape,
        chunks=(channels, *chunks),
        shards=(channels, *shards),
        dtype=levels,
        fill_value=0,
        compressors=[ZstdCodec(level=ZSTD_LEVEL), Crc32cCodec()],
        dimension_names=("c", "y", "x"),
    )
