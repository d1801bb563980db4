"""What Pillow's reader is for: formats that GDAL lacks or reads wrongly."""

import numpy as np
import pytest
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers.header import read_header
from tilegan.images.readers.pillow import PillowSource

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_transparency_is_the_mask(tmp_path):
    alpha = np.zeros((20, 30, 1), np.uint8)
    alpha[4:9] = 3
    Image.fromarray(np.concatenate([PIXELS, alpha], axis=2)).save(tmp_path / "a.webp", lossless=True, exact=True)
    source = open_source(tmp_path / "a.webp")
    assert (source.bands, source.origin.opacity) == (4, "alpha")
    np.testing.assert_array_equal(source.read(Window(1, 2, 10, 10)), PIXELS[1:11, 2:12])
    np.testing.assert_array_equal(source.read_mask(Window(1, 2, 10, 1))[:, 0], [0, 0, 0, *[3] * 5, 0, 0])


def test_wide_types_are_stretched_and_keep_their_depth(tmp_path):
    values = np.arange(600, dtype=np.float32).reshape(20, 30)
    Image.fromarray(values).save(tmp_path / "a.tif")
    source = PillowSource(tmp_path / "a.tif", Reading(depth="keep", stretch="minmax"))
    assert (source.levels, source.origin.low, source.origin.high) == (np.uint16, 0, 599)
    np.testing.assert_array_equal(source.read(Window(0, 0, 20, 30))[..., 2], np.round(values * (65535 / 599)))


@pytest.mark.parametrize("kind", ["gif", "webp", "avif"])
def test_formats_are_read(tmp_path, kind):
    flat = np.zeros((20, 30, 3), np.uint8)
    flat[:, 15:] = (250, 120, 5)
    Image.fromarray(flat).save(tmp_path / f"a.{kind}", **({} if kind == "gif" else {"quality": 100}))
    source = open_source(tmp_path / f"a.{kind}")
    assert isinstance(source, PillowSource)
    assert np.abs(source.read(Window(2, 20, 5, 5)).astype(int) - (250, 120, 5)).max() <= 6


def test_large_images_that_gdal_reads_are_no_bombs(tmp_path, monkeypatch):
    Image.fromarray(PIXELS).save(tmp_path / "a.tif")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert not read_header(tmp_path / "a.tif").for_pillow
    np.testing.assert_array_equal(open_source(tmp_path / "a.tif").read(Window(0, 0, 20, 30)), PIXELS)
