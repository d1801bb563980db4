import math

import numpy as np
import pytest
import rasterio
from rasterio.errors import RasterioError
from rasterio.transform import from_bounds, from_origin
from rasterio.warp import Resampling, reproject, transform

from tilegan.viewing.grid import level_shape
from tilegan.viewing.map_frame import MapFrame
from tilegan.viewing.mercator import HALF, bounds, most_zoom, sampling
from tilegan.viewing.options import ViewOptions

view = pytest.importorskip("tilegan.pipelines.view").view

SHAPE = 270, 310


@pytest.fixture
def client(served, placed):
    return served(view(placed, options=ViewOptions(port=0)))


@pytest.fixture
def smooth(tmp_path):
    """A TIFF in UTM whose colors tell the place: a ramp across, one down, and their difference."""
    down, across = np.indices((400, 500))
    pixels = np.stack([across / 2, down / 2, 128 + (across - down) / 8], axis=-1).astype(np.uint8)
    path = tmp_path / "smooth.tif"
    profile = {"driver": "GTiff", "height": 400, "width": 500, "count": 3, "dtype": "uint8", "tiled": True}
    profile |= {"blockxsize": 64, "blockysize": 64, "crs": "EPSG:32633", "transform": from_origin(4e5, 5e6, 10, 10)}
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    return path


