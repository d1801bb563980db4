"""Messages on what cannot be read end with what helps."""

import http.server
import tarfile
import threading
import zipfile
from contextlib import closing

import numpy as np
import pytest
import rasterio
import zarr
from PIL import Image

from tilegan.errors import ImageError, SettingError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers.cures import cure
from tilegan.pipelines import convert

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.mark.parametrize(
    ("reason", "helps"),
    [
        ("a.tif: Cannot open TIFF file due to missing codec JXL", "cannot decode it: convert it"),
        ("HTTP response code: 403", "access is denied"),
        ("HTTP response code on https://host/a.tif: 404", "check the address"),
        ("CURL error: HTTP error code : 503", "try again later"),
        ("CURL error: Could not resolve host: nowhere", "its server can be reached"),
        ("libpng: bad adaptive filter value", "may be damaged: get it again, or --allow-truncated"),
        ("'a.bin' does not exist in the file system, and is not", "check the name"),
        ("error in row 404", "may be damaged"),
    ],
)
def test_what_libraries_say_is_answered(reason, helps):
    assert helps in cure(reason, None, decoding=True)


def test_what_is_never_opened_is_not_read_in_part():
    assert "--allow" not in cure("bad header", None, decoding=False)


def test_a_jpeg_that_is_cut_off_names_the_option_that_reads_the_rest(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "whole.jpg")
    path = tmp_path / "cut.jpg"
    path.write_bytes((tmp_path / "whole.jpg").read_bytes()[:-5000])
    with closing(open_source(path)) as source, pytest.raises(ImageError, match="--allow-truncated"):
        source.read(Window(0, 0, 300, 400))
    with closing(open_source(path, Reading(allow_truncated=True))) as source:
        assert source.read(Window(0, 0, 300, 400)).std() > 10


def test_a_zarr_in_an_archive_is_to_be_unpacked(tmp_path):
    path = tmp_path / "a.zarr.zip"
    with zarr.storage.ZipStore(path, mode="w") as store:
        zarr.create_array(store, shape=(8, 9), dtype="uint8", chunks=(8, 9))[:] = 1
    with pytest.raises(ImageError, match=r"zip archive of a Zarr: unpack it"):
        open_source(path)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_names_the_image_in_it(tmp_path, kind):
    Image.new("RGB", (9, 8)).save(tmp_path / "a.png")
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.write(tmp_path / "a.png", "a.png")
    else:
        with tarfile.open(path, "w") as file:
            file.add(tmp_path / "a.png", "a.png")
    with pytest.raises(ImageError, match="archive: unpack it") as caught:
        open_source(path)
    with closing(open_source(str(caught.value).rpartition(": ")[2])) as source:
        assert (source.height, source.width) == (8, 9)


@pytest.mark.parametrize("name", ["a.dcm", "IM0001"])
def test_a_dicom_is_told(tmp_path, name):
    if name.endswith("dcm"):
        pytest.importorskip("openslide")
    (tmp_path / name).write_bytes(bytes(128) + b"DICM" + bytes(100))
    with pytest.raises(ImageError, match="it is a DICOM, but no slide: save it as PNG or TIFF"):
        open_source(tmp_path / name)


def test_bands_of_several_types_are_to_be_chosen(tmp_path):
    bands = []
    for number, dtype in enumerate(("uint8", "uint16", "uint16"), 1):
        path = tmp_path / f"{number}.tif"
        with rasterio.open(path, "w", driver="GTiff", count=1, height=8, width=9, dtype=dtype) as dataset:
            dataset.write(np.full((1, 8, 9), number, dtype))
        source = f"<SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        kind = {"uint8": "Byte", "uint16": "UInt16"}[dtype]
        bands.append(f'<VRTRasterBand dataType="{kind}" band="{number}">{source}</VRTRasterBand>')
    path = tmp_path / "a.vrt"
    path.write_text(f'<VRTDataset rasterXSize="9" rasterYSize="8">{"".join(bands)}</VRTDataset>')
    with pytest.raises(SettingError, match="--bands: 1 uint8, 2 uint16, 3 uint16"):
        open_source(path)
    with closing(open_source(path, Reading(bands=(1,)))) as source:
        assert (source.read(Window(0, 0, 8, 9)) == 1).all()


@pytest.fixture
def server():
    """The URL of a server that answers /404/name with 404."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path.split("/")[1]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - so http.server calls it

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_what_a_server_answers_is_told(server, name):
    pytest.importorskip("aiohttp")
    with pytest.raises(ImageError, match=r"no such image: .*: check the name"):
        open_source(f"{server}/404/{name}")
    with pytest.raises(ImageError, match=r"403 'Forbidden': access is denied: .* permissions"):
        open_source(f"{server}/403/{name}")


def test_only_results_are_converted(tmp_path):
    path = tmp_path / "a.zarr"
    group = zarr.create_group(path, attributes={"ome": {"multiscales": [{"datasets": [{"path": "0"}]}]}})
    group.create_array("0", shape=(3, 8, 9), dtype="uint8")
    zarr.create_array(tmp_path / "b.zarr", shape=(8, 9), dtype="uint8", zarr_format=2)
    for name in ("a.zarr", "b.zarr"):
        with pytest.raises(ImageError, match=r"not a store of tilegan: .*`tilegan stylize"):
            convert(tmp_path / name, tmp_path / "out.tif")
