"""Maps that are placed by their georeference."""

from contextlib import closing

import numpy as np
import pytest
import rasterio
from affine import Affine

from tilegan.errors import ImageError
from tilegan.images.opening import open_source
from tilegan.inference.controls.maps import Maps
from tilegan.pipelines import plan_stylize, stylize

SHAPE = (60, 70)
NORTH_WEST = 500_000, 4_000_000


def written(path, values, pixel, column=0, row=0, crs="EPSG:32633"):
    """A TIFF whose corner lies at a column and a row of the photograph, with pixels of so many meters."""
    bands = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    place = Affine(pixel, 0, NORTH_WEST[0] + 10 * column, 0, -pixel, NORTH_WEST[1] - 10 * row)
    how = {"count": len(bands), "height": bands.shape[1], "width": bands.shape[2], "dtype": "uint8", "crs": crs}
    with rasterio.open(path, "w", transform=place, **how) as file:
        file.write(bands)
    return path


@pytest.fixture
def photo(tmp_path):
    """An image of pixels of 10 m."""
    pixels = np.random.default_rng(3).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    return written(tmp_path / "photo.tif", pixels, 10)


def read(path):
    with rasterio.open(path) as file:
        return file.read().transpose(1, 2, 0)


def test_outside_of_a_map_is_the_default(photo, styled_translator, tmp_path):
    how, dark = {"stroke": 1, "feather": 0, "window": 32, "shard": 32}, {"style": {"dark": 1}}
    for style in ("dark", "light"):
        stylize(photo, tmp_path / f"{style}.tif", styled_translator, style={style: 1}, **how)
    plain, light, source = (read(tmp_path / f"{name}.tif") for name in ("dark", "light", "photo"))
    inside = np.zeros(SHAPE, bool)
    inside[20:40, 10:50] = True  # 10 x 20 pixels of 20 m
    for name, value, expected in (("strength", 0, source), ("protect", 255, source), ("style", 1, light)):
        file = written(tmp_path / f"{name}.tif", np.full((10, 20), value, np.uint8), 20, 10, 20)
        result = stylize(photo, tmp_path / f"{name}_out.tif", styled_translator, **(dark | {name: file}), **how)
        made = read(result.output)
        assert (made[inside] == expected[inside]).all()
        assert (made[~inside] == plain[~inside]).all()
        assert f"map of {name}: placed on the image by its georeference, on a part of it" in result.notes
    assert "map of style: 1 light; outside dark" in result.notes


def test_only_numbers_in_the_image_count(photo, styled_translator, tmp_path):
    numbers = np.full((20, 20), 200, np.uint8)  # of which 7 x 8 pixels of 100 m lie in the image
    numbers[5:12, 3:11] = 1
    file = written(tmp_path / "styles.tif", numbers, 100, -30, -50)
    plan = plan_stylize(photo, None, styled_translator, style=file)
    assert "map of style: 1 light" in plan.notes
    assert "map of style: placed on the image by its georeference" in plan.notes


def test_a_map_that_was_moved_is_another_map(photo, tmp_path):
    file, places = written(tmp_path / "mask.tif", np.zeros((30, 30), np.uint8), 10, 5, 5), []
    for _ in range(2):
        with closing(open_source(photo)) as image, closing(Maps.open({"protect": str(file)}, image)) as maps:
            places.append(maps.identities()["protect"]["place"])
        with rasterio.open(file, "r+") as opened:
            opened.transform = opened.transform @ Affine.translation(1, 0)
    assert places[0] != places[1]


def test_maps_elsewhere_are_refused(photo, random_translator, tmp_path):
    mask = np.zeros((30, 30), np.uint8)
    cases = {
        "far.tif lies outside of the image, by the georeferences of both": {"column": 100},
        "other.tif is in EPSG:32634, and the image in EPSG:32633: warp it": {"crs": "EPSG:32634"},
    }
    for message, how in cases.items():
        file = written(tmp_path / message.split()[0], mask, 10, **how)
        with pytest.raises(ImageError, match=message) as error:
            plan_stylize(photo, None, random_translator, protect=file)
        assert "\n" not in str(error.value)
