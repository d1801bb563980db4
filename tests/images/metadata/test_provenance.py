"""What made a result: told by every format, found again, seen by no reader of pixels; and what damage leaves of it."""

import struct
import zlib

import numpy as np
import pytest
import rasterio
from PIL import Image

from exported import export
from tilegan.errors import ResumeError
from tilegan.images.encoding import ExportOptions
from tilegan.images.finished import check_finished, is_whole, provenance_of
from tilegan.images.formats.register import kind_of
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.provenance import KEY, Provenance, by_content
from tilegan.images.readers.raster import RasterSource
from tilegan.images.stores.store import Store
from tilegan.images.writers import jpeg, png, webp

MADE = Provenance("0123456789abcdef", "fedcba9876543210", {"strength": 0.5, "stretch": "0--1", "bands": [3, 2, 1]})
FILES = ["tif", "png", "jpg", "webp", "dzi"]


@pytest.fixture
def written(tmp_path, stored, picture):
    """A function that exports a picture that tells what made it."""

    def write(ending, options=None, channels=3, origin=None, **how):
        store = stored(picture(310, 270, channels), origin or (Origin(opacity="alpha") if channels == 4 else None))
        store.made = MADE
        path = tmp_path / f"out.{ending}"
        export(store, path, options or ExportOptions(**how))
        return path

    return write


def test_text_is_one_line_that_xml_comments_allow_and_comes_back():
    assert "--" not in MADE.text()
    assert MADE.text().isascii()
    assert Provenance.from_text(MADE.text()) == MADE
    for text in ("", "{}", "[]", '{"image": 1}', '{"image": "", "model": "", "settings": 3}', "\0"):
        assert Provenance.from_text(text) is None


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Provenance("x", MADE.model, MADE.settings), "another image"),
        (Provenance(MADE.image, "x", MADE.settings), "another model"),
        (MADE.encoded(strength=0.25), "strength was 0.5, now 0.25"),
        (MADE.encoded(quality=3), "quality was None, now 3"),
        (MADE, None),
    ],
)
def test_differences_are_told(other, told):
    found = MADE.difference(other)
    assert found is None if told is None else told in found


def test_a_store_tells_what_made_it(tmp_path):
    path = tmp_path / "a.zarr"
    Store.create(path, 30, 40, shard=32, chunk=32, made=MADE)
    assert Store.open(path).made == provenance_of(path, "zarr") == MADE
    Store.create(tmp_path / "b.zarr", 30, 40, shard=32, chunk=32)
    assert Store.open(tmp_path / "b.zarr").made is None


@pytest.mark.parametrize("ending", FILES)
def test_files_tell_what_made_them_and_how_they_are_encoded(written, ending):
    told = provenance_of(written(ending), ending)
    encoding = {"tif": {"compress": "deflate"}, "png": {}}.get(ending, {"quality": 95})
    assert told == MADE.encoded(**encoding)


@pytest.mark.parametrize(("channels", "lossless"), [(3, False), (4, False), (3, True), (4, True)])
@pytest.mark.parametrize("dpi", [None, (300.0, 300.0)])
def test_a_webp_is_otherwise_as_it_was(written, tmp_path, stored, picture, channels, lossless, dpi):
    origin = Origin(opacity="alpha" if channels == 4 else None, dpi=dpi)
    path = written("webp", channels=channels, origin=origin, lossless=lossless)
    export(stored(picture(310, 270, channels), origin), tmp_path / "plain.webp", ExportOptions(lossless=lossless))
    assert provenance_of(path, "webp") is not None
    with Image.open(path) as image, Image.open(tmp_path / "plain.webp") as plain:
        assert image.mode == plain.mode
        np.testing.assert_array_equal(np.asarray(image), np.asarray(plain))
        assert image.getexif() == plain.getexif()
    with rasterio.open(path) as image, rasterio.open(tmp_path / "plain.webp") as plain:
        np.testing.assert_array_equal(image.read(), plain.read())


@pytest.mark.parametrize("ending", ["tif", "png", "jpg", "webp"])
def test_it_is_no_tag_that_a_result_would_take_over(written, ending):
    geo = RasterSource(written(ending)).origin.geo
    assert geo is None or not any(KEY in name + text for name, text in geo.tags.items())


