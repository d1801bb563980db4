"""Descriptions of a site that other viewers read: TileJSON, WMTS capabilities, Deep Zoom."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tilegan.viewing.mercator import HALF, lon_lat_bounds, most_zoom
from tilegan.viewing.site import Site

DZI_TILE, DZI_OVERLAP = 254, 1  # as in .dzi files that are exported
_PIXEL = 0.00028  # meters of a pixel by which WMTS counts scales


def tile_json(site: Site, layer: str, root: str) -> dict[str, Any]:
    """Return TileJSON 3.0.0 of a layer's web Mercator tiles.

    Args:
        site: with a place.
        layer: id of the layer.
        root: address of the server, ending in a slash.
    """
    assert site.place is not None, "there is a place"
    tiles = site.tiles
    box = lon_lat_bounds(site.place, tiles.height, tiles.width)
    most = most_zoom(site.place, tiles.height, tiles.width, site.tile)
    return {
        "tilejson": "3.0.0",
        "name": f"{site.title}: {site.layers[layer].title}",
        "description": site.layers[layer].note,
        "scheme": "xyz",
        "tiles": [f"{root}mercator/{layer}/{{z}}/{{x}}/{{y}}.png"],
        "tilesize": site.tile,
        "minzoom": 0,
        "maxzoom": most,
        "bounds": list(box),
        "center": [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, max(0, most - site.tiles.max_zoom)],
    }


def wmts_capabilities(site: Site, root: str) -> str:
    """Return the capabilities of WMTS 1.0.0 by addresses (RESTful), of all layers in web Mercator.

    Args:
        site: with a place.
        root: address of the server, ending in a slash.
    """
    assert site.place is not None, "there is a place"
    tiles = site.tiles
    west, south, east, north = lon_lat_bounds(site.place, tiles.height, tiles.width)
    most = most_zoom(site.place, tiles.height, tiles.width, site.tile)
    layers = "".join(
        f"""
    <Layer>
      <ows:Title>{escape(layer.title)}</ows:Title>
      <ows:Abstract>{escape(layer.note)}</ows:Abstract>
      <ows:WGS84BoundingBox>
        <ows:LowerCorner>{west} {south}</ows:LowerCorner>
        <ows:UpperCorner>{east} {north}</ows:UpperCorner>
      </ows:WGS84BoundingBox>
      <ows:Identifier>{layer.id}</ows:Identifier>
      <Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style>
      <Format>image/png</Format>
      <TileMatrixSetLink><TileMatrixSet>WebMercator</TileMatrixSet></TileMatrixSetLink>
      <ResourceURL format="image/png" resourceType="tile" template={
            quoteattr(f"{root}mercator/{layer.id}/{{TileMatrix}}/{{TileCol}}/{{TileRow}}.png")
        }/>
    </Layer>"""
        for layer in site.layers.values()
    )
    matrices = "".join(
        f"""
      <TileMatrix>
        <ows:Identifier>{zoom}</ows:Identifier>
        <ScaleDenominator>{2 * HALF / site.tile / 2**zoom / _PIXEL!r}</ScaleDenominator>
        <TopLeftCorner>{-HALF!r} {HALF!r}</TopLeftCorner>
        <TileWidth>{site.tile}</TileWidth>
        <TileHeight>{site.tile}</TileHeight>
        <MatrixWidth>{2**zoom}</MatrixWidth>
        <MatrixHeight>{2**zoom}</MatrixHeight>
      </TileMatrix>"""
        for zoom in range(most + 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1"
    xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
  <ows:ServiceIdentification>
    <ows:Title>{escape(site.title)}</ows:Title>
    <ows:ServiceType>OGC WMTS</ows:ServiceType>
    <ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>
  </ows:ServiceIdentification>
  <Contents>{layers}
    <TileMatrixSet>
      <ows:Identifier>WebMercator</ows:Identifier>
      <ows:SupportedCRS>urn:ogc:def:crs:EPSG::3857</ows:SupportedCRS>{matrices}
    </TileMatrixSet>
  </Contents>
  <ServiceMetadataURL xlink:href={quoteattr(f"{root}wmts/1.0.0/WMTSCapabilities.xml")}/>
</Capabilities>
"""


def dzi_descriptor(site: Site, ending: str = "png") -> str:
    """Return the Deep Zoom descriptor of any layer of a site."""
    tiles = site.tiles
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{ending}" Overlap="{DZI_OVERLAP}" '
        f'TileSize="{DZI_TILE}"><Size Height="{tiles.height}" Width="{tiles.width}"/></Image>\n'
    )


def dzi_deepest(height: int, width: int) -> int:
    """Return the level of Deep Zoom that is full resolution; its level 0 is of one pixel."""
    return (max(height, width) - 1).bit_length()
