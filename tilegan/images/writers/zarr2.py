"""A store as OME-Zarr 0.4 in Zarr v2, with a file per chunk, for clients without support of Zarr v3 or shards."""

from pathlib import Path
from typing import Any

import numpy as np
import zarr

from tilegan.geometry import Window, split
from tilegan.images.metadata.geozarr import georeference_of_level
from tilegan.images.metadata.ome import metadata
from tilegan.images.stores.store import Store
from tilegan.progress import Progress

VERSION = "0.4"
_AT_ONCE = 4  # side in chunks of the parts copied at once
_CODEC: Any = {"id": "zlib", "level": 1}  # supported by every reader of Zarr v2


def write_zarr2(path: Path, store: Store, progress: Progress, made: dict[str, Any] | None = None) -> None:
    """Write all levels of a store, in chunks of one channel each, with the same metadata.

    Args:
        path: output folder, which must not exist.
        store: store with all levels.
        progress: called with the output pixels done, phase 'export'.
        made: provenance, as ``Provenance.to_json``.

    Raises:
        OSError: a file cannot be written.
        ImageError: the store is damaged.
    """
    shapes = [store.shape(level) for level in range(store.levels)]
    ome = metadata(shapes, store.name, store.channels, store.dtype, store.origin)
    ome["multiscales"][0]["version"] = ome["omero"]["version"] = VERSION
    ours: dict[str, Any] = {"origin": store.origin.to_json()} if store.origin is not None else {}
    ours |= {"made": made} if made is not None else {}
    places = [georeference_of_level(store.origin, shapes, level) for level in range(store.levels)]
    group = zarr.create_group(path, zarr_format=2, attributes={**ome, **places[0], "tilegan": ours})
    height, width = shapes[0]
    _write_coordinates(group, places[0])
    done, total = 0, sum(rows * columns for rows, columns in shapes)
    for level, shape in enumerate(shapes):
        array = group.create_array(
            str(level),
            shape=(store.channels, *shape),
            chunks=(1, *(min(store.chunk, side) for side in shape)),
            dtype=store.dtype,
            fill_value=0,
            compressors=_CODEC,
            chunk_key_encoding={"name": "v2", "separator": "/"},
            attributes={"_ARRAY_DIMENSIONS": ["c", "y", "x"], **places[level], **_gdal_crs(places[level])},
            config={"write_empty_chunks": True},  # otherwise chunks lost later would look like zeros
        )
        for part in split(Window(0, 0, *shape), min(_AT_ONCE * store.chunk, store.shard)):
            pixels = store.read(level, part)
            array[:, part.top : part.bottom, part.left : part.right] = pixels.transpose(2, 0, 1)
            done += part.height * part.width
            progress("export", height * width * done // total, height * width)


def _gdal_crs(georeference: dict[str, Any]) -> dict[str, Any]:
    """Return the coordinate system in GDAL's own attribute, the only one that GDAL before 3.13 reads."""
    return {"_CRS": {"wkt": georeference["proj:wkt2"]}} if "proj:wkt2" in georeference else {}


def _write_coordinates(group: zarr.Group, georeference: dict[str, Any]) -> None:
    """Write coordinates of the columns and rows of level 0, for GDAL before 3.13 and xarray; none if rotated."""
    if not georeference:
        return
    across, turn, left, other_turn, down, top = georeference["spatial:transform"]
    if turn or other_turn:
        return
    height, width = georeference["spatial:shape"]
    for name, count, step, first in (("x", width, across, left), ("y", height, down, top)):
        centers = first + step * (np.arange(count) + 0.5)
        encoding: Any = {"name": "v2", "separator": "/"}
        said: Any = {"_ARRAY_DIMENSIONS": [name]}
        group.create_array(name, data=centers, compressors=_CODEC, chunk_key_encoding=encoding, attributes=said)
