"""Images on object storage, on the web and in archives: the pixels of the local file, or one line that says why not."""

import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tilegan.errors import ImageError
from tilegan.files import locate, replace_file
from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.readers.pillow import PillowSource
from tilegan.images.readers.raster import RasterSource
from tilegan.images.readers.vsi import container, gdal_name, gdal_options, url_name
from tilegan.images.readers.zarr_source import ZarrSource
from tilegan.images.stores.store import Store

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # rasterio's own
PIXELS = np.random.default_rng(5).integers(0, 256, (90, 130, 3), dtype=np.uint8)
PART = Window(17, 40, 50, 60)


def make(path: Path, name: str) -> bytes:
    """The bytes of the pixels as an image file, with a georeference where it is a TIFF."""
    file = path / name
    if file.suffix == ".tif":
        profile = {"driver": "GTiff", "count": 3, "height": 90, "width": 130, "dtype": "uint8"}
        where = {"crs": "EPSG:3857", "transform": rasterio.transform.from_origin(500, 900, 2, 2)}
        with rasterio.open(file, "w", tiled=True, blockxsize=32, blockysize=32, **profile, **where) as dataset:
            dataset.write(np.moveaxis(PIXELS, -1, 0))
    else:
        options = {"lossless": True} if file.suffix == ".webp" else {}
        Image.fromarray(PIXELS).save(file, **options)
    return file.read_bytes()


@pytest.mark.parametrize(
    ("name", "reader"), [("a.tif", RasterSource), ("a.png", RasterSource), ("a.webp", PillowSource)]
)
def test_an_object_is_read_like_a_file(bucket, tmp_path, name, reader):
    url = f"{bucket}/some folder/{name}"
    replace_file(locate(url), make(tmp_path, name))
    source, local = open_source(url), open_source(tmp_path / name)
    assert type(source) is reader
    assert source.path == url
    assert source.origin.geo == local.origin.geo
    assert source.block == local.block
    np.testing.assert_array_equal(source.read(PART), PIXELS[17:67, 40:100])
    np.testing.assert_array_equal(source.thumbnail(30), local.thumbnail(30))
    windows = [Window(top, left, 20, 30) for top in range(0, 70, 7) for left in range(0, 100, 9)]
    with ThreadPoolExecutor(4) as pool:
        for window, pixels in zip(windows, pool.map(source.read, windows), strict=True):
            np.testing.assert_array_equal(pixels, PIXELS[window.top : window.bottom, window.left : window.right])


def test_gdals_own_name_means_the_same_object(bucket, tmp_path):
    replace_file(locate(f"{bucket}/a.tif"), make(tmp_path, "a.tif"))
    source = open_source(f"/vsis3/{bucket.removeprefix('s3://')}/a.tif")
    np.testing.assert_array_equal(source.read(PART), PIXELS[17:67, 40:100])
    assert source.identity() == open_source(f"{bucket}/a.tif").identity()


def test_identity_tells_versions_of_an_object_apart(bucket, tmp_path):
    content = make(tmp_path, "a.tif")
    url = f"{bucket}/a.tif"
    replace_file(locate(url), content)
    first = open_source(url).identity()
    assert first == open_source(url).identity()
    assert (first["name"], first["bytes"], first["height"], first["width"]) == ("a.tif", len(content), 90, 130)
    changed = bytearray(content)
    changed[-1] ^= 1
    replace_file(locate(url), bytes(changed))
    assert open_source(url).identity() != first


def test_a_store_is_read_and_told_apart_from_its_next_version(bucket):
    url = f"{bucket}/folder/a.zarr"
    store = Store.create(url, 90, 130, shard=256, chunk=64)
    store.write_shard(0, (0, 0), PIXELS)
    with pytest.raises(ImageError, match=r"no such image: s3://.*/a\.zarr"):
        open_source(url)
    store.finish()
    for name in (url, f"{url}/0"):
        source = open_source(name)
        assert type(source) is ZarrSource
        assert source.block == (64, 64)
        np.testing.assert_array_equal(source.read(PART), PIXELS[17:67, 40:100])
    first = open_source(url).identity()
    assert first == open_source(url).identity()
    assert first["files"] == 3  # two of metadata, one shard
    store.write_shard(0, (0, 0), 255 - PIXELS)
    assert open_source(url).identity() != first


@pytest.mark.parametrize("name", ["missing.tif", "missing.zarr", "folder/missing.jpg"])
def test_what_is_missing_is_one_line(bucket, name):
    for url in (f"{bucket}/{name}", f"{bucket}-not/{name}"):
        with pytest.raises(ImageError, match=name) as caught:
            open_source(url)
        assert "\n" not in str(caught.value)


