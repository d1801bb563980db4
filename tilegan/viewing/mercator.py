"""Tiles of web maps: squares of the web Mercator projection (EPSG:3857), sampled from the levels of an image."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window
from tilegan.viewing.grid import level_shape
from tilegan.viewing.layers import Layer, Shown
from tilegan.viewing.map_frame import Floats, MapFrame

CRS = "EPSG:3857"
_RADIUS = 6378137.0
HALF = math.pi * _RADIUS  # half of the side of the square that the world is, in its meters
MOST_ZOOM = 30
LARGEST = 4096  # pixels a side that are read for one tile
_STEPS = 4, 16  # pixels of a tile between those that are projected, at small zooms and others; others are interpolated
_SMALL = 6  # the first zoom that is not small


@dataclass(frozen=True)
class Sampling:
    """The positions of a tile's pixels in a level of an image.

    Attributes:
        level: the level.
        x, y: places of the centers of the tile's pixels, in pixels of the level from its corner: (side, side).
        window: the part of the level that they lie in, or near; None if none lies in the image.
    """

    level: int
    x: Floats
    y: Floats
    window: Window | None


def bounds(zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a tile in meters; zoom 0 is the world, row 0 is in the north."""
    side = 2 * HALF / 2**zoom
    left, top = column * side - HALF, HALF - row * side
    return left, top - side, left + side, top


def sampling(place: MapFrame, shape: tuple[int, int], side: int, zoom: int, column: int, row: int) -> Sampling:
    """Return which pixels of an image a tile shows.

    Args:
        place: where the image lies.
        shape: height and width of its level 0.
        side: of the tile in pixels.
        zoom: of the tile.
        column: of the tile.
        row: of the tile.
    """
    x, y = _places(place, shape, side, zoom, column, row)
    height, width = shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if not inside.any():
        return Sampling(0, x, y, None)
    deepest = (max(height, width) - 1).bit_length()
    level = min(deepest, max(0, math.floor(math.log2(max(1.0, _pixels_per_pixel(x, y, inside))))))
    while True:
        rows, columns = level_shape(height, width, level)
        across, down = x / 2**level, y / 2**level
        top, left = max(0, int(down[inside].min()) - 1), max(0, int(across[inside].min()) - 1)
        bottom, right = min(rows, int(down[inside].max()) + 2), min(columns, int(across[inside].max()) + 2)
        if max(bottom - top, right - left) <= LARGEST or level == deepest:
            break
        level += 1
    across, down = (np.where(inside, values, -1.0) for values in (across, down))
    return Sampling(level, across, down, Window(top, left, bottom - top, right - left))


async def read_tile(layer: Layer, found: Sampling) -> Shown:
    """Return the pixels of a tile, (side, side, 4): transparent outside of the image."""
    side = found.x.shape[0]
    if found.window is None:
        return Shown(np.zeros((side, side, 4), np.uint8))
    shown = await layer.read(found.level, found.window)
    return Shown(sampled(shown.pixels, found), shown.is_whole)


def sampled(pixels: Pixels, found: Sampling) -> Pixels:
    """Return the pixels of a tile, interpolated between those of the window, (side, side, 4) of their type.

    Args:
        pixels: of the window of the sampling, (h, w, 3) or (h, w, 4).
        found: where the tile's pixels lie.
    """
    assert found.window is not None, "there is something to sample"
    most = np.iinfo(pixels.dtype).max
    inside = found.x >= 0
    x, y = found.x - 0.5 - found.window.left, found.y - 0.5 - found.window.top
    height, width = pixels.shape[:2]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    colors, weights = np.zeros((*x.shape, 3)), np.zeros((*x.shape, 1))
    for down in (0, 1):
        for across in (0, 1):
            share = np.abs(1 - down - (y - top)) * np.abs(1 - across - (x - left))
            rows, columns = (top + down).clip(0, height - 1), (left + across).clip(0, width - 1)
            part = pixels[rows, columns].astype(np.float64)
            weight = share[..., None] * (part[..., 3:] / most if part.shape[2] == 4 else 1.0)
            colors += weight * part[..., :3]
            weights += weight
    colors /= np.maximum(weights, 1e-9)
    found_pixels = np.concatenate([colors, most * weights * inside[..., None]], axis=2)
    rounded: Pixels = np.floor(found_pixels + 0.5).clip(0, most).astype(pixels.dtype)
    return rounded


