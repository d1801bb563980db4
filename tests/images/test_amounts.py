"""Gray images as amounts, whatever their depth, bands and colors."""

import numpy as np
import pytest
import rasterio
from PIL import Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.amounts import ALL, AmountRaster, amounts_of


def read(path):
    raster = AmountRaster(path)
    try:
        return raster.amounts(Window(0, 0, raster.height, raster.width))
    finally:
        raster.close()


def drawn():
    levels = np.zeros((4, 6), np.uint8)
    levels[1:, 2:], levels[3, 3] = 255, 128
    return levels


def test_levels_of_8_and_16_bits():
    assert amounts_of(np.array([[0, 1, 128, 255]], np.uint8)).tolist() == [[0, 257, 32896, ALL]]
    assert amounts_of(np.array([[0, 1, ALL]], np.uint16)).tolist() == [[0, 1, ALL]]
    half = amounts_of(np.array([[255, 255, 255]], np.uint8), np.array([[0, 128, 255]], np.uint8))
    assert half.tolist() == [[0, 32896, ALL]]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_black_is_none_and_white_all_in_any_gray_image(tmp_path, mode, ending):
    levels, path = drawn(), tmp_path / f"map.{ending}"
    if mode == "I;16":
        Image.fromarray(levels.astype(np.uint16) * 257).save(path)
    else:
        image = Image.fromarray(levels)
        image = image.point(lambda level: 255 if level > 200 else 0) if mode == "1" else image
        image.convert(mode).save(path)
    if mode == "1":
        levels = np.where(levels > 200, 255, 0).astype(np.uint8)
    assert (read(path) == levels.astype(np.uint16) * 257).all()


def test_what_is_transparent_is_black(tmp_path):
    levels = np.stack([np.full((4, 6), 255, np.uint8), drawn()], -1)
    Image.fromarray(levels, "LA").save(tmp_path / "map.png")
    assert (read(tmp_path / "map.png") == drawn().astype(np.uint16) * 257).all()


def test_floats_go_from_0_to_1(tmp_path):
    profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 1, "dtype": "float32"}
    with rasterio.open(tmp_path / "map.tif", "w", **profile) as file:
        file.write(np.array([[[0, 0.5], [1, 2]]], np.float32))
    assert read(tmp_path / "map.tif").tolist() == [[0, 32768], [ALL, ALL]]


def test_colors_are_refused_where_they_are_read(tmp_path):
    pixels = np.zeros((600, 6, 3), np.uint8)
    pixels[599, 5] = 1, 2, 1
    Image.fromarray(pixels).save(tmp_path / "map.png")
    raster = AmountRaster(tmp_path / "map.png")
    assert not raster.amounts(Window(0, 0, 599, 6)).any()
    with pytest.raises(ImageError, match=r"map.png has colors, and amounts are gray: save it as a gray image"):
        list(raster.strips())
    raster.close()
