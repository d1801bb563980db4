"""Source metadata that a result takes over: georeference, meaning of values, opacity, and metadata of photographs."""

import base64
import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.rpc import RPC

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.blocks import Metadata
from tilegan.images.reading import Reading as Reading  # re-exported

_POINT = ("row", "col", "x", "y", "z", "id", "info")


@dataclass(frozen=True)
class Geo:
    """Georeference and tags of a file, in rasterio's types; None where they are missing.

    Attributes:
        height, width: size of the image whose pixels ``transform``, ``gcps`` and ``rpcs`` count.
        crs: ``rasterio.crs.CRS`` of the transform, or of the ground control points if there is no transform.
        transform: ``affine.Affine`` from (column, row) to coordinates.
        gcps: ``rasterio.control.GroundControlPoint`` of the full image.
        rpcs: ``rasterio.rpc.RPC`` of the full image.
        nodata: value of invalid pixels.
        tags: free-form text of the file.
    """

    height: int
    width: int
    crs: Any = None
    transform: Any = None
    gcps: tuple[Any, ...] = ()
    rpcs: Any = None
    nodata: float | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def part(self, window: Window) -> Self:
        """Return the georeference of a window of the image."""
        transform = self.transform
        if transform is not None:
            transform = transform @ transform.translation(window.left, window.top)
        points = [copy.copy(point) for point in self.gcps]
        for point in points:
            point.row, point.col = point.row - window.top, point.col - window.left
        rpcs = copy.copy(self.rpcs)
        if rpcs is not None:
            rpcs.line_off, rpcs.samp_off = rpcs.line_off - window.top, rpcs.samp_off - window.left
        return replace(
            self, height=window.height, width=window.width, transform=transform, gcps=tuple(points), rpcs=rpcs
        )

    def scaled(self, height: int, width: int) -> Self:
        """Return the georeference of the same extent with another number of pixels.

        Transform and ground control points count from the corner of the first pixel; rational polynomials, as GDAL
        interprets them, from its center.

        Args:
            height: new height, in pixels.
            width: new width, in pixels.
        """
        down, across = height / self.height, width / self.width
        transform = self.transform
        if transform is not None:
            transform = transform @ transform.scale(1 / across, 1 / down)
        points = [copy.copy(point) for point in self.gcps]
        for point in points:
            point.row, point.col = point.row * down, point.col * across
        rpcs = copy.copy(self.rpcs)
        if rpcs is not None:
            rpcs.line_off, rpcs.line_scale = (rpcs.line_off + 0.5) * down - 0.5, rpcs.line_scale * down
            rpcs.samp_off, rpcs.samp_scale = (rpcs.samp_off + 0.5) * across - 0.5, rpcs.samp_scale * across
        return replace(self, height=height, width=width, transform=transform, gcps=tuple(points), rpcs=rpcs)


@dataclass(frozen=True)
class Band:
    """Metadata of the values of one band.

    Attributes:
        description: name of the band, such as 'B04'.
        scale, offset: the measured quantity is ``scale`` times the value plus ``offset``.
        unit: unit of the measured quantity.
        tags: free-form text.
    """

    description: str = ""
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_measure(self) -> bool:
        """Whether it defines a measured quantity, which no longer holds if values change."""
        return (self.scale, self.offset, self.unit) != (1.0, 0.0, "")


