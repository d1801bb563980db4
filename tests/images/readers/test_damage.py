"""Files that are cut off, absurd or no files: refused in one line that says why, or filled where that is asked for."""

import os
import socket
import struct
import zlib

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers import pillow

PIXELS = np.random.default_rng(9).integers(1, 256, (160, 200, 3), dtype=np.uint8)
FULL = Window(0, 0, 160, 200)
LENIENT = Reading(allow_truncated=True)


def refused(path, match):
    with pytest.raises(ImageError, match=match) as caught:
        open_source(path).read(FULL)
    assert "\n" not in str(caught.value)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


SAVED = {
    "a.png": {},
    "a.jpg": {"quality": 95},
    "progressive.jpg": {"quality": 95, "progressive": True},
    "a.webp": {"lossless": True},
    "a.gif": {},
    "a.bmp": {},
    "strips.tif": {},
    "deflate.tif": {"compression": "tiff_deflate"},
    "lzw.tif": {"compression": "tiff_lzw"},
    "jpeg.tif": {"compression": "jpeg"},
    "packbits.tif": {"compression": "packbits"},
}


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_file_that_is_cut_off_is_refused_however_it_is_read(tmp_path, name, share):
    path = tmp_path / name
    Image.fromarray(PIXELS).save(path, **SAVED[name])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    try:
        source = open_source(path)
    except ImageError as error:
        assert name in str(error)
        assert "\n" not in str(error)
        return
    with pytest.raises(ImageError, match=name):
        source.read(FULL)
    with pytest.raises(ImageError, match=name):  # and again: GDAL tells of a JPEG's damage once
        source.read(FULL)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "strips.tif", "deflate.tif", "lzw.tif", "tiled.tif"])
def test_what_is_missing_becomes_gray_where_that_is_allowed(tmp_path, name):
    path = tmp_path / name
    if name == "tiled.tif":
        tifffile.imwrite(path, PIXELS, tile=(32, 32), compression="deflate", photometric="rgb")
    else:
        Image.fromarray(PIXELS).save(path, **SAVED[name])
    whole = open_source(path).read(FULL).astype(int)
    content = path.read_bytes()
    cut = tmp_path / f"cut {name}"
    if name in ("strips.tif", "deflate.tif", "lzw.tif", "tiled.tif"):
        with tifffile.TiffFile(path) as file:
            offsets, lengths = file.pages.first.dataoffsets, file.pages.first.databytecounts
        last = len(offsets) // 2
        cut.write_bytes(content[: offsets[last]] + bytes(lengths[last]) + content[offsets[last] + lengths[last] :])
        if name == "strips.tif":
            pytest.skip("what is zero in a file without compression is black")
    else:
        cut.write_bytes(content[: len(content) * 6 // 10])
    source = open_source(cut, LENIENT)
    pixels = source.read(FULL)
    same = (np.abs(pixels - whole) <= 1).all(axis=2)
    gray = (pixels == 128).all(axis=2)
    assert 0.03 < gray.mean() < 0.7
    assert (same | gray).mean() > 0.9
    np.testing.assert_array_equal(source.read(Window(50, 20, 70, 90)), pixels[50:120, 20:110])
    assert source.thumbnail(50).shape == (40, 50, 3)


def test_parts_that_a_tiff_leaves_out_are_told_from_parts_that_it_lost(tmp_path):
    profile = {"driver": "GTiff", "count": 1, "height": 256, "width": 256, "dtype": "uint8", "compress": "deflate"}
    path = tmp_path / "sparse.tif"
    with rasterio.open(path, "w", tiled=True, blockxsize=64, blockysize=64, sparse_ok=True, **profile) as dataset:
        dataset.write(PIXELS[:64, :64, 0], 1, window=rasterio.windows.Window(0, 0, 64, 64))
    pixels = open_source(path).read(Window(0, 0, 256, 256))
    assert (pixels[:64, :64, 0] == PIXELS[:64, :64, 0]).all()
    assert (pixels[64:] == 0).all()
    with tifffile.TiffFile(path) as file:
        offsets, lengths = file.pages.first.tags[324], file.pages.first.tags[325]
    content = bytearray(path.read_bytes())
    torn = bytearray(content)
    struct.pack_into("<I", torn, offsets.valueoffset, 10**6)  # the one part that is there, beyond the end
    (tmp_path / "torn.tif").write_bytes(torn)
    refused(tmp_path / "torn.tif", r"torn\.tif: 1 of its 16 strips or tiles lie beyond its end")
    half = bytearray(content)
    at = lengths.valueoffset
    half[at : at + 2] = bytes(2)
    (tmp_path / "half.tif").write_bytes(half)
    refused(tmp_path / "half.tif", r"half\.tif: 1 of its 16 strips or tiles are half written")
    short = bytearray(content)
    struct.pack_into("<I", short, offsets.offset + 4, 9)  # entries of the table
    (tmp_path / "short.tif").write_bytes(short)
    refused(tmp_path / "short.tif", r"short\.tif: 7 of its 16 strips or tiles have no offset")


def test_tables_that_do_not_fit_the_size_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, rowsperstrip=10, photometric="rgb")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages.first.tags[278].overwrite(160)
    refused(tmp_path / "a.tif", r"its size requires 1 strips or tiles, its tables have 16")


def test_files_that_tell_of_more_pixels_than_they_can_hold(tmp_path):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    image = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + image)
    Image.fromarray(PIXELS).save(tmp_path / "bomb.jpg")
    content = bytearray((tmp_path / "bomb.jpg").read_bytes())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    (tmp_path / "bomb.jpg").write_bytes(content)
    for name in ("bomb.png", "bomb.jpg"):
        refused(tmp_path / name, rf"{name} declares \d+ x \d+ pixels, for which its \d+ bytes are too few")


