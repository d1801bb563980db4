"""What a photograph tells beside pixels, through stylize and convert."""

import json
import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from tilegan.errors import ResumeError
from tilegan.images.encoding import ExportOptions
from tilegan.pipelines import convert, stylize

STRIP = ExportOptions(strip=True)


@pytest.fixture
def photograph(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Maker"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2021:05:06 07:08:09"
    pixels = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.jpg", exif=exif, comment="a secret")
    return tmp_path / "in.jpg"


def told(path):
    """Maker, orientation and size in the EXIF of an image."""
    with Image.open(path) as image:
        exif = image.getexif()
        photo = exif.get_ifd(ExifTags.IFD.Exif)
        size = photo.get(ExifTags.Base.ExifImageWidth), photo.get(ExifTags.Base.ExifImageHeight)
        return exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Orientation), size


def test_a_part_tells_its_own_size(tmp_path, photograph, random_translator):
    stylize(photograph, tmp_path / "out.jpg", random_translator, region=(4, 8, 32, 24))
    assert told(tmp_path / "out.jpg") == ("Maker", 1, (32, 24))


def test_a_store_keeps_it_for_convert(tmp_path, photograph, random_translator):
    stylize(photograph, tmp_path / "out.zarr", random_translator)
    convert(tmp_path / "out.zarr", tmp_path / "out.png")
    assert told(tmp_path / "out.png") == ("Maker", 1, (40, 60))
    convert(tmp_path / "out.zarr", tmp_path / "part.zarr", region=(0, 0, 10, 20))
    convert(tmp_path / "part.zarr", tmp_path / "part.jpg")
    assert told(tmp_path / "part.jpg") == ("Maker", 1, (10, 20))


@pytest.mark.parametrize("ending", ["jpg", "tif", "zarr"])
def test_strip_writes_nothing_of_it(tmp_path, photograph, random_translator, ending):
    stylize(photograph, tmp_path / "out.zarr", random_translator)
    (tmp_path / "a").mkdir()
    stylize(photograph, tmp_path / "a" / f"out.{ending}", random_translator, options=STRIP)
    convert(tmp_path / "out.zarr", tmp_path / "a" / f"again.{ending}", options=STRIP)
    for file in (tmp_path / "a").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not any(word in content for word in (b"Maker", b"2021:05", b"secret", b"Exif"))
    if ending == "zarr":
        attributes = json.loads((tmp_path / "a" / "again.zarr" / "zarr.json").read_text())["attributes"]
        assert attributes["tilegan"]["origin"]["metadata"] == {"exif": "", "iptc": "", "xmp": "", "lost": []}


def test_work_that_was_begun_without_is_not_resumed_with_strip(
    tmp_path, photograph, random_translator, monkeypatch, failing_disk
):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        failing_disk(patch, 2, KeyboardInterrupt())
        stylize(photograph, tmp_path / "out.zarr", random_translator, window=16, shard=16)
    with pytest.raises(ResumeError, match="stripped"):
        stylize(photograph, tmp_path / "out.zarr", random_translator, resume=True, options=STRIP)


def test_wide_colors_are_kept_through_the_network(tmp_path, random_translator):
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {b"rXYZ": (33756, 15807, -72), b"gXYZ": (19130, 45364, 2746), b"bXYZ": (10302, 4365, 51387)}  # of P3
    for number in range(int.from_bytes(profile[128:132], "big")):
        name, place, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in columns:
            struct.pack_into(">3i", profile, place + 8, *columns[name])
    pixels = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png", icc_profile=bytes(profile))
    options = ExportOptions(profile="keep")
    stylize(tmp_path / "in.png", tmp_path / "out.png", random_translator, strength=0, options=options)
    with Image.open(tmp_path / "out.png") as image:
        assert np.abs(np.asarray(image).astype(int) - pixels).mean() < 0.5
        assert image.info["icc_profile"] == bytes(profile)


def test_what_is_left_out_is_a_note(tmp_path, photograph, random_translator):
    with Image.open(photograph) as image:
        exif = image.getexif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = b"lens"
        image.save(tmp_path / "in.webp", exif=exif)
    result = stylize(tmp_path / "in.webp", tmp_path / "out.png", random_translator)
    assert "left out of its metadata: the maker's note: not true of the result" in result.notes
    assert stylize(tmp_path / "in.webp", tmp_path / "b.png", random_translator, options=STRIP).notes == ()