def test_a_host_that_does_not_answer_is_one_line(closed_s3):
    for name in ("a.tif", "a.zarr"):
        with pytest.raises(ImageError, match=rf"s3://.*/{name}.*Could not connect") as caught:
            open_source(f"{closed_s3}/{name}")
        assert "\n" not in str(caught.value)


def test_what_is_no_image_is_one_line(bucket):
    replace_file(locate(f"{bucket}/a.tif"), b"no image")
    with pytest.raises(ImageError, match=r"not an image that can be opened: s3://.*/a\.tif") as caught:
        open_source(f"{bucket}/a.tif")
    assert "\n" not in str(caught.value)


class Refusing(BaseHTTPRequestHandler):
    """Answers as S3 does to a wrong secret."""

    def do_GET(self) -> None:
        content = b"<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)

    do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815 - the base class's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_wrong_credentials_are_one_line(closed_s3, refusing_server, monkeypatch, name):
    monkeypatch.setenv("AWS_ENDPOINT_URL", refusing_server)
    with pytest.raises(ImageError, match=rf"s3://.*/{name}: .*(Forbidden|does not match)") as caught:
        open_source(f"{closed_s3}/{name}")
    assert "\n" not in str(caught.value)


def test_an_image_on_the_web_is_read(bucket, s3_server, tmp_path):
    content = make(tmp_path, "a.tif")
    replace_file(locate(f"{bucket}/a.tif"), content)
    locate(bucket).fs.chmod(f"{bucket}/a.tif", "public-read")
    web = f"{s3_server}/{bucket.removeprefix('s3://')}"
    source = open_source(f"{web}/a.tif")
    assert type(source) is RasterSource
    np.testing.assert_array_equal(source.read(PART), PIXELS[17:67, 40:100])
    assert source.identity()["bytes"] == len(content)
    assert source.identity() == open_source(f"/vsicurl/{web}/a.tif").identity()
    with pytest.raises(ImageError, match=r"no such image: http://.*/missing\.tif"):
        open_source(f"{web}/missing.tif")


def test_an_image_in_an_archive_is_read(tmp_path):
    make(tmp_path, "a.tif")
    for content in ("a.tif", "b.tif"):
        with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
            archive.write(tmp_path / "a.tif", f"inside/{content}")
    name = f"/vsizip/{tmp_path}/a.zip/inside/a.tif"
    source = open_source(name)
    np.testing.assert_array_equal(source.read(PART), PIXELS[17:67, 40:100])
    assert source.origin.geo is not None
    identity = source.identity()
    assert (identity["name"], identity["bytes"]) == ("a.tif", (tmp_path / "a.zip").stat().st_size)
    assert identity != open_source(name.replace("a.tif", "b.tif")).identity()
    assert container(name) == tmp_path / "a.zip"
    assert container("/vsizip//vsis3/bucket/a.zip/a.tif") is None
    with pytest.raises(ImageError, match=r"c\.tif"):
        open_source(name.replace("a.tif", "c.tif"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://b/k.tif", "/vsis3/b/k.tif"),
        ("gs://b/k.tif", "/vsigs/b/k.tif"),
        ("https://host/k.tif", "/vsicurl/https://host/k.tif"),
        ("http://host/k.tif", "/vsicurl/http://host/k.tif"),
        ("/folder/k.tif", "/folder/k.tif"),
        ("/vsizip/a.zip/k.tif", "/vsizip/a.zip/k.tif"),
    ],
)
def test_names_of_gdal(url, name):
    assert gdal_name(url) == gdal_name(name) == name
    assert url_name(name) == url_name(url) == url


def test_gdal_follows_the_endpoint_of_amazons_libraries(monkeypatch):
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://host:9000/s3/")
    options = gdal_options("/vsis3/b/k")
    assert options["AWS_S3_ENDPOINT"] == "host:9000/s3"
    assert (options["AWS_HTTPS"], options["AWS_VIRTUAL_HOSTING"]) == ("NO", "FALSE")
    monkeypatch.setenv("AWS_HTTPS", "YES")
    assert "AWS_HTTPS" not in gdal_options("/vsis3/b/k")
    assert gdal_options("/folder/a.tif") == {}
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://other")
    assert gdal_options("/vsis3/b/k")["AWS_S3_ENDPOINT"] == "other"


def test_a_tiff_whose_object_is_cut_short_is_told(bucket, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.tile(PIXELS, (3, 3, 1)), tile=(64, 64))
    replace_file(locate(f"{bucket}/a.tif"), (tmp_path / "a.tif").read_bytes()[:-3000])
    with pytest.raises(ImageError, match=r"cannot read image: s3://.*/a\.tif") as caught:
        open_source(f"{bucket}/a.tif").read(Window(0, 0, 270, 390))
    assert "\n" not in str(caught.value)
