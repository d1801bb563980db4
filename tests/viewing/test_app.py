import io
import json

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputError, SettingError
from tilegan.images.stores.pyramid import halve
from tilegan.viewing.options import ViewOptions

view = pytest.importorskip("tilegan.pipelines.view").view

ANY = ViewOptions(port=0)


@pytest.fixture
def client(served, picture):
    return served(view(picture, options=ViewOptions(port=0, tile_size=64)))


def test_all_zooms_show_the_image(client, pixels):
    for zoom in (3, 2, 1, 0):
        assert (client.whole("result", zoom) == pixels).all(), zoom
        pixels = halve(pixels)


def test_edges_are_transparent_or_white(client):
    png = client.tile("result", 3, 4, 4)  # 270 x 310 pixels: 14 rows and 54 columns of the last tile
    assert png.shape == (64, 64, 4)
    assert (png[:14, :54, 3] == 255).all()
    assert png[14:, :, 3].max() == png[:, 54:, 3].max() == 0
    webp = client.tile("result", 3, 4, 4, "webp")
    assert webp[:14, :54, 3].min() == 255
    assert webp[14:, :, 3].max() == 0
    jpg = client.tile("result", 3, 4, 4, "jpg")
    assert jpg.shape == (64, 64, 3)
    assert jpg[30:].min() > 250
    assert client.tile("result", 3, 0, 0).shape == (64, 64, 3)


def test_what_is_told_of_an_image(client):
    info = client.get("/info.json").json
    layer = info["layers"][0]
    assert info | {"layers": None} == {
        "title": "picture.png",
        "width": 310,
        "height": 270,
        "tileSize": 64,
        "maxZoom": 3,
        "layers": None,
        "default": "result",
        "compare": None,
        "grid": None,
        "crs": None,
        "model": None,
        "stroke": None,
    }
    assert (layer["id"], layer["kind"], layer["title"]) == ("result", "result", "picture.png")
    assert client.get("/status.json").json == {"computing": 0, "waiting": 0, "finished_shards": 0, "shards": 0}


def test_what_the_browser_has_is_not_sent_again(client):
    path = "/tiles/result/3/1/1.png"
    first = client.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    for known in (tag, f'"other", W/{tag}', "*"):
        again = client.get(path, If_None_Match=known)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(path, If_None_Match='"other"').status == 200
    assert client.get("/tiles/result/3/1/1.jpg").headers["ETag"] != tag
    assert client.get("/tiles/result/3/1/2.png").headers["ETag"] != tag
    version = client.get("/info.json").json["layers"][0]["version"]
    assert "immutable" in client.get(f"{path}?v={version}").headers["Cache-Control"]
    assert "immutable" not in client.get(f"{path}?v=other").headers["Cache-Control"]


def test_another_image_of_the_same_name_is_another_version(served, picture, pixels):
    before = served(view(picture, options=ANY)).get("/info.json").json["layers"][0]["version"]
    Image.fromarray(255 - pixels).save(picture, compress_level=1)
    assert served(view(picture, options=ANY)).get("/info.json").json["layers"][0]["version"] != before


def test_head_tells_the_headers(client):
    answer = client.get("/tiles/result/3/1/1.png", "HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"", "image/png")
    assert answer.headers["ETag"] == client.get("/tiles/result/3/1/1.png").headers["ETag"]
    assert client.get("/tiles/result/3/9/1.png", "HEAD").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/result/3/5/0.png",
        "/tiles/result/4/0/0.png",
        "/tiles/result/3/0/5.png",
        "/tiles/result/3/-1/0.png",
        "/tiles/result/3/0/0.gif",
        "/tiles/other/3/0/0.png",
        "/tiles/result/3/0/0",
        "/tiles/result/99999999999999999999999/0/0.png",
        "/pixel.json?x=310&y=0",
        "/pixel.json?x=-1&y=0",
        "/tilejson.json",
        "/wmts/1.0.0/WMTSCapabilities.xml",
        "/mercator/result/0/0/0.png",
        "/static/",
        "/static/nothing.js",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/leaflet/../__init__.py",
        "/static/leaflet/..%2f__init__.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/etc/passwd",
    ],
)
def test_nothing_else_is_served(client, path):
    assert client.get(path).status == 404