@pytest.mark.parametrize("ending", FILES)
def test_files_without_it_tell_nothing(tmp_path, stored, picture, ending):
    path = tmp_path / f"out.{ending}"
    export(stored(picture(31, 27)), path)
    assert provenance_of(path, ending) is None
    path.write_bytes(b"")
    assert provenance_of(path, ending) is None


def test_copies_of_small_files_are_the_same_image(tmp_path):
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    for file in (first, second):
        file.write_bytes(b"pixels")
    known = {"height": 1, "instances name": "c.png"}
    same = by_content({"name": "a.png", "mtime_ns": 1, **known}, str(first))
    assert same == by_content({"name": "b.png", "mtime_ns": 2, **known}, str(second))
    assert same["instances name"] == "c.png"
    second.write_bytes(b"Pixels")
    assert same != by_content({"name": "b.png", "mtime_ns": 2, **known}, str(second))
    missing = {"name": "x", "mtime_ns": 3}
    assert by_content(missing, "s3://bucket/x") == missing


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def zeroed(path):
    content = bytearray(path.read_bytes())
    length = len(content) // 4
    content[2 * length : 3 * length] = bytes(length)
    path.write_bytes(content)


DAMAGES = [("tif", cut), ("png", cut), ("png", zeroed), ("jpg", cut), ("jpg", zeroed), ("webp", cut), ("webp", zeroed)]


@pytest.mark.parametrize(("ending", "damage"), DAMAGES)
def test_what_was_damaged_after_its_header_is_not_whole(written, ending, damage):
    path = written(ending)
    assert is_whole(path, ending)
    damage(path)
    assert not is_whole(path, ending)
    assert provenance_of(path, ending) is not None  # so that it can be told to be ours


def test_a_jpeg_without_its_last_rows_is_not_whole(written):
    """A writer that was killed between them has also written an end, or somebody else has."""
    path = written("jpg")
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"\xff\xd4")] + b"\xff\xd9")
    assert not is_whole(path, "jpg")


def test_files_are_looked_at_piece_by_piece(written, monkeypatch):
    for writer in (png, jpeg, webp):
        monkeypatch.setattr(writer, "_PIECE", 1000)
    for ending in ("png", "jpg", "webp"):
        assert is_whole(written(ending), ending)


def test_a_deep_zoom_image_without_a_tile_is_not_whole(written):
    path = written("dzi")
    assert is_whole(path, "dzi")
    (path.parent / "out_files" / "9" / "1_1.jpg").unlink()
    assert not is_whole(path, "dzi")


def test_a_store_without_a_shard_is_not_whole(stored, picture):
    store = stored(picture(310, 270))
    assert is_whole(store.path, "zarr")
    store.shard_file(0, (1, 1)).unlink()
    assert not is_whole(store.path, "zarr")


@pytest.mark.parametrize("ending", FILES)
def test_a_finished_output_is_compared(written, ending):
    path = written(ending)
    kind, made = kind_of(path), provenance_of(path, ending)
    assert check_finished(path, kind, 310, 270, made)
    assert check_finished(path, kind, 310, 270, made.encoded(strength=1.0), free=frozenset({"strength"}))
    with pytest.raises(ResumeError, match=r"is finished, and was made .* setting: strength was 0\.5, now 1\.0"):
        check_finished(path, kind, 310, 270, made.encoded(strength=1.0))


def test_an_output_that_does_not_tell_is_refused(tmp_path, picture):
    path = tmp_path / "out.png"
    Image.fromarray(picture(31, 27)).save(path)
    with pytest.raises(ResumeError, match="does not say what made it: give another name, or --overwrite"):
        check_finished(path, "png", 31, 27, MADE)
    with pytest.raises(ResumeError, match="has 31 x 27 pixels, not 30 x 20"):
        check_finished(path, "png", 30, 20, MADE)


def test_the_text_of_a_png_is_a_chunk_of_its_own(written):
    content = written("png").read_bytes()
    start = content.index(b"tEXt")
    (length,) = struct.unpack(">I", content[start - 4 : start])
    chunk = content[start : start + 4 + length]
    assert chunk == b"tEXt" + KEY.encode() + b"\0" + MADE.text().encode()
    assert struct.unpack(">I", content[start + 4 + length :][:4]) == (zlib.crc32(chunk),)
