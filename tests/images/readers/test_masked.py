"""Thumbnails do not show what is hidden."""

from contextlib import closing

import numpy as np
import pytest
import rasterio
from PIL import Image

from tilegan.images.opening import open_source
from tilegan.images.readers import masked
from tilegan.images.readers.masked import filled_thumbnail

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def cutout(path, hidden):
    """An image of gray 200, whose right half is black and hidden by alpha, a key, nodata or a mask."""
    pixels = np.full((3, 90, 120), 200, np.uint8)
    pixels[:, :, 60:] = 0
    shown = np.full((90, 120), 255, np.uint8)
    shown[:, 60:] = 0
    if hidden == "alpha":
        Image.fromarray(np.dstack([*pixels, shown])).save(path.with_suffix(".png"))
        return path.with_suffix(".png")
    if hidden == "alpha of webp":
        Image.fromarray(np.dstack([*pixels, shown])).save(path.with_suffix(".webp"), lossless=True, exact=True)
        return path.with_suffix(".webp")
    if hidden == "key":
        Image.fromarray(pixels[0]).save(path.with_suffix(".png"), transparency=0)
        return path.with_suffix(".png")
    options = {"driver": "GTiff", "count": 3, "height": 90, "width": 120, "dtype": "uint8"}
    nodata = 0 if hidden == "nodata" else None
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", nodata=nodata, photometric="RGB", **options) as dataset,
    ):
        dataset.write(pixels)
        if hidden == "mask":
            dataset.write_mask(shown)
    return path


@pytest.mark.parametrize("hidden", ["alpha", "alpha of webp", "key", "nodata", "mask"])
@pytest.mark.parametrize("pixels", [1, 1000, 2**24])
@pytest.mark.parametrize("side", [500, 120, 50, 7, 1])
def test_what_is_hidden_is_filled(tmp_path, monkeypatch, hidden, pixels, side):
    monkeypatch.setattr(masked, "_PIXELS", pixels)
    with closing(open_source(cutout(tmp_path / "a.tif", hidden))) as source:
        thumbnail, valid = filled_thumbnail(source, side)
    assert valid is not None
    assert valid.shape == thumbnail.shape[:2]
    if side > 1:
        assert (thumbnail == 200).all()
        assert valid.any(axis=0).tolist() == [column + 1 <= valid.shape[1] / 2 for column in range(valid.shape[1])]


def test_beyond_the_reach_there_is_gray(tmp_path):
    with closing(open_source(cutout(tmp_path / "a.tif", "alpha"))) as source:
        thumbnail, _ = filled_thumbnail(source, 120, reach=10)
    assert (thumbnail[:, :70] == 200).all()
    assert (thumbnail[:, 70:] == 128).all()


def test_an_image_that_shows_everything_is_left_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 4), np.uint8)
    pixels[..., 3] = 255 - (pixels[..., 3] & 1)  # nearly opaque is not hidden
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with closing(open_source(tmp_path / "a.png")) as source:
        thumbnail, valid = filled_thumbnail(source, 50)
        assert valid is None
        np.testing.assert_array_equal(thumbnail, source.thumbnail(50))


@pytest.mark.parametrize("pixels", [1, 700, 2**24])
@pytest.mark.parametrize("side", [101, 40, 7])
def test_it_is_looked_at_in_parts_of_whole_blocks(tmp_path, monkeypatch, pixels, side):
    """Against the whole of the mask, reduced pixel by pixel."""
    monkeypatch.setattr(masked, "_PIXELS", pixels)
    shown = np.where(np.random.default_rng(0).random((83, 101)) < 0.002, 0, 255).astype(np.uint8)
    path = tmp_path / "a.tif"
    options = {"driver": "GTiff", "count": 4, "height": 83, "width": 101, "dtype": "uint8", "photometric": "RGB"}
    with rasterio.open(path, "w", tiled=True, blockxsize=32, blockysize=16, alpha="YES", **options) as dataset:
        dataset.write(np.stack([shown, shown, shown, shown]))
    with closing(open_source(path)) as source:
        read, seen = source.read_mask, []
        monkeypatch.setattr(source, "read_mask", lambda window: (seen.append(window), read(window))[1])
        _, valid = filled_thumbnail(source, side)
    height, width = valid.shape
    tops, lefts = np.arange(height + 1) * 83 // height, np.arange(width + 1) * 101 // width
    for row, column in np.ndindex(height, width):
        cell = shown[tops[row] : tops[row + 1], lefts[column] : lefts[column + 1]]
        assert valid[row, column] == cell.all()
    assert max(part.height * part.width for part in seen) <= max(pixels, 16 * 32)
    assert sum(part.height * part.width for part in seen) == 83 * 101
    assert all(part.top % 16 == 0 and part.left % 32 == 0 for part in seen)
