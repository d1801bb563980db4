"""The addresses of a server, and what is served at each."""

from functools import partial
from pathlib import Path
from typing import Any

import xstatic.pkg.leaflet as leaflet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tilegan.viewing.answers import pixels_answer, unknown, while_waited_for
from tilegan.viewing.encode import MEDIA, encoded
from tilegan.viewing.site import Site
from tilegan.viewing.viewers import viewer_routes

PAGE = Path(__file__).parent / "page"


def site_app(site: Site) -> Starlette:
    """Return the application that serves a site; ``viewing.security`` has to guard it."""
    return Starlette(routes=[*_page_routes(), *_tile_routes(site), *_told_routes(site), *viewer_routes(site)])


def _page_routes() -> list[Route]:
    folders = {"leaflet": Path(leaflet.BASE_DIR), "": PAGE}

    async def page(_: Request) -> Response:
        return _file(PAGE / "index.html")

    async def static(request: Request) -> Response:
        name = str(request.path_params["name"])
        folder = "leaflet" if name.startswith("leaflet/") else ""
        return _file(folders[folder] / name.removeprefix("leaflet/"), folders[folder])

    return [Route("/", page), Route("/static/{name:path}", static)]


def _file(path: Path, folder: Path = PAGE) -> Response:
    """Return a file that lies in a folder; 404 for all others."""
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return unknown()
    return FileResponse(path, headers={"Cache-Control": "private, no-cache"})


def _tile_routes(site: Site) -> list[Route]:
    async def tile(request: Request) -> Response:
        asked = request.path_params
        layer, ending = site.layers.get(asked["layer"]), str(asked["ending"])
        window = site.tiles.window(asked["z"], asked["x"], asked["y"])
        if layer is None or window is None or ending not in MEDIA:
            return unknown()
        level = site.tiles.level(asked["z"])
        read = partial(layer.read, level, window)
        encode = partial(encoded, ending=ending, side=site.tile)
        return await pixels_answer(request, layer, ["tile", level, window, site.tile], ending, read, encode)

    return [Route("/tiles/{layer}/{z:int}/{x:int}/{y:int}.{ending}", tile)]


def _told_routes(site: Site) -> list[Route]:
    async def info(_: Request) -> Response:
        return _json(site.info())

    async def status(_: Request) -> Response:
        return _json(vars(site.status()))

    async def pixel(request: Request) -> Response:
        try:
            x, y = (int(request.query_params[axis]) for axis in "xy")
        except (KeyError, ValueError):
            return PlainTextResponse("give x and y in whole pixels", 400)
        if not (0 <= x < site.tiles.width and 0 <= y < site.tiles.height):
            return unknown()

        async def found() -> Response:
            return _json(await _pixel(site, x, y))

        return await while_waited_for(request, found())

    return [Route("/info.json", info), Route("/status.json", status), Route("/pixel.json", pixel)]


async def _pixel(site: Site, x: int, y: int) -> dict[str, Any]:
    """Return what is known of a pixel: values by layer, and the coordinates of its center."""
    readout: dict[str, Any] = {"x": x, "y": y}
    readout["values"] = {name: await layer.values(x, y) for name, layer in site.layers.items()}
    if site.place is not None:
        readout["coordinates"] = site.place.coordinates(x + 0.5, y + 0.5)
        readout["lonlat"] = site.place.lon_lat(x + 0.5, y + 0.5)
    return readout


def _json(content: Any) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
