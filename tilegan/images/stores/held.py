"""A result in memory, through the interface of a store: what small images are exported from."""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.stores.store import Store


class _Array(NamedTuple):
    """What a store asks its arrays for."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]


class HeldStore(Store):
    """A store of one level and one shard, to be read only."""

    def __init__(self, pixels: Pixels, origin: Origin, made: Provenance | None = None, name: str | None = None) -> None:
        """Take uint8 or uint16 pixels (h, w, 3), or 4 with opacity, and what a store holds beside them."""
        height, width, channels = pixels.shape
        array = _Array((channels, height, width), (channels, height, width), pixels.dtype)
        # as a store on disk would give it back
        origin = Origin.from_json(json.loads(json.dumps(origin.to_json())))
        super().__init__(Path("memory"), [cast(Any, array)], max(height, width), origin, made, name)
        self._pixels = pixels

    def read(self, level: int, window: Window) -> Pixels:  # noqa: ARG002 - there is one level
        """Return the pixels of a window: (h, w, ``channels``) of type ``dtype``."""
        return window.of(self._pixels)