def most_zoom(place: MapFrame, height: int, width: int, side: int) -> int:
    """Return the least zoom at which no pixel in the middle of an image is lost in tiles of ``side`` pixels."""
    x, y = width / 2, height / 2
    across, down = place.to(CRS, np.array([x, x + 1, x]), np.array([y, y, y + 1]))
    steps = [math.hypot(across[end] - across[0], down[end] - down[0]) for end in (1, 2)]
    pixel = min((step for step in steps if math.isfinite(step) and step > 0), default=1.0)
    return min(MOST_ZOOM, max(0, math.ceil(math.log2(2 * HALF / side / pixel) - 1e-6)))


@lru_cache(maxsize=4)
def lon_lat_bounds(place: MapFrame, height: int, width: int) -> tuple[float, float, float, float]:
    """Return west, south, east and north of an image in degrees, within what web Mercator shows."""
    along = np.linspace(0, 1, 21)
    edges = [(along * width, 0 * along), (along * width, 0 * along + height)]
    edges += [(0 * along, along * height), (0 * along + width, along * height)]
    x, y = (np.concatenate(values) for values in zip(*edges, strict=True))
    found = place.to("EPSG:4326", x, y)
    valid = np.isfinite(found[0]) & np.isfinite(found[1])
    if not valid.any():
        return -180.0, -85.0511, 180.0, 85.0511
    west, east = float(found[0][valid].min()), float(found[0][valid].max())
    south, north = float(found[1][valid].min()), float(found[1][valid].max())
    return max(west, -180.0), max(south, -85.0511), min(east, 180.0), min(north, 85.0511)


def _places(
    place: MapFrame, shape: tuple[int, int], side: int, zoom: int, column: int, row: int
) -> tuple[Floats, Floats]:
    """Return the places in the image of the centers of a tile's pixels, infinite where they are none."""
    left, bottom, right, top = bounds(zoom, column, row)
    knots: Floats = np.array([*range(0, side, _STEPS[zoom >= _SMALL]), side], np.float64)
    across, down = np.meshgrid(left + knots * (right - left) / side, top - knots * (top - bottom) / side)
    x, y = np.full(across.shape, np.inf), np.full(across.shape, np.inf)
    near = _near(lon_lat_bounds(place, *shape), across, down)
    if near.any():
        x[near], y[near] = place.pixels_of(CRS, across[near], down[near])
    centers: Floats = np.arange(side, dtype=np.float64) + 0.5
    return _between_knots(x, knots, centers), _between_knots(y, knots, centers)


def _near(box: tuple[float, float, float, float], across: Floats, down: Floats) -> NDArray[np.bool_]:
    """Return which knots lie within bounds, or next to them: most projections have no place for far ones."""
    west, south, east, north = box
    longitude = np.degrees(across / _RADIUS)
    latitude = np.degrees(np.arctan(np.sinh(down / _RADIUS)))
    margin = 0.001 + 2 * float(np.abs(np.diff(longitude[0])).max())
    within_longitude = (longitude >= west - margin) & (longitude <= east + margin)
    return within_longitude & (latitude >= south - margin) & (latitude <= north + margin)


def _between_knots(values: Floats, knots: Floats, centers: Floats) -> Floats:
    """Interpolate values at knots of a grid, linearly along both sides."""
    before = np.minimum(np.searchsorted(knots, centers, side="right") - 1, len(knots) - 2)
    share = (centers - knots[before]) / (knots[before + 1] - knots[before])
    with np.errstate(invalid="ignore"):
        rows = values[before] + share[:, None] * (values[before + 1] - values[before])
        found: Floats = rows[:, before] + share[None, :] * (rows[:, before + 1] - rows[:, before])
    return np.where(np.isfinite(found), found, np.inf)


def _pixels_per_pixel(x: Floats, y: Floats, inside: NDArray[np.bool_]) -> float:
    """Return how many pixels of the image lie between two neighbors of a tile, where it is densest."""
    with np.errstate(invalid="ignore"):
        steps = [np.hypot(np.diff(x, axis=axis), np.diff(y, axis=axis)) for axis in (0, 1)]
    found = [step[np.isfinite(step) & (inside[1:] if axis == 0 else inside[:, 1:])] for axis, step in enumerate(steps)]
    values = np.concatenate([step.ravel() for step in found])
    return float(np.median(values)) if values.size else 1.0
