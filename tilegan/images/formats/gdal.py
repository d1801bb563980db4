"""All formats that GDAL reads."""

from typing import TYPE_CHECKING

from tilegan.errors import ImageError
from tilegan.images.formats.format import Candidate, Format, Reader
from tilegan.images.reading import Reading

if TYPE_CHECKING:
    from tilegan.images.source import Source


def _open(candidate: Candidate, reading: Reading) -> "Source":
    from tilegan.geometry import Window
    from tilegan.images.readers.raster import RasterSource

    source = RasterSource(candidate.path, reading, candidate.header)
    if candidate.path.suffix.lower() == ".svs":
        try:
            source.read(Window(0, 0, 1, 1))  # some use compressions that GDAL does not support
        except ImageError:
            source.close()
            raise
    return source


FORMAT = Format(
    "gdal",
    order=72,
    reader=Reader(
        _open,
        tries=lambda _: True,
        images="GeoTIFF, COG, BigTIFF (CMYK and Lab too), OME-TIFF (three channels that are a page each are red, "
        "green and blue, as their colors say), SVS, JPEG 2000, VRT, and all else that GDAL opens; "
        "`/vsizip/`, `/vsis3/`, `/vsicurl/` and URLs. JPEG (CMYK too) and PNG",
        by="rasterio",
        decoded="blocks, or rows of blocks; of JPEG and PNG rows from the top, or all of it, once, of progressive JPEG "
        "and of what lies on its side or upside down",
    ),
)
