"""A georeference for more pixels over the same ground."""

import copy
from dataclasses import replace

from tilegan.images.origin import Geo


def scaled(geo: Geo, height: int, width: int) -> Geo:
    """The georeference of an image of other height and width that shows the same.

    Transform and ground control points count from the corner of the first pixel; rational polynomials, as GDAL
    understands them, from its centre.

    Args:
        geo: of the image it was made from.
        height: in pixels.
        width: in pixels.
    """
    down, right = height / geo.height, width / geo.width
    transform = geo.transform
    if transform is not None:
        transform = transform @ transform.scale(1 / right, 1 / down)
    points = [copy.copy(point) for point in geo.gcps]
    for point in points:
        point.row, point.col = point.row * down, point.col * right
    rpcs = copy.copy(geo.rpcs)
    if rpcs is not None:
        rpcs.line_off, rpcs.line_scale = (rpcs.line_off + 0.5) * down - 0.5, rpcs.line_scale * down
        rpcs.samp_off, rpcs.samp_scale = (rpcs.samp_off + 0.5) * right - 0.5, rpcs.samp_scale * right
    return replace(geo, height=height, width=width, transform=transform, gcps=tuple(points), rpcs=rpcs)
