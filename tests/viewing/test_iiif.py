import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilegan.geometry import Window
from tilegan.images.stores.pyramid import halve
from tilegan.viewing.iiif import ImageRequest, RequestError, parsed
from tilegan.viewing.options import ViewOptions

view = pytest.importorskip("tilegan.pipelines.view").view


@pytest.fixture
def client(served, picture):
    return served(view(picture, options=ViewOptions(port=0, tile_size=64)))


# the examples of sections 4.1 to 4.3 of the specification, of an image of 300 x 200 pixels
@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("full", (0, 0, 200, 300)),
        ("square", (0, 50, 200, 200)),
        ("125,15,120,140", (15, 125, 140, 120)),
        ("pct:41.6,7.5,40,70", (15, 125, 140, 120)),
        ("125,15,200,200", (15, 125, 185, 175)),
        ("pct:41.6,7.5,66.6,100", (15, 125, 185, 175)),
    ],
)
def test_regions(region, expected):
    assert parsed([region, "max", "0", "default"], 200, 300).region == Window(*expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("max", (200, 300)),
        ("^max", (2730, 4096)),
        ("150,", (100, 150)),
        (",150", (150, 225)),
        ("^360,", (240, 360)),
        ("^,240", (240, 360)),
        ("pct:50", (100, 150)),
        ("^pct:120", (240, 360)),
        ("225,100", (100, 225)),
        ("^360,360", (360, 360)),
        ("!225,100", (100, 150)),
        ("!1000,1000", (200, 300)),
        ("^!360,360", (240, 360)),
    ],
)
def test_sizes(size, expected):
    found = parsed(["full", size, "0", "default"], 200, 300)
    if size == "^max":
        assert found.height * found.width <= 2**22
        assert max(found.height, found.width) > 2000
    else:
        assert (found.height, found.width) == expected


@pytest.mark.parametrize(
    "parts",
    [
        ("300,0,10,10", "max", "0", "default"),
        ("0,0,0,10", "max", "0", "default"),
        ("0,0,10", "max", "0", "default"),
        ("-1,0,10,10", "max", "0", "default"),
        ("pct:0,0,-1,10", "max", "0", "default"),
        ("0,0,99999999999999999999,10", "max", "0", "default"),
        ("full", "400,", "0", "default"),
        ("full", "pct:101", "0", "default"),
        ("full", "0,", "0", "default"),
        ("full", ",", "0", "default"),
        ("full", "!100,", "0", "default"),
        ("full", "^9000,", "0", "default"),
        ("full", "wide", "0", "default"),
        ("full", "max", "45", "default"),
        ("full", "max", "!0", "default"),
        ("full", "max", "0", "gray"),
    ],
)
def test_what_is_not_answered(client, parts):
    with pytest.raises(RequestError):
        parsed(parts, 200, 300)
    path = "/".join(parts).replace("300", "400")
    assert client.get(f"/iiif/result/{path}.png").status == 400


@given(st.data())
def test_every_request_lies_in_a_level_and_has_the_size_that_it_asks_for(data):
    height, width = data.draw(st.integers(1, 90)), data.draw(st.integers(1, 90))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    rows, columns = data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left))
    asked = ImageRequest(
        Window(top, left, rows, columns), data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns)), 1
    )
    window, level = asked.window(), asked.level
    assert window.bottom <= -(-height >> level)
    assert window.right <= -(-width >> level)
    found = asked.of(np.full((window.height, window.width, 3), 7, np.uint8))
    assert found.shape == (asked.width, asked.height, 3)
    assert (found == 7).all()


def test_pixels_of_a_region(client, pixels):
    assert (client.get("/iiif/result/10,20,50,40/max/0/default.png").pixels == pixels[20:60, 10:60]).all()
    assert (client.get("/iiif/result/0,0,310,270/max/0/color.png").pixels == pixels).all()


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, 3), (180, 2), (270, 1)])
def test_turns(client, pixels, rotation, turns):
    found = client.get(f"/iiif/result/10,20,50,40/max/{rotation}/default.png").pixels
    assert (found == np.rot90(pixels[20:60, 10:60], turns)).all()  # numpy turns to the left


def test_tiles_are_pixels_of_levels(client, pixels):
    half, quarter = halve(pixels), halve(halve(pixels))
    assert (client.get("/iiif/result/128,0,128,128/64,64/0/default.png").pixels == half[:64, 64:128]).all()
    # the last ones of their rows, of 310 - 256 = 54 and 270 - 256 = 14 pixels
    assert (client.get("/iiif/result/256,256,54,14/27,7/0/default.png").pixels == half[128:, 128:]).all()
    assert (client.get("/iiif/result/256,256,54,14/14,4/0/default.png").pixels == quarter[64:, 64:]).all()


def test_information(client):
    answer = client.get("/iiif/result/info.json")
    told = answer.json
    assert told["id"] == f"http://127.0.0.1:{client.port}/iiif/result"
    assert told["@context"] == "http://iiif.io/api/image/3/context.json"
    assert (told["type"], told["protocol"], told["profile"]) == ("ImageService3", "http://iiif.io/api/image", "level2")
    assert (told["width"], told["height"]) == (310, 270)
    assert told["tiles"] == [{"width": 64, "height": 64, "scaleFactors": [1, 2, 4, 8]}]
    assert told["sizes"][0] == {"width": 39, "height": 34}
    linked = client.get("/iiif/result/info.json", Accept="application/ld+json")
    assert linked.headers["Content-Type"].startswith("application/ld+json;profile=")
    moved = client.get("/iiif/result")
    assert (moved.status, moved.headers["Location"]) == (303, told["id"] + "/info.json")
    assert client.get("/iiif/other/info.json").status == 404
    for size in told["sizes"]:
        path = f"/iiif/result/full/{size['width']},{size['height']}/0/default.jpg"
        assert client.get(path).pixels.shape[:2] == (size["height"], size["width"])


# geometry by hand: 310 x 270 pixels, levels 9 (full) to 0, tiles of 254 pixels that overlap by one
@pytest.mark.parametrize(
    ("level", "column", "row", "factor", "window"),
    [
        (9, 0, 0, 0, (0, 0, 255, 255)),
        (9, 1, 0, 0, (0, 253, 255, 57)),
        (9, 0, 1, 0, (253, 0, 17, 255)),
        (9, 1, 1, 0, (253, 253, 17, 57)),
        (8, 0, 0, 1, (0, 0, 135, 155)),
        (7, 0, 0, 2, (0, 0, 68, 78)),
        (0, 0, 0, 9, (0, 0, 1, 1)),
    ],
)
def test_deep_zoom(client, pixels, level, column, row, factor, window):
    for _ in range(factor):
        pixels = halve(pixels)
    found = client.get(f"/dzi/result_files/{level}/{column}_{row}.png").pixels
    assert (found == Window(*window).of(pixels)).all()


def test_deep_zoom_is_described(client):
    text = client.get("/dzi/result.dzi").body.decode()
    assert 'Format="png" Overlap="1" TileSize="254"' in text
    assert '<Size Height="270" Width="310"/>' in text
    for path in ("result_files/9/2_0.png", "result_files/10/0_0.png", "result_files/9/0_0.gif", "other.dzi"):
        assert client.get(f"/dzi/{path}").status == 404
