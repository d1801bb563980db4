"""What the metadata of OME-Zarr say beside arrays: how large a pixel is."""

from typing import Any

from tilegan.images.resolution import dpi_of_pixel, micrometres


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
