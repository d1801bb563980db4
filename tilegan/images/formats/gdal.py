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


_COMMON = ".jpg .jpeg .jpe .jfif .mpo .png .apng .tif .tiff .btf .tf8 .bmp .dib .jxl"
_OTHERS = ".jp2 .j2k .j2c .jpc .jpf .jpx .svs .vrt .img .bil .bip .bsq .dem .hgt .ntf .nitf"
FORMAT = Format(
    "gdal",
    order=72,
    reader=Reader(
        _open,
        tries=lambda _: True,
        endings=(*_COMMON.split(), *_OTHERS.split()),
        images="GeoTIFF, COG, BigTIFF (CMYK and Lab too), OME-TIFF (three channels on a page each become red, "
        "green and blue by their declared colors), SVS, JPEG 2000, VRT, and other formats of GDAL; "
        "`/vsizip/`, `/vsis3/`, `/vsicurl/` and URLs. JPEG (CMYK too) and PNG",
        by="rasterio",
        decoded="blocks, or rows of blocks; for JPEG and PNG rows from the top, or the whole image once if it is "
        "progressive, rotated or upside down",
    ),
)
