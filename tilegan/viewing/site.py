"""The content of a server: layers and their metadata."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tilegan.viewing.grid import TileGrid
from tilegan.viewing.layers import Layer
from tilegan.viewing.map_frame import MapFrame


@dataclass(frozen=True)
class Status:
    """The progress of the computation.

    Attributes:
        computing: pieces of work that are being done.
        waiting: pieces of work that somebody waits for, and that are not begun.
        finished_shards: shards of full resolution that are kept.
        shards: all shards of full resolution.
    """

    computing: int = 0
    waiting: int = 0
    finished_shards: int = 0
    shards: int = 0


@dataclass(frozen=True)
class Site:
    """The content of a server.

    Attributes:
        title: of the page.
        layers: by their ids, all of the same size.
        default: id of the layer that is shown first.
        compare: id of the layer that it is compared with; None if there is none.
        tile: side of a tile in pixels.
        grid: sides of windows and shards in pixels of the layers, as 'window' and 'shard'; None if they are unknown.
        place: where the pixels lie; None if that is unknown.
        model: name of the model; None where nothing is computed.
        stroke: how many times as large as the model's own strokes are; likewise.
        status: tells how far the computing is.
    """

    title: str
    layers: Mapping[str, Layer]
    default: str
    compare: str | None = None
    tile: int = 256
    grid: Mapping[str, int] | None = None
    place: MapFrame | None = None
    model: str | None = None
    stroke: int | None = None
    status: Callable[[], Status] = Status

    @property
    def tiles(self) -> TileGrid:
        """Return the tiles of each layer."""
        layer = self.layers[self.default]
        return TileGrid(layer.height, layer.width, self.tile)

    def info(self) -> dict[str, Any]:
        """Return what the page is told, as JSON types."""
        tiles = self.tiles
        return {
            "title": self.title,
            "width": tiles.width,
            "height": tiles.height,
            "tileSize": tiles.tile,
            "maxZoom": tiles.max_zoom,
            "layers": [
                {name: getattr(layer, name) for name in ("id", "title", "kind", "note", "version")}
                for layer in self.layers.values()
            ],
            "default": self.default,
            "compare": self.compare,
            "grid": dict(self.grid) if self.grid is not None else None,
            "crs": self.place.to_json() if self.place is not None else None,
            "model": self.model,
            "stroke": self.stroke,
        }