@dataclass(frozen=True)
class Origin:
    """Source metadata that a result takes over.

    Attributes:
        geo: georeference, nodata and tags; None if there are none.
        opacity: how valid pixels are marked: 'alpha' (a channel, possibly with partial transparency), 'mask', 'nodata',
            or None if all are valid.
        dtype: name of the numpy dtype in the file.
        low, high: values in the file that map to the lowest and the highest level of a pixel.
        color_managed: whether colors had a profile or another color space than sRGB, and were converted: results are
            then tagged as sRGB.
        dpi: pixels per inch, horizontally and vertically; None if the file has none.
        rule: how ``low`` and ``high`` were found, for people (see ``tilegan.images.pixels.stretch``).
        bands: metadata of the red, green and blue bands; empty if there are none.
        domains: names of further tag domains of the file, which no result keeps.
        metadata: EXIF, XMP and IPTC.
        profile: the color profile from which colors were converted, if they can be converted back.
        draws_in: whether colors outside of sRGB were compressed reversibly.
    """

    geo: Geo | None = None
    opacity: str | None = None
    dtype: str = "uint8"
    low: float = 0.0
    high: float = 255.0
    color_managed: bool = False
    dpi: tuple[float, float] | None = None
    rule: str = "dtype"
    bands: tuple[Band, ...] = ()
    domains: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    profile: bytes | None = None
    draws_in: bool = False

    @property
    def channels(self) -> int:
        """The number of channels of an image with this origin: red, green, blue, and opacity if there is any."""
        return channels_of(bool(self.opacity))

    def stripped(self) -> Self:
        """Return the origin without personal metadata (people, places, devices): EXIF, XMP, IPTC and free-form tags.

        Metadata that define pixels stay: georeference, nodata, depth, profile, resolution.
        """
        geo = self.geo
        if geo is not None:
            geo = replace(geo, tags={name: text for name, text in geo.tags.items() if name == "AREA_OR_POINT"})
        bands = tuple(replace(band, tags={}) for band in self.bands)
        return replace(self, geo=geo, bands=bands, domains=(), metadata=Metadata())

    def part(self, window: Window) -> Self:
        """Return the origin of a window of the image."""
        return replace(self, geo=self.geo.part(window) if self.geo is not None else None)

    def enlarged(self, scale: int) -> Self:
        """Return the origin of an image with ``scale`` times as many pixels per side over the same extent.

        ``geo`` stays in the original pixels: its height and width define how it has to be scaled.
        """
        dpi = (scale * self.dpi[0], scale * self.dpi[1]) if self.dpi is not None else None
        return replace(self, dpi=dpi)

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON types; ``from_json`` is the inverse."""
        plain = ("opacity", "dtype", "low", "high", "rule", "color_managed", "draws_in")
        content = {name: getattr(self, name) for name in plain} | {
            "dpi": list(self.dpi) if self.dpi else None,
            "geo": None,
            "bands": [asdict(band) for band in self.bands],
            "domains": list(self.domains),
            "metadata": self.metadata.to_json(),
            "profile": base64.b64encode(self.profile).decode() if self.profile is not None else None,
        }
        if self.geo is None:
            return content
        geo = self.geo
        return content | {
            "geo": {
                "height": geo.height,
                "width": geo.width,
                "crs": geo.crs.to_wkt() if geo.crs is not None else None,
                "transform": list(geo.transform)[:6] if geo.transform is not None else None,
                "gcps": [{name: getattr(point, name) for name in _POINT} for point in geo.gcps],
                "rpcs": geo.rpcs.to_dict() if geo.rpcs is not None else None,
                "nodata": repr(float(geo.nodata)) if geo.nodata is not None else None,  # JSON has no NaN
                "tags": geo.tags,
            }
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Parse the output of ``to_json``.

        Raises:
            ImageError: the content is not such an output.
        """
        try:
            dpi, geo = content["dpi"], content["geo"]
            parsed: dict[str, Any] = {"dpi": tuple(dpi) if dpi else None, "geo": _geo(geo) if geo else None}
            parsed["bands"] = tuple(_band(band) for band in content.get("bands", ()))
            parsed["domains"] = tuple(map(str, content.get("domains", ())))
            metadata, profile = content.get("metadata"), content.get("profile")
            parsed["metadata"] = Metadata.from_json(metadata) if metadata else Metadata()
            parsed["profile"] = base64.b64decode(profile) if profile else None
            return cls(**{**content, **parsed})
        except (AttributeError, KeyError, TypeError, ValueError, RasterioError) as error:
            raise ImageError(f"the source metadata of a store cannot be read: {error!r}") from error


def channels_of(opacity: bool) -> int:
    """Return the number of channels of pixels in memory: red, green, blue, and opacity if there is any."""
    return 4 if opacity else 3


def _band(content: Mapping[str, Any]) -> Band:
    return Band(
        description=str(content["description"]),
        scale=float(content["scale"]),
        offset=float(content["offset"]),
        unit=str(content["unit"]),
        tags={str(name): str(text) for name, text in content["tags"].items()},
    )


def _geo(content: Mapping[str, Any]) -> Geo:
    transform, rpcs, nodata = content["transform"], content["rpcs"], content["nodata"]
    return Geo(
        height=content["height"],
        width=content["width"],
        crs=CRS.from_wkt(content["crs"]) if content["crs"] else None,
        transform=Affine(*transform) if transform else None,
        gcps=tuple(GroundControlPoint(**point) for point in content["gcps"]),
        rpcs=RPC(**rpcs) if rpcs else None,
        nodata=float(nodata) if nodata is not None else None,
        tags=dict(content["tags"]),
    )