def test_what_has_to_be_held_must_not_be_too_large(tmp_path, monkeypatch):
    Image.fromarray(PIXELS).save(tmp_path / "a.webp")
    monkeypatch.setattr(pillow, "LARGEST_HELD", 160 * 200 * 8 - 1)
    refused(tmp_path / "a.webp", r"too large to be read whole: .*a\.webp: 160 x 200 pixels of WEBP: convert it")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    refused(tmp_path / "a.webp", r"too large to be read whole: .*a\.webp: .*decompression bomb")
    header = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
    (tmp_path / "a.gif").write_bytes(header + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x00;")
    refused(tmp_path / "a.gif", r"too large to be read whole: .*a\.gif")


def test_a_progressive_jpeg_is_refused_only_where_it_takes_gigabytes(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", progressive=True, subsampling=0)
    content = bytearray((tmp_path / "a.jpg").read_bytes())
    at = content.index(b"\xff\xc2")
    content[at + 5 : at + 9] = struct.pack(">HH", 30_000, 30_000)
    (tmp_path / "a.jpg").write_bytes(content)
    refused(tmp_path / "a.jpg", r"allocate at least 54\d+ bytes.* above the 4000000000 .*: convert it to TIFF first$")


def test_junk_before_a_jpeg_does_no_harm_unless_it_is_cut_too(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", quality=95, subsampling=0)
    content = (tmp_path / "a.jpg").read_bytes()
    at = content.index(b"\xff\xdb")
    junk = content[:at] + b"junk" + content[at:]
    (tmp_path / "junk.jpg").write_bytes(junk)
    expected = open_source(tmp_path / "a.jpg").read(FULL).astype(int)
    assert np.abs(open_source(tmp_path / "junk.jpg").read(FULL) - expected).max() <= 2
    (tmp_path / "junk.jpg").write_bytes(junk[: len(junk) // 2])
    refused(tmp_path / "junk.jpg", r"junk\.jpg")


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    refused(tmp_path / "pipe.png", r"pipe\.png is a pipe, socket or device, not a file")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)
        server.bind("socket.png")
        refused(tmp_path / "socket.png", r"socket\.png is a pipe, socket or device")
    refused("/dev/zero", "/dev/zero is a pipe, socket or device")
    (tmp_path / "loop.png").symlink_to("loop.png")
    refused(tmp_path / "loop.png", r"loop\.png: Too many levels of symbolic links")
    refused(tmp_path / "a\0b.png", r"cannot read image: .*a\\x00b\.png")
    refused(tmp_path / ("a" * 400), "File name too long")
    (tmp_path / "empty.tif").touch()
    refused(tmp_path / "empty.tif", r"empty\.tif is empty")
    (tmp_path / "plain").mkdir()
    refused(tmp_path / "plain", r"not an image: .*plain is a folder without Zarr metadata")


@pytest.mark.parametrize(
    "name", ["two\nlines.png", "bytes \udcff.png", "NETCDF:a.png", "a.png?b#c", "s3.png", "%41.png"]
)
def test_odd_names(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(PIXELS).save(path, format="PNG")
    if "\udcff" in name:
        refused(path, "its name is not in UTF-8: rename it")
    else:
        np.testing.assert_array_equal(open_source(path).read(FULL), PIXELS)
    path.write_bytes(b"no image")
    with pytest.raises(ImageError) as caught:
        open_source(path)
    assert str(caught.value).isprintable()


def test_the_content_decides_not_the_suffix(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.tif", format="PNG")
    Image.fromarray(PIXELS).save(tmp_path / "b.jpg", format="WEBP", lossless=True)
    for name in ("a.tif", "b.jpg"):
        np.testing.assert_array_equal(open_source(tmp_path / name).read(FULL), PIXELS)


def test_a_format_that_nobody_knows_is_to_be_converted(tmp_path):
    (tmp_path / "a.kra").write_bytes(b"KRA" + bytes(100))
    refused(tmp_path / "a.kra", "not recognized as being in a supported file format: convert it to JPEG, PNG or TIFF$")


def test_contents_that_are_not_what_the_name_says(tmp_path):
    (tmp_path / "notes.JPG").write_text("no picture")
    refused(tmp_path / "notes.JPG", "not recognized .*: its contents are something else than its name says: convert it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_permissions(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    refused(tmp_path / "a.png", r"a\.png.*Permission denied")