def tile_at(zoom, x, y):
    """Column and row of the tile with a place in degrees."""
    across, down = (values[0] for values in transform("EPSG:4326", "EPSG:3857", [x], [y]))
    side = 2 * HALF / 2**zoom
    return int((across + HALF) // side), int((HALF - down) // side)


def test_tiles_cover_the_world():
    assert bounds(0, 0, 0) == (-HALF, -HALF, HALF, HALF)
    assert bounds(1, 1, 0) == (0.0, 0.0, HALF, HALF)
    assert pytest.approx(20037508.342789244) == HALF


@pytest.mark.parametrize("zoom", [9, 12, 14])
def test_tiles_are_those_of_gdal(served, smooth, zoom):
    client = served(view(smooth, options=ViewOptions(port=0)))
    info = client.get("/tilejson.json").json
    west, south, east, north = info["bounds"]
    column, row = tile_at(zoom, (west + east) / 2, (south + north) / 2)
    answer = client.get(f"/mercator/result/{zoom}/{column}/{row}.png")
    found = answer.pixels.astype(int)
    expected = np.zeros((4, 256, 256), np.uint8)
    with rasterio.open(smooth) as file:
        values = np.concatenate([file.read(), np.full((1, 400, 500), 255, np.uint8)])
        target = from_bounds(*bounds(zoom, column, row), 256, 256)
        reproject(
            values,
            expected,
            src_transform=file.transform,
            src_crs=file.crs,
            dst_transform=target,
            dst_crs="EPSG:3857",
            resampling=Resampling.average if zoom < 12 else Resampling.bilinear,
        )
    both = (found[..., 3] == 255) & (expected[3] == 255)
    assert both.sum() > 100
    assert ((found[..., 3] > 0) != (expected[3] > 0)).sum() < 5 * (both.sum() ** 0.5) + 20  # at the edge
    assert np.abs(found[..., :3] - np.moveaxis(expected[:3], 0, -1).astype(int))[both].max() <= 3


def test_tiles_beside_the_image_are_empty(client):
    assert client.get("/mercator/result/12/0/0.png").pixels.max() == 0
    for path in ("12/4096/0", "12/0/4096", "31/0/0"):
        assert client.get(f"/mercator/result/{path}.png").status == 404


def test_the_largest_zoom_loses_no_pixel(client):
    info = client.get("/tilejson.json").json
    zoom = info["maxzoom"]
    latitude = math.radians((info["bounds"][1] + info["bounds"][3]) / 2)
    pixel = 2 * HALF / 256 / 2**zoom * math.cos(latitude)  # meters on the ground
    assert pixel <= 10.1 < 2.05 * pixel


def test_pixels_have_coordinates(client, pixels):
    told = client.get("/pixel.json?x=10&y=20").json
    assert told["values"]["result"] == pixels[20, 10].tolist()
    assert told["coordinates"] == [400105.0, 4999795.0]
    x, y = transform("EPSG:4326", "EPSG:32633", [told["lonlat"][0]], [told["lonlat"][1]])
    assert (x[0], y[0]) == (pytest.approx(400105, abs=1e-3), pytest.approx(4999795, abs=1e-3))


def test_what_is_told_of_the_place(client):
    crs = client.get("/info.json").json["crs"]
    assert (crs["name"], crs["unit"]) == ("EPSG:32633", "metre")
    assert crs["transform"] == [4e5, 10, 0, 5e6, 0, -10]
    assert crs["wkt"].startswith("PROJCS")


def test_tile_json(client):
    told = client.get("/tilejson.json").json
    assert told["tiles"] == [f"http://127.0.0.1:{client.port}/mercator/result/{{z}}/{{x}}/{{y}}.png"]
    assert (told["tilejson"], told["scheme"], told["minzoom"]) == ("3.0.0", "xyz", 0)
    x, y = transform("EPSG:32633", "EPSG:4326", [4e5, 4e5 + 3100], [5e6, 5e6 - 2700])
    assert told["bounds"][0] == pytest.approx(min(x), abs=0.002)
    assert told["bounds"][3] == pytest.approx(max(y), abs=0.002)
    assert client.get("/tilejson.json?layer=other").status == 404


def test_gdal_reads_the_capabilities(client, pixels):
    address = f"WMTS:{client.url}wmts/1.0.0/WMTSCapabilities.xml,layer=result"
    try:
        dataset = rasterio.open(address)
    except RasterioError as error:
        if "not recognized" in str(error):
            pytest.skip("GDAL has no driver WMTS")
        raise
    with dataset:
        assert dataset.crs.to_epsg() == 3857
        x, y = transform("EPSG:32633", "EPSG:3857", [4e5 + 1005], [5e6 - 1505])
        row, column = dataset.index(x[0], y[0])
        found = dataset.read(window=((row, row + 1), (column, column + 1))).ravel()
    near = pixels[149:152, 99:102].reshape(-1, 3).astype(int)
    assert found[3] == 255
    assert (near.min(0) - 1 <= found[:3]).all()
    assert (found[:3] <= near.max(0) + 1).all()


@pytest.mark.parametrize("zoom", [0, 3, 8])
def test_of_an_image_that_is_small_in_a_tile_few_pixels_are_read(zoom):
    place = MapFrame.of(_geo(40_000, 50_000), 40_000, 50_000)
    column, row = tile_at(zoom, 13.5, 45.0)
    found = sampling(place, (40_000, 50_000), 256, zoom, column, row)
    assert found.window is not None
    assert max(found.window.height, found.window.width) <= 600
    height, width = level_shape(40_000, 50_000, found.level)
    assert found.window.bottom <= height
    assert found.window.right <= width


def test_an_image_of_the_whole_world():
    import rasterio.crs

    from tilegan.images.metadata.origin import Geo

    geo = Geo(180, 360, rasterio.crs.CRS.from_epsg(4326), from_origin(-180, 90, 1, 1))
    place = MapFrame.of(geo, 180, 360)
    found = sampling(place, (180, 360), 256, 0, 0, 0)
    assert found.window is not None
    assert found.x[128, 128] == pytest.approx(180.7, abs=0.1)
    assert most_zoom(place, 180, 360, 256) == 1
    assert place.lon_lat(360, 0) == (180.0, 90.0)


def _geo(height, width):
    from rasterio.crs import CRS

    from tilegan.images.metadata.origin import Geo

    return Geo(height, width, CRS.from_epsg(32633), from_origin(3e5, 5.1e6, 10, 10))
