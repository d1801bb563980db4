"""Addresses for other viewers: web maps (TileJSON, WMTS), Deep Zoom and IIIF."""

from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tilegan.geometry import Pixels
from tilegan.viewing.answers import pixels_answer, unknown
from tilegan.viewing.documents import DZI_OVERLAP, DZI_TILE, dzi_deepest, dzi_descriptor, tile_json, wmts_capabilities
from tilegan.viewing.encode import MEDIA, encoded
from tilegan.viewing.grid import cell
from tilegan.viewing.iiif import FORMATS, ImageRequest, RequestError, information, parsed
from tilegan.viewing.layers import Shown, shape_of
from tilegan.viewing.mercator import MOST_ZOOM, read_tile, sampling
from tilegan.viewing.site import Site

XML = "application/xml"
LINKED = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'


def viewer_routes(site: Site) -> list[Route]:
    """Return the addresses for viewers other than the page."""
    return [*_map_routes(site), *_dzi_routes(site), *_iiif_routes(site)]


def _map_routes(site: Site) -> list[Route]:
    place = site.place
    if place is None:
        return []

    async def tile(request: Request) -> Response:
        layer, ending = site.layers.get(request.path_params["layer"]), str(request.path_params["ending"])
        zoom, column, row = (int(request.path_params[name]) for name in "zxy")
        if layer is None or ending not in MEDIA or zoom > MOST_ZOOM or max(column, row) >= 2**zoom:
            return unknown()

        async def read() -> Shown:
            shape = layer.height, layer.width
            return await read_tile(layer, await run_in_threadpool(sampling, place, shape, site.tile, zoom, column, row))

        named = ["mercator", zoom, column, row, site.tile]
        return await pixels_answer(request, layer, named, ending, read, partial(encoded, ending=ending))

    async def json(request: Request) -> Response:
        layer = request.query_params.get("layer", site.default)
        if layer not in site.layers:
            return unknown()
        return JSONResponse(tile_json(site, layer, str(request.base_url)))

    async def capabilities(request: Request) -> Response:
        return Response(wmts_capabilities(site, str(request.base_url)), media_type=XML)

    return [
        Route("/mercator/{layer}/{z:int}/{x:int}/{y:int}.{ending}", tile),
        Route("/tilejson.json", json),
        Route("/wmts/1.0.0/WMTSCapabilities.xml", capabilities),
    ]


def _dzi_routes(site: Site) -> list[Route]:
    async def descriptor(request: Request) -> Response:
        if request.path_params["layer"] not in site.layers:
            return unknown()
        return Response(dzi_descriptor(site), media_type=XML)

    async def tile(request: Request) -> Response:
        asked = request.path_params
        layer, ending = site.layers.get(asked["layer"]), str(asked["ending"])
        if layer is None or ending not in MEDIA:
            return unknown()
        level = dzi_deepest(layer.height, layer.width) - asked["level"]
        if level < 0:
            return unknown()
        window = cell(shape_of(layer, level), DZI_TILE, asked["column"], asked["row"], DZI_OVERLAP)
        if window is None:
            return unknown()
        read = partial(layer.read, level, window)
        return await pixels_answer(
            request, layer, ["dzi", level, window], ending, read, partial(encoded, ending=ending)
        )

    return [
        Route("/dzi/{layer}.dzi", descriptor),
        Route("/dzi/{layer}_files/{level:int}/{column:int}_{row:int}.{ending}", tile),
    ]


def _iiif_routes(site: Site) -> list[Route]:
    async def base(request: Request) -> Response:
        if request.path_params["layer"] not in site.layers:
            return unknown()
        return RedirectResponse(f"{request.base_url}iiif/{request.path_params['layer']}/info.json", 303)

    async def info(request: Request) -> Response:
        layer = request.path_params["layer"]
        if layer not in site.layers:
            return unknown()
        media = LINKED if "application/ld+json" in request.headers.get("accept", "") else "application/json"
        return JSONResponse(information(site, f"{request.base_url}iiif/{layer}"), media_type=media)

    async def image(request: Request) -> Response:
        asked: dict[str, Any] = request.path_params
        layer = site.layers.get(asked["layer"])
        if layer is None:
            return unknown()
        if asked["ending"] not in FORMATS:
            return PlainTextResponse(f"no format '{asked['ending']}': give jpg or png", 400)
        parts = [str(asked[name]) for name in ("region", "size", "rotation", "quality")]
        try:
            wanted = parsed(parts, layer.height, layer.width)
        except RequestError as error:
            return PlainTextResponse(str(error), 400)
        read, encode = partial(layer.read, wanted.level, wanted.window()), partial(_encoded, wanted, asked["ending"])
        return await pixels_answer(request, layer, ["iiif", *parts], asked["ending"], read, encode)

    return [
        Route("/iiif/{layer}", base),
        Route("/iiif/{layer}/info.json", info),
        Route("/iiif/{layer}/{region}/{size}/{rotation}/{quality}.{ending}", image),
    ]


def _encoded(wanted: ImageRequest, ending: str, pixels: Pixels) -> bytes:
    return encoded(wanted.of(pixels), ending)
