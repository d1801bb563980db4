"""Camera raws are refused, and a TIFF is read from its main image, not from a thumbnail before it."""

import numpy as np
import pytest
import tifffile

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source

DRAW = np.random.default_rng(0)
THUMB = DRAW.integers(0, 256, (24, 32, 3), dtype=np.uint8)
PICTURE = DRAW.integers(0, 256, (120, 160, 3), dtype=np.uint8)
SENSOR = DRAW.integers(0, 4096, (120, 160), dtype=np.uint16)
FILTERS = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes([0, 1, 1, 2]), True)]
REFUSED = r"a camera raw, not a picture: .*: develop it first, to TIFF or JPEG$"


def below(path, picture, **options):
    """A TIFF of a thumbnail that has the picture in a directory below it."""
    with tifffile.TiffWriter(path) as file:
        file.write(THUMB, photometric="rgb", subfiletype=1, subifds=1, metadata=None)
        file.write(picture, metadata=None, **options)
    return path


@pytest.mark.parametrize("ending", ["nef", "arw", "dng", "tif"])
@pytest.mark.parametrize("kind", ["cfa", "linear_raw"])
def test_a_thumbnail_before_what_a_sensor_saw(tmp_path, ending, kind):
    sensor = SENSOR if kind == "cfa" else np.dstack([SENSOR] * 3)
    more = {"extratags": FILTERS} if kind == "cfa" else {}
    with pytest.raises(ImageError, match=REFUSED):
        open_source(below(tmp_path / f"a.{ending}", sensor, photometric=kind, **more))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_mosaic_is_no_picture(tmp_path, big, order):
    path = tmp_path / "a.dng"
    tifffile.imwrite(path, SENSOR, photometric="cfa", extratags=FILTERS, bigtiff=big, byteorder=order, metadata=None)
    with pytest.raises(ImageError, match=REFUSED):
        open_source(path)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.raf", b"FUJIFILMCCD-RAW 0201"),
        ("a.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1"),
        ("a.cr2", b"II*\0\x10\0\0\0CR\2\0"),
        ("a.rw2", b"IIU\0\x18\0\0\0"),
        ("a.orf", b"IIRO\x08\0\0\0"),
        ("a.x3f", b"FOVb\0\0\2\0"),
    ],
)
def test_raws_that_no_reader_here_knows(tmp_path, name, start):
    (tmp_path / name).write_bytes(start + bytes(100))
    with pytest.raises(ImageError, match=REFUSED):
        open_source(tmp_path / name)


def test_a_thumbnail_with_a_raw_name_and_nothing_known_below(tmp_path):
    tifffile.imwrite(tmp_path / "a.erf", THUMB, photometric="rgb", subfiletype=1, metadata=None)
    with pytest.raises(ImageError, match=REFUSED):
        open_source(tmp_path / "a.erf")


def test_a_picture_below_a_thumbnail(tmp_path):
    source = open_source(below(tmp_path / "a.tif", PICTURE, photometric="rgb"))
    np.testing.assert_array_equal(source.read(Window(0, 0, 120, 160)), PICTURE)
    assert source.remarks == ("its first image is a smaller copy: the main one is read",)


@pytest.mark.parametrize("big", [False, True])
def test_a_picture_after_a_thumbnail_unless_a_page_is_asked_for(tmp_path, big):
    with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=big) as file:
        file.write(THUMB, photometric="rgb", subfiletype=1, metadata=None)
        file.write(PICTURE, photometric="rgb", tile=(32, 32), metadata=None)
    np.testing.assert_array_equal(open_source(tmp_path / "a.tif").read(Window(0, 0, 120, 160)), PICTURE)
    page = open_source(tmp_path / "a.tif", Reading(plane={"page": 0}))
    np.testing.assert_array_equal(page.read(Window(0, 0, 24, 32)), THUMB)


def test_a_main_image_before_its_copies_is_read_as_ever(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(PICTURE, photometric="rgb", metadata=None)
        file.write(THUMB, photometric="rgb", subfiletype=1, metadata=None)
    source = open_source(tmp_path / "a.tif")
    np.testing.assert_array_equal(source.read(Window(0, 0, 120, 160)), PICTURE)
    assert "smaller copy" not in "".join(source.remarks)
