"""A result in memory with the interface of a store, from which small images are exported."""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.stores.store import Store


class _Array(NamedTuple):
    """The interface that a store uses of its arrays."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]


class HeldStore(Store):
    """A read-only store of one level and one shard."""

    def __init__(self, pixels: Pixels, origin: Origin, made: Provenance | None = None, name: str | None = None) -> None:
        """Wrap uint8 or uint16 pixels (h, w, 3), or 4 channels with opacity, and the metadata of a store."""
        height, width, channels = pixels.shape
        array = _Array((channels, height, width), (channels, height, width), pixels.dtype)
        # as read from a store on disk
        origin = Origin.from_json(json.loads(json.dumps(origin.to_json())))
        super().__init__(Path("memory"), [cast(Any, array)], max(height, width), origin, made, name)
        self._pixels = pixels

    def read(self, level: int, window: Window) -> Pixels:  # noqa: ARG002 - there is one level
        """Read a window: (h, w, ``channels``) of dtype ``dtype``."""
        return window.of(self._pixels)
