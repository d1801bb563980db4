"""What Pillow's reader is for: orientation, colour models, formats that GDAL lacks, and its limit."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.header import read_header
from tilegan.images.pillow import PillowSource
from tilegan.images.source import open_source

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)
# What a viewer has to do with the stored pixels, by EXIF's definition of each orientation.
UPRIGHT = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: np.rot90(pixels, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["png", "tif"])
def test_orientation_is_applied(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / f"a.{kind}"
    Image.fromarray(PIXELS).save(path, exif=exif)
    expected = UPRIGHT[orientation](PIXELS)
    source = open_source(path)
    assert (source.height, source.width) == expected.shape[:2]
    np.testing.assert_array_equal(source.read(Window(0, 0, source.height, source.width)), expected)


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_colour_models_become_rgb(tmp_path, mode):
    flat = np.zeros((16, 16, 4 if mode == "CMYK" else 3), np.uint8)
    flat[...] = (0, 255, 255, 0) if mode == "CMYK" else (136, 80, 67)  # both red; Lab (53, 80, 67)
    Image.fromarray(flat, mode=mode).save(tmp_path / "a.tif")
    source = open_source(tmp_path / "a.tif")
    assert isinstance(source, PillowSource)
    assert np.abs(source.read(Window(3, 3, 1, 1))[0, 0].astype(int) - (255, 0, 0)).max() <= 12


def test_transparency_is_the_mask(tmp_path):
    alpha = np.zeros((20, 30, 1), np.uint8)
    alpha[4:9] = 3
    Image.fromarray(np.concatenate([PIXELS, alpha], axis=2)).save(tmp_path / "a.webp", lossless=True, exact=True)
    source = open_source(tmp_path / "a.webp")
    assert source.bands == 4
    np.testing.assert_array_equal(source.read(Window(1, 2, 10, 10)), PIXELS[1:11, 2:12])
    np.testing.assert_array_equal(source.read_mask(Window(1, 2, 10, 1))[:, 0], [0, 0, 0, *[255] * 5, 0, 0])


@pytest.mark.parametrize("kind", ["gif", "webp", "avif"])
def test_formats_are_read(tmp_path, kind):
    flat = np.zeros((20, 30, 3), np.uint8)
    flat[:, 15:] = (250, 120, 5)
    Image.fromarray(flat).save(tmp_path / f"a.{kind}", **({} if kind == "gif" else {"quality": 100}))
    source = open_source(tmp_path / f"a.{kind}")
    assert isinstance(source, PillowSource)
    assert np.abs(source.read(Window(2, 20, 5, 5)).astype(int) - (250, 120, 5)).max() <= 6


def test_a_decompression_bomb_is_refused_and_says_why(tmp_path, monkeypatch):
    Image.fromarray(PIXELS).save(tmp_path / "a.webp")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(PIXELS).save(tmp_path / "turned.jpg", exif=exif)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageError, match=r"too large to be read whole: .*a\.webp: .*decompression bomb"):
        PillowSource(tmp_path / "a.webp")
    with pytest.raises(ImageError, match=r"too large to be turned upright: .*turned\.jpg"):
        open_source(tmp_path / "turned.jpg")


def test_large_images_that_gdal_reads_are_no_bombs(tmp_path, monkeypatch):
    Image.fromarray(PIXELS).save(tmp_path / "a.tif")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert not read_header(tmp_path / "a.tif").for_pillow
    np.testing.assert_array_equal(open_source(tmp_path / "a.tif").read(Window(0, 0, 20, 30)), PIXELS)
