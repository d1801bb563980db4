"""Metadata of OME-Zarr beside arrays: pixel size, offsets of levels, channels."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.resolution import dpi_of_pixel, micrometers, pixel_of_dpi

CHANNELS = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"), ("alpha", "FFFFFF"))


def metadata(
    shapes: Sequence[tuple[int, int]], name: str | None, channels: int, levels: np.dtype[Any], origin: Origin | None
) -> dict[str, Any]:
    """Return 'multiscales' and 'omero' of a store, without a version.

    Args:
        shapes: height and width of each level, in pixels; the levels are named "0", "1", ...
        name: name of the image, for viewers.
        channels: 3 for RGB, 4 for RGB and opacity.
        levels: dtype of the pixels.
        origin: source metadata, for the pixel size.
    """
    across, down, unit = _pixel(origin, *shapes[0])
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space"} | unit for axis in "yx")]
    datasets = []
    for level in range(len(shapes)):
        factor = float(2**level)
        shift = (factor - 1) / 2  # the center of a reduced pixel lies between those of its source pixels
        transforms: list[dict[str, Any]] = [
            {"type": "scale", "scale": [1.0, down * factor, across * factor]},
            {"type": "translation", "translation": [0.0, down * shift, across * shift]},
        ]
        datasets.append({"path": str(level), "coordinateTransformations": transforms})
    multiscale: dict[str, Any] = {"axes": axes, "datasets": datasets, "type": "mean"}
    if name is not None:
        multiscale["name"] = name
    highest = int(np.iinfo(levels).max)
    window = {"min": 0, "max": highest, "start": 0, "end": highest}
    shown = [
        # viewers sum active channels; opacity would lighten the picture
        {"label": label, "color": color, "active": label != "alpha", "window": window}
        for label, color in CHANNELS[:channels]
    ]
    return {"multiscales": [multiscale], "omero": {"channels": shown, "rdefs": {"model": "color"}}}


def _pixel(origin: Origin | None, height: int, width: int) -> tuple[float, float, dict[str, str]]:
    """Return width, height and unit of a pixel of level 0: in meters on the ground, or else by its resolution."""
    geo = origin.geo if origin is not None else None
    if geo is not None and geo.transform is not None and geo.crs is not None and geo.crs.is_projected:
        transform = geo.scaled(height, width).transform
        meters = float(geo.crs.linear_units_factor[1])
        sides = math.hypot(transform.a, transform.d) * meters, math.hypot(transform.b, transform.e) * meters
        if all(math.isfinite(side) and side > 0 for side in sides):
            return (*sides, {"unit": "meter"})
    if origin is not None and origin.dpi is not None:
        return (*pixel_of_dpi(origin.dpi), {"unit": "micrometer"})
    return 1.0, 1.0, {}


def dpi_of_multiscale(multiscale: dict[str, Any], number: int) -> tuple[float, float] | None:
    """Return pixels per inch of a level, horizontally and vertically; None if scale or unit are missing.

    Args:
        multiscale: an entry of 'multiscales'.
        number: number of the level, in the order of its 'datasets'.
    """
    try:
        axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in multiscale["axes"]]
        parts = [multiscale["datasets"][number], multiscale]
        scales = [
            transform["scale"]
            for part in parts
            for transform in part.get("coordinateTransformations") or ()
            if transform.get("type") == "scale" and isinstance(transform.get("scale"), list)
        ]
        size: dict[str, float | None] = {}
        for position, axis in enumerate(axes):
            length = 1.0
            for scale in scales:
                length *= float(scale[position])
            size[str(axis["name"]).lower()] = micrometers(length, str(axis["unit"])) if axis.get("unit") else None
        return dpi_of_pixel(size["x"], size["y"]) if scales else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None  # optional metadata must not prevent reading


def are_colors(omero: Any, count: int) -> bool:
    """Whether the channels have the names of our stores: red, green, blue, and alpha if there is a fourth one."""
    try:
        labels = [channel["label"] for channel in omero["channels"]]
    except (KeyError, TypeError):
        return False
    return count in (3, 4) and labels == [label for label, _ in CHANNELS[:count]]
