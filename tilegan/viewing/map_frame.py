"""Georeference of an image: coordinates of pixels in its own coordinate system, and in longitude and latitude."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.transform import from_gcps
from rasterio.warp import transform as between

from tilegan.images.metadata.origin import Geo

LON_LAT = "EPSG:4326"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MapFrame:
    """The georeference of an image.

    Attributes:
        crs: ``rasterio.crs.CRS``.
        transform: ``affine.Affine`` from (column, row) of corners of pixels to coordinates.
    """

    crs: Any
    transform: Any

    @classmethod
    def of(cls, geo: Geo | None, height: int, width: int) -> Self | None:
        """Return where an image lies.

        Args:
            geo: what it says of that; of ground control points the affine transform that fits best is taken.
            height: of what is looked at, in pixels, possibly more than those that ``geo`` counts.
            width: likewise.

        Returns:
            None without a coordinate system, or without a place in it.
        """
        if geo is None or geo.crs is None:
            return None
        geo = geo.scaled(height, width)
        transform = geo.transform
        if transform is None and len(geo.gcps) >= 3:
            transform = from_gcps(geo.gcps)
        if transform is None or transform.is_degenerate:
            return None
        return cls(geo.crs, transform)

    def coordinates(self, x: float, y: float) -> tuple[float, float]:
        """Return the coordinates of a place of the image, (0, 0) being the corner of the first pixel."""
        across, down = self.transform @ (x, y)
        return float(across), float(down)

    def lon_lat(self, x: float, y: float) -> tuple[float, float] | None:
        """Return the longitude and latitude of a place of the image, in degrees; None where there is none."""
        found = self.to(LON_LAT, np.array([x]), np.array([y]))
        longitude, latitude = float(found[0][0]), float(found[1][0])
        return (longitude, latitude) if np.isfinite([longitude, latitude]).all() else None

    def to(self, crs: Any, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return the coordinates of places of the image in another system; infinite where there are none."""
        a, b, c, d, e, f = (getattr(self.transform, name) for name in "abcdef")
        return _between(self.crs, crs, a * x + b * y + c, d * x + e * y + f)

    def pixels_of(self, crs: Any, across: Floats, down: Floats) -> tuple[Floats, Floats]:
        """Return the places in the image, x and y in pixels, of coordinates in a system; infinite where none are."""
        own = _between(crs, self.crs, across, down)
        a, b, c, d, e, f = (getattr(~self.transform, name) for name in "abcdef")
        return a * own[0] + b * own[1] + c, d * own[0] + e * own[1] + f

    def to_json(self) -> dict[str, Any]:
        """Return what viewers are told: name, WKT, the six numbers of GDAL's transform, and the unit."""
        code = self.crs.to_epsg()
        wkt = self.crs.to_wkt()
        name = f"EPSG:{code}" if code else wkt.partition('"')[2].partition('"')[0]
        unit = "degree" if self.crs.is_geographic else str(self.crs.linear_units)
        return {
            "name": name,
            "wkt": wkt,
            "transform": [float(value) for value in self.transform.to_gdal()],
            "unit": unit,
        }


def _between(before: Any, after: Any, across: Floats, down: Floats) -> tuple[Floats, Floats]:
    shape = np.shape(across)
    x, y = _each(before, after, np.ravel(across), np.ravel(down))
    return x.reshape(shape), y.reshape(shape)


def _each(before: Any, after: Any, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Transform places one after another as far as rasterio, which transforms all or none, makes that necessary."""
    try:
        found = between(before, after, x.tolist(), y.tolist())
        return np.asarray(found[0], np.float64), np.asarray(found[1], np.float64)
    except (RasterioError, CPLE_BaseError):
        if x.size == 1:
            return np.array([np.inf]), np.array([np.inf])
    half = x.size // 2
    parts = [_each(before, after, x[part], y[part]) for part in (slice(half), slice(half, None))]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