def test_the_page_and_the_map_library(client):
    assert client.get("/").headers["Content-Type"].startswith("text/html")
    assert client.get("/static/leaflet/leaflet.js").status == 200
    assert client.get("/static/leaflet/images/layers.png").headers["Content-Type"] == "image/png"


def test_pixels(client, pixels):
    assert client.get("/pixel.json?x=3&y=200").json == {"x": 3, "y": 200, "values": {"result": pixels[200, 3].tolist()}}
    for wrong in ("", "?x=1", "?x=1&y=b", "?x=1.5&y=2"):
        assert client.get(f"/pixel.json{wrong}").status == 400


def test_a_result_beside_its_source(served, tmp_path, pixels, picture):
    large = tmp_path / "large.png"
    Image.fromarray(255 - pixels.repeat(2, 0).repeat(2, 1)).save(large)
    client = served(view(large, compare=picture, options=ANY))
    info = client.get("/info.json").json
    assert (info["default"], info["compare"], info["width"]) == ("result", "source", 620)
    for zoom in range(3):
        assert (client.whole("source", zoom) == 255 - client.whole("result", zoom)).all() or zoom < 2
    assert client.whole("source", 0).shape == client.whole("result", 0).shape
    assert client.get("/pixel.json?x=5&y=7").json["values"]["source"] == pixels[3, 2].tolist()


def test_images_of_other_shapes_are_not_compared(tmp_path, picture):
    Image.new("RGB", (300, 270)).save(tmp_path / "other.png")
    with pytest.raises(SettingError, match=r"cannot compare .*270 x 310.* with .*270 x 300"):
        view(picture, compare=tmp_path / "other.png", options=ANY).__enter__()


def test_a_port_in_use_is_told(client, picture):
    with pytest.raises(OutputError, match=rf"port {client.port} is in use: give another --port"):
        view(picture, options=ViewOptions(port=client.port)).__enter__()


def test_an_image_that_breaks_is_told_and_the_server_goes_on(served, tmp_path):
    path = tmp_path / "broken.tif"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)).save(
        path, compression="tiff_adobe_deflate", tiffinfo={278: 64}
    )
    client = served(view(path, options=ANY))
    content = bytearray(path.read_bytes())
    content[1000:2000] = bytes(1000)
    path.write_bytes(content)
    answer = client.get("/tiles/result/2/0/0.png")
    assert answer.status == 500
    assert b"\n" not in answer.body.strip()
    assert client.get("/info.json").status == 200


def test_what_is_open_when_the_server_stops_is_closed(served, picture):
    client = served(view(picture, options=ANY))
    assert client.get("/tiles/result/0/0/0.png").status == 200
    client.viewer.server.stop()


def test_sixteen_bits_are_shown_as_eight(served, tmp_path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(values).save(tmp_path / "deep.png")
    from tilegan.images.reading import Reading

    client = served(view(tmp_path / "deep.png", reading=Reading(stretch="dtype", depth="keep"), options=ANY))
    expected = np.floor(values / 257 + 0.5).astype(np.uint8)
    assert (client.tile("result", 0, 0, 0)[..., 0] == expected).all()
    assert client.get("/pixel.json?x=255&y=255").json["values"]["result"] == [65535] * 3


def test_the_bytes_are_those_of_an_image_file(client, pixels):
    found = Image.open(io.BytesIO(client.get("/tiles/result/3/1/2.png").body))
    assert found.format == "PNG"
    assert (np.asarray(found) == pixels[128:192, 64:128]).all()
    assert json.loads(client.get("/info.json").body)
