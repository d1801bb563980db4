"""What the metadata of OME-Zarr say beside arrays: how large a pixel is, where levels lie, what channels are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.resolution import dpi_of_pixel, micrometres, pixel_of_dpi

CHANNELS = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"), ("alpha", "FFFFFF"))


def metadata(
    shapes: Sequence[tuple[int, int]], name: str | None, channels: int, levels: np.dtype[Any], origin: Origin | None
) -> dict[str, Any]:
    """'multiscales' and 'omero' of a store, without a version.

    Args:
        shapes: height and width of each level, in pixels; the levels are named "0", "1", ...
        name: of the image, for viewers.
        channels: 3 for RGB, 4 for RGB and opacity.
        levels: numpy type of the pixels.
        origin: what tells how large a pixel is.
    """
    across, down, unit = _pixel(origin, *shapes[0])
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space"} | unit for axis in "yx")]
    datasets = []
    for level in range(len(shapes)):
        factor = float(2**level)
        shift = (factor - 1) / 2  # the centre of a reduced pixel lies between those it was made from
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
        # viewers add up the channels that are active, so that opacity would lighten all
        {"label": label, "color": color, "active": label != "alpha", "window": window}
        for label, color in CHANNELS[:channels]
    ]
    return {"multiscales": [multiscale], "omero": {"channels": shown, "rdefs": {"model": "color"}}}


def _pixel(origin: Origin | None, height: int, width: int) -> tuple[float, float, dict[str, str]]:
    """Width, height and unit of a pixel of level 0: metres on the ground, or else what its resolution says."""
    geo = origin.geo if origin is not None else None
    if geo is not None and geo.transform is not None and geo.crs is not None and geo.crs.is_projected:
        transform = geo.scaled(height, width).transform
        metres = float(geo.crs.linear_units_factor[1])
        sides = math.hypot(transform.a, transform.d) * metres, math.hypot(transform.b, transform.e) * metres
        if all(math.isfinite(side) and side > 0 for side in sides):
            return (*sides, {"unit": "meter"})
    if origin is not None and origin.dpi is not None:
        return (*pixel_of_dpi(origin.dpi), {"unit": "micrometer"})
    return 1.0, 1.0, {}


def dpi_of_multiscale(multiscale: dict[str, Any], number: int) -> tuple[float, float] | None:
    """Pixels per inch, horizontally and vertically, of a level; None where its scale or unit is not told.

    Args:
        multiscale: an entry of 'multiscales'.
        number: of the level, in the order of its 'datasets'.
    """
    try:
        axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in multiscale["axes"]]
        told = [multiscale["datasets"][number], multiscale]
        scales = [
            transform["scale"]
            for part in told
            for transform in part.get("coordinateTransformations") or ()
            if transform.get("type") == "scale" and isinstance(transform.get("scale"), list)
        ]
        size: dict[str, float | None] = {}
        for position, axis in enumerate(axes):
            length = 1.0
            for scale in scales:
                length *= float(scale[position])
            size[str(axis["name"]).lower()] = micrometres(length, str(axis["unit"])) if axis.get("unit") else None
        return dpi_of_pixel(size["x"], size["y"]) if scales else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None  # it is no more than a remark of the file's


def are_colours(omero: Any, count: int) -> bool:
    """Whether the channels are named as those of our stores: red, green, blue, and with a fourth one alpha."""
    try:
        labels = [channel["label"] for channel in omero["channels"]]
    except (KeyError, TypeError):
        return False
    return count in (3, 4) and labels == [label for label, _ in CHANNELS[:count]]
