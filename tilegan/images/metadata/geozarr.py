"""Georeference in Zarr attributes that GDAL and others read: the conventions 'spatial' and 'proj'.

https://github.com/zarr-conventions/spatial and https://github.com/zarr-conventions/geo-proj
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import WktVersion
from rasterio.errors import CRSError

from tilegan.images.metadata.origin import Geo, Origin

_SPATIAL = {
    "schema_url": "https://raw.githubusercontent.com/zarr-conventions/spatial/refs/tags/v1/schema.json",
    "spec_url": "https://github.com/zarr-conventions/spatial/blob/v1/README.md",
    "uuid": "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
    "name": "spatial:",
    "description": "Spatial coordinate information",
}
_PROJ = {
    "schema_url": "https://raw.githubusercontent.com/zarr-experimental/geo-proj/refs/tags/v1/schema.json",
    "spec_url": "https://github.com/zarr-experimental/geo-proj/blob/v1/README.md",
    "uuid": "f17cb550-5864-4468-aeb7-f3180cfb622f",
    "name": "proj:",
    "description": "Coordinate reference system information for geospatial data",
}


def georeference_of_level(origin: Origin | None, shapes: Sequence[tuple[int, int]], level: int) -> dict[str, Any]:
    """Return the georeference attributes of a level's array (level 0: also of the group); empty without a transform.

    Args:
        origin: source metadata of the image; its georeference may count fewer pixels than level 0 has.
        shapes: height and width of each level, in pixels; each level halves the one before.
        level: number of the level.
    """
    geo = origin.geo if origin is not None else None
    if geo is None or geo.transform is None:
        return {}
    (height, width), factor = shapes[level], 2**level
    full = geo.scaled(*shapes[0]).transform
    transform = full @ full.scale(factor, factor)
    corners = [transform @ (column, row) for column in (0, width) for row in (0, height)]
    across, down = zip(*corners, strict=True)
    proj = _projection(geo.crs) if geo.crs is not None else {}
    return {
        "zarr_conventions": [_SPATIAL, *([_PROJ] if proj else [])],
        **proj,
        "spatial:dimensions": ["y", "x"],
        "spatial:transform_type": "affine",
        "spatial:transform": [float(value) for value in tuple(transform)[:6]],
        "spatial:shape": [height, width],
        "spatial:bbox": [float(value) for value in (min(across), min(down), max(across), max(down))],
        "spatial:registration": "pixel",
    }


def _projection(crs: CRS) -> dict[str, str]:
    """Encode a coordinate system by the convention; empty if it cannot be encoded."""
    try:
        crs = CRS.from_wkt(crs.to_wkt())  # in the form a store keeps, so that a copy of a store has equal attributes
        projection: dict[str, str] = {}
        code = ":".join(crs.to_authority() or ())
        if re.fullmatch("[A-Z]+:[0-9]+", code) and CRS.from_user_input(code) == crs:
            projection, crs = {"proj:code": code}, CRS.from_user_input(code)
        return projection | {"proj:wkt2": str(crs.to_wkt(version=WktVersion.WKT2_2019))}
    except CRSError:
        return {}


def geo_of_attributes(attributes: Mapping[str, Any], height: int, width: int) -> Geo | None:
    """Parse the georeference of an array from its attributes and its group's; None if missing or invalid.

    Args:
        attributes: in the form ``georeference_of_level`` returns.
        height: height of the array, in pixels.
        width: its width.
    """
    declared = attributes.get("spatial:transform")
    if declared is None or attributes.get("spatial:transform_type", "affine") != "affine":
        return None
    try:
        transform = Affine(*(float(value) for value in declared))
        if not all(map(math.isfinite, transform)) or transform.is_degenerate:
            return None
        if attributes.get("spatial:registration") == "node":  # relative to pixel centers
            transform = transform @ transform.translation(-0.5, -0.5)
        projjson = attributes.get("proj:projjson")
        said = attributes.get("proj:wkt2") or attributes.get("proj:code") or (projjson and json.dumps(projjson))
        return Geo(height, width, crs=CRS.from_user_input(said) if said else None, transform=transform)
    except (CRSError, TypeError, ValueError):
        return None
