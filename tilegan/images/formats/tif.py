"""TIFF: written as Cloud-Optimized GeoTIFF; read by GDAL, as most formats are."""

import warnings
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilegan.images.encoding import LOSSY, ExportOptions
from tilegan.images.formats.format import Format, Writer, Writing

if TYPE_CHECKING:
    import numpy as np

    from tilegan.images.metadata.provenance import Provenance


def _write(writing: Writing) -> tuple[str, ...]:
    from tilegan.images.writers.cog import write_cog

    made = writing.made.text() if writing.made is not None else None
    return write_cog(writing.path, writing.store, writing.options, writing.progress, made)


def _encoding(options: ExportOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {"compress": options.compress}
    return settings | options.fidelity() if options.compress in LOSSY else settings


def _refuses(dtype: "np.dtype[Any]", opacity: str | None, options: ExportOptions) -> str | None:
    compress = options.compress
    if compress in LOSSY and dtype.itemsize > 1:
        return f"{compress} holds 8 bits, not 16: use deflate or zstd, or a depth of 8"
    if options.lossless and compress == "jpeg":
        return "jpeg is always lossy: use deflate, zstd or webp"
    if compress == "jpeg" and opacity not in (None, "mask", "nodata"):
        return "jpeg holds no transparency: use webp, deflate or zstd"
    return None


def _provenance(path: Path) -> "Provenance | None":
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    from tilegan.images.metadata.provenance import KEY, Provenance

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            return Provenance.from_text(dataset.tags().get(KEY))


def _is_whole(path: Path) -> bool:
    from tilegan.images.readers.raster import RasterSource

    with closing(RasterSource(path)):  # refuses a truncated file
        return True


FORMAT = Format(
    "tif",
    order=20,
    endings=(".tif", ".tiff"),
    writer=Writer(
        _write,
        _provenance,
        _is_whole,
        is_deep=True,
        refuses=_refuses,
        encoding=_encoding,
        holds_measures=True,
        geo_driver="GTiff",
        what="Cloud-Optimized GeoTIFF, BigTIFF where needed",
        holds="any size, any depth; CRS, transform, GCPs, RPCs, nodata, mask, tags, resolution, profile, EXIF, XMP, "
        "IPTC",
        opacity="alpha, mask or nodata",
    ),
)
