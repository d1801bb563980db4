"""What a result takes over: through JSON and back, for a part, and for more pixels over the same ground."""

import json
import math

import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Geo, Origin

TRANSFORM = rasterio.Affine(10, 1, 500_000, 2, -10, 5_100_000)


def rpcs() -> RPC:
    curves = {f"{axis}_{part}_coeff": [0.5] * 20 for axis in ("line", "samp") for part in ("num", "den")}
    axes = ("height", "lat", "line", "long", "samp")
    return RPC(**curves, **{f"{axis}_{part}": 70.0 for axis in axes for part in ("off", "scale")})


def origin(**more) -> Origin:
    geo = Geo(
        height=100,
        width=200,
        crs=rasterio.CRS.from_epsg(32631),
        transform=TRANSFORM,
        gcps=(GroundControlPoint(10.5, 20, 3.0, 45.0, 7.0, "a", "corner"),),
        rpcs=rpcs(),
        tags={"SENSOR": "a camera"},
        **more,
    )
    return Origin(geo, "nodata", "int16", -5.0, 900.0, True, (300.0, 150.0))


@pytest.mark.parametrize("nodata", [None, 0.0, -9999.0, 1e308])
def test_json_and_back(nodata):
    before = origin(nodata=nodata)
    after = Origin.from_json(json.loads(json.dumps(before.to_json(), allow_nan=False)))
    assert after.to_json() == before.to_json()
    assert after.geo.transform == TRANSFORM
    assert after.geo.crs == before.geo.crs
    assert after.geo.rpcs.line_num_coeff == [0.5] * 20
    assert (after.geo.gcps[0].row, after.geo.gcps[0].id, after.dpi) == (10.5, "a", (300.0, 150.0))
    assert Origin.from_json(Origin().to_json()) == Origin()


def test_nodata_that_is_no_number():
    after = Origin.from_json(json.loads(json.dumps(origin(nodata=math.nan).to_json(), allow_nan=False)))
    assert math.isnan(after.geo.nodata)


@pytest.mark.parametrize("content", [{}, {"dpi": 3, "geo": None}, {**Origin().to_json(), "geo": {"height": 3}}])
def test_what_tells_of_no_origin_is_refused(content):
    with pytest.raises(ImageError, match="the source metadata"):
        Origin.from_json(content)


def test_a_part_counts_from_its_own_corner():
    geo = origin().part(Window(top=5, left=8, height=50, width=60)).geo
    assert (geo.height, geo.width) == (50, 60)
    assert geo.transform @ (0, 0) == TRANSFORM @ (8, 5)
    assert (geo.gcps[0].row, geo.gcps[0].col, geo.gcps[0].x) == (5.5, 12, 3.0)
    assert (geo.rpcs.line_off, geo.rpcs.samp_off, geo.rpcs.line_scale) == (65, 62, 70)


def test_more_pixels_cover_the_same_ground():
    before = origin().geo
    geo = before.scaled(400, 400)  # four times as high, twice as wide
    assert geo.transform @ (400, 400) == pytest.approx(TRANSFORM @ (200, 100))
    assert (geo.gcps[0].row, geo.gcps[0].col) == (42, 40)
    assert (geo.rpcs.line_off, geo.rpcs.line_scale) == (70.5 * 4 - 0.5, 280)
    assert (geo.rpcs.samp_off, geo.rpcs.samp_scale) == (70.5 * 2 - 0.5, 140)
    assert (before.gcps[0].row, before.rpcs.line_off) == (10.5, 70)  # itself it is not changed
    assert origin().enlarged(2).dpi == (600, 300)
