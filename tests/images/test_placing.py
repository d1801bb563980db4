"""Rasters placed on an image by the georeferences of both: against positions computed by hand, and in windows."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.fitted import Fitted
from tilegan.images.metadata.origin import Geo
from tilegan.images.numbers import NumberRaster
from tilegan.images.placing import placed_axes

UTM, OTHER = "EPSG:32633", "EPSG:32634"
IMAGE = Geo(6, 8, rasterio.crs.CRS.from_string(UTM), Affine(10, 0, 500_000, 0, -10, 4_000_000))  # pixels of 10 m
NUMBERS = np.arange(1, 7, dtype=np.uint8).reshape(2, 3)


def placed(tmp_path, transform, crs=UTM, smooth=False, image=IMAGE, numbers=NUMBERS):
    """Numbers on the image, by a file with a transform."""
    path = tmp_path / "map.tif"
    with rasterio.open(path, "w", width=3, height=2, count=1, dtype="uint8", crs=crs, transform=transform) as file:
        file.write(numbers, 1)
    raster = NumberRaster(path, "a map")
    axes = placed_axes(raster.file, 6, 8, image)
    values = Fitted(raster.numbers, (2, 3), 6, 8, smooth=smooth, axes=axes, outside=9)
    return values, values.read(Window(0, 0, 6, 8)).tolist()


def test_cells_lie_where_they_are_on_the_ground(tmp_path):
    found, values = placed(tmp_path, Affine(20, 0, 500_020, 0, -20, 3_999_990))  # from row 1 and column 2 on
    assert values == [
        [9] * 8,
        *[[9, 9, 1, 1, 2, 2, 3, 3]] * 2,
        *[[9, 9, 4, 4, 5, 5, 6, 6]] * 2,
        [9] * 8,
    ]
    assert found.part == Window(0, 0, 2, 3)
    assert not found.covers_all
    assert found.pixels(2) == 4


def test_the_part_beside_the_image_is_not_read(tmp_path):
    found, values = placed(tmp_path, Affine(20, 0, 499_960, 0, -60, 4_000_000))
    assert values == [[3, 3, *[9] * 6]] * 6
    assert found.part == Window(0, 2, 1, 1)
    assert placed(tmp_path, Affine(20, 0, 600_000, 0, -20, 4_000_000))[0].part is None


def test_rows_may_count_upwards_and_values_are_interpolated(tmp_path):
    found, values = placed(tmp_path, Affine(40, 0, 500_000, 0, 30, 3_999_940))  # the first row lies below
    assert values == [[4, 4, 4, 4, 5, 5, 5, 5]] * 3 + [[1, 1, 1, 1, 2, 2, 2, 2]] * 3
    assert found.covers_all
    row = placed(tmp_path, Affine(40, 0, 500_000, 0, -60, 4_000_000), smooth=True, numbers=40 * NUMBERS)[1][0]
    assert row == [40, 40, 45, 55, 65, 75, 85, 95]  # centers of cells at 20 m and 60 m


@pytest.mark.parametrize("smooth", [False, True])
def test_a_window_is_a_part_of_the_whole(tmp_path, smooth):
    found, whole = placed(tmp_path, Affine(17, 0, 500_011, 0, -13, 3_999_987), smooth=smooth)
    for top in range(6):
        for left in range(8):
            window = Window(top, left, min(2, 6 - top), min(3, 8 - left))
            assert (found.read(window) == window.of(np.array(whole))).all()


def test_without_both_georeferences_it_is_not_placed(tmp_path):
    transform = Affine(40, 0, 500_000, 0, -30, 4_000_000)
    assert placed(tmp_path, transform)[0].axes is not None
    assert placed(tmp_path, transform, crs=None)[0].axes is not None
    assert placed(tmp_path, transform, image=None)[0].axes is None
    assert placed(tmp_path, transform, image=Geo(6, 8, IMAGE.crs))[0].axes is None


def test_what_cannot_be_placed_is_told_in_a_line(tmp_path):
    transform = Affine(20, 0, 500_000, 0, -20, 4_000_000)
    with pytest.raises(ImageError, match=r"^\S*map.tif is in EPSG:32634, and the image in EPSG:32633: warp it to that"):
        placed(tmp_path, transform, crs=OTHER)
    with pytest.raises(ImageError, match=r"^\S*map.tif is turned or sheared against the image: warp it to its grid"):
        placed(tmp_path, transform @ Affine.rotation(10))
