"""Read georeference, nodata, tags and resolution of an image from GDAL."""

import math
from typing import Any

from tilegan.images.metadata.exif import tells_of_layout
from tilegan.images.metadata.origin import Band, Geo
from tilegan.images.metadata.provenance import KEY
from tilegan.images.metadata.resolution import dpi_of_description, sensible_dpi

_LONGEST = 2**16  # characters of a tag that is kept
# Tags kept elsewhere, or not true of a result: orientation, resolution, copies of EXIF and XMP, software.
_DROPPED = (
    "EXIF_",
    "TIFFTAG_XRESOLUTION",
    "TIFFTAG_YRESOLUTION",
    "TIFFTAG_RESOLUTIONUNIT",
    "TIFFTAG_MINSAMPLEVALUE",
    "TIFFTAG_MAXSAMPLEVALUE",
    "NODATA_VALUES",
    "Raw_profile_type_",
    "XML_com.adobe.xmp",
    "STATISTICS_",
    "OVR_RESAMPLING_ALG",
    KEY,
)
# tag domains that describe the layout of the file, or are kept elsewhere
_BUILT = {
    "IMAGE_STRUCTURE",
    "DERIVED_SUBDATASETS",
    "SUBDATASETS",
    "COLOR_PROFILE",
    "RPC",
    "EXIF",
    "GEOLOCATION",
    "TIFF",
}
_DESCRIPTION = "TIFFTAG_IMAGEDESCRIPTION"
_UNITS = {"2": 1.0, "3": 2.54}  # factors from per inch and per centimeter (TIFF units) to pixels per inch


def georeference(dataset: Any, transform: Any, *, has_nodata: bool = True) -> Geo | None:
    """Return the georeference, nodata and tags of a dataset; None if there are none.

    Args:
        dataset: rasterio dataset.
        transform: affine transform of the dataset.
        has_nodata: whether its nodata value marks invalid pixels, not the transparent color of a picture.
    """
    points, points_crs = dataset.gcps
    transform = None if transform.is_identity else transform
    nodata = dataset.nodata if has_nodata else None
    tags = {
        name: value
        for name, value in dataset.tags().items()
        if not name.startswith(_DROPPED) and not value.startswith(KEY) and len(value) <= _LONGEST
    }
    if tells_of_layout(tags.get(_DESCRIPTION, "")):
        del tags[_DESCRIPTION]
    rpcs = dataset.rpcs
    if not (dataset.crs or transform is not None or points or rpcs is not None or nodata is not None or tags):
        return None
    return Geo(
        height=dataset.height,
        width=dataset.width,
        crs=dataset.crs or points_crs or None,
        transform=transform,
        gcps=tuple(points),
        rpcs=rpcs,
        nodata=nodata,
        tags=tags,
    )


def bands_of(dataset: Any, indexes: list[int]) -> tuple[Band, ...]:
    """Return the metadata of three bands, or of one that stands for all three; empty if there are none.

    Args:
        dataset: rasterio dataset.
        indexes: numbers of the bands, from 1.
    """
    found = []
    for index in indexes:
        scale, offset = float(dataset.scales[index - 1]), float(dataset.offsets[index - 1])
        is_sound = math.isfinite(scale) and math.isfinite(offset)
        tags = dataset.tags(index)
        found.append(
            Band(
                description=dataset.descriptions[index - 1] or "",
                scale=scale if is_sound else 1.0,
                offset=offset if is_sound else 0.0,
                unit=dataset.units[index - 1] or "",
                tags={
                    name: text for name, text in tags.items() if not name.startswith(_DROPPED) and len(text) <= _LONGEST
                },
            )
        )
    found = found * 3 if len(found) == 1 else found
    return tuple(found) if len(found) == 3 and any(band != Band() for band in found) else ()


def domains_of(dataset: Any) -> tuple[str, ...]:
    """Return names of further tag domains of a dataset, without those that describe the layout of the file."""
    names = [str(name) for name in dataset.tag_namespaces()]
    return tuple(sorted(name for name in names if name and name not in _BUILT and ":" not in name))


def is_placed(geo: Geo | None) -> bool:
    """Whether the georeference locates pixels."""
    return geo is not None and (geo.transform is not None or bool(geo.gcps) or geo.rpcs is not None)


def dpi_of_tags(dataset: Any) -> tuple[float, float] | None:
    """Return pixels per inch by the tags of a TIFF, its description first."""
    tags = dataset.tags()
    unit = _UNITS.get(tags.get("TIFFTAG_RESOLUTIONUNIT", "")[:1])
    dpi = tags.get("TIFFTAG_XRESOLUTION", ""), tags.get("TIFFTAG_YRESOLUTION", "")
    described = dpi_of_description(tags.get(_DESCRIPTION, ""), *dpi)
    if described is not None:
        return described
    if unit is None:
        return None
    try:
        return sensible_dpi([unit * float(value) for value in dpi])
    except ValueError:
        return None
