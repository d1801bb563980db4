"""Windows of images that lie on their side, against the whole image turned by hand."""

import numpy as np
import pytest
import rasterio
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.images.pixels.orientation import Turn
from tilegan.images.readers import raster

PIXELS = np.random.default_rng(3).integers(0, 256, (37, 53, 3), dtype=np.uint8)
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


@given(st.sampled_from(range(1, 9)), st.data())
def test_any_window(orientation, data):
    expected = UPRIGHT[orientation](PIXELS)
    height, width = expected.shape[:2]
    turn = Turn(orientation, 37, 53)
    np.testing.assert_array_equal(turn.as_stored(expected), PIXELS)
    assert turn.shape(37, 53) == (height, width)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    window = Window(top, left, data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left)))
    stored = turn.stored(window)
    part = turn.upright(PIXELS[stored.top : stored.bottom, stored.left : stored.right])
    np.testing.assert_array_equal(part, expected[window.top : window.bottom, window.left : window.right])


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["png", "tif", "webp", "jpg"])
def test_files_are_read_upright(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"tif": {"compression": "tiff_deflate"}, "webp": {"lossless": True}, "jpg": {"quality": 95}}.get(kind, {})
    Image.fromarray(PIXELS).save(tmp_path / f"a.{kind}", exif=exif, dpi=(100, 200), **options)
    Image.fromarray(PIXELS).save(tmp_path / f"plain.{kind}", **options)
    stored = open_source(tmp_path / f"plain.{kind}").read(Window(0, 0, 37, 53))
    expected = UPRIGHT[orientation](stored)
    source = open_source(tmp_path / f"a.{kind}")
    assert (source.height, source.width) == expected.shape[:2]
    np.testing.assert_array_equal(source.read(Window(5, 7, 30, 29)), expected[5:35, 7:36])
    np.testing.assert_array_equal(source.thumbnail(1000), expected)
    if kind != "webp":
        wanted = (200, 100) if orientation > 4 else (100, 200)
        assert source.origin.dpi == pytest.approx(wanted, abs=0.1)


def test_files_too_large_to_hold_are_turned_window_by_window(tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)
    source = open_source(tmp_path / "a.png")
    assert (source.held, source.sequential, source.block) == (True, False, (53, 37))
    monkeypatch.setattr(raster, "LARGEST_HELD", 1000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # far too large for Pillow, too
    source = open_source(tmp_path / "a.png")
    assert (source.held, source.sequential, source.block) == (False, True, (53, 1))
    np.testing.assert_array_equal(source.read(Window(3, 4, 40, 20)), np.rot90(PIXELS, -1)[3:43, 4:24])


def test_opacity_turns_too(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 8
    rgba = np.dstack([PIXELS, PIXELS[..., 0]])
    Image.fromarray(rgba).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(
        open_source(tmp_path / "a.png").read_mask(Window(2, 3, 40, 30)), np.rot90(PIXELS[..., 0])[2:42, 3:33]
    )


def test_a_file_that_is_placed_on_a_map_stays_as_it_is_stored(tmp_path):
    tag = (274, "H", 1, 6, True)
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, extratags=[tag], photometric="rgb")
    assert open_source(tmp_path / "a.tif").height == 53
    with rasterio.open(tmp_path / "a.tif", "r+") as dataset:
        dataset.crs, dataset.transform = "EPSG:3857", rasterio.Affine(2, 0, 50, 0, -2, 70)
    source = open_source(tmp_path / "a.tif")
    np.testing.assert_array_equal(source.read(Window(0, 0, 37, 53)), PIXELS)
    assert source.origin.geo.transform == rasterio.Affine(2, 0, 50, 0, -2, 70)
