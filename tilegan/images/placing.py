"""Places of rasters on an image by the georeferences of both."""

from tilegan.errors import ImageError, shown
from tilegan.images.axes import Placed
from tilegan.images.metadata.origin import Geo
from tilegan.images.source import Source

_TURNED = 0.5  # cells by which rows and columns may drift over the whole image


def placed_axes(raster: Source, height: int, width: int, image: Geo | None) -> tuple[Placed, Placed] | None:
    """Return where rows and columns of an image lie in a raster; None unless both have a transform to coordinates.

    A reference system that one of them lacks is taken to be that of the other.

    Args:
        raster: the raster.
        height: height of the image, in pixels.
        width: likewise.
        image: georeference of the image.

    Raises:
        ImageError: they have different reference systems, or the raster is turned against the image.
    """
    own = raster.origin.geo
    if own is None or image is None or own.transform is None or image.transform is None:
        return None
    name = shown(raster.path)
    if own.crs and image.crs and own.crs != image.crs:
        raise ImageError(
            f"{name} is in {_short(own.crs)}, and the image in {_short(image.crs)}: "
            "warp it to that of the image (gdalwarp)"
        )
    cells = ~own.scaled(raster.height, raster.width).transform @ image.scaled(height, width).transform
    if max(abs(cells.b) * height, abs(cells.d) * width) > _TURNED:
        raise ImageError(f"{name} is turned or sheared against the image: warp it to its grid (gdalwarp)")
    rows, columns = Placed(raster.height, cells.e, cells.f), Placed(raster.width, cells.a, cells.c)
    return rows, columns


def _short(crs: object) -> str:
    """Return a short name of a reference system."""
    return str(crs) if len(str(crs)) < 40 else str(crs)[:37] + "..."
