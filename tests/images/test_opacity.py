"""Which pixels mean something, by every way that files have to say so; and what else is told of an image."""

import json

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC

from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Origin, Reading
from tilegan.images.opening import open_source

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
RANDOM = np.random.default_rng(8)
VALUES = RANDOM.integers(0, 256, (4, 24, 30), dtype=np.uint8)
FULL = Window(0, 0, 24, 30)
KEEP = Reading(depth="keep", stretch="dtype")


def write(path, values, mask=None, colors=None, **profile):
    count, height, width = values.shape
    shape = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": values.dtype}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **shape, **profile) as dataset:
        dataset.write(values)
        if mask is not None:
            dataset.write_mask(mask)
        if colors:
            dataset.colorinterp = colors
    return path


def test_alpha_of_eight_bits_comes_through_unchanged(tmp_path):
    path = write(tmp_path / "a.tif", VALUES, photometric="rgb", alpha="yes")
    for reading in (Reading(), KEEP):
        source = open_source(path, reading)
        assert source.origin.opacity == "alpha"
        np.testing.assert_array_equal(source.read_mask(FULL), VALUES[3])


def test_alpha_of_sixteen_bits(tmp_path):
    values = RANDOM.integers(0, 65536, (4, 24, 30), dtype=np.uint16)
    path = write(tmp_path / "a.tif", values, photometric="rgb", alpha="yes")
    source = open_source(path, KEEP)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(values[:3], 0, -1))
    np.testing.assert_array_equal(source.read_mask(FULL), values[3])
    eight = open_source(path).read_mask(FULL)
    assert eight.dtype == np.uint8
    np.testing.assert_array_equal(eight, np.maximum(np.round(values[3] / 257), values[3] > 0))


@pytest.mark.parametrize(("rule", "edges"), [(None, (8011, 10988)), ("minmax", (8000, 11000))])
def test_what_is_transparent_does_not_count_in_the_stretch(tmp_path, rule, edges):
    values = np.linspace(8000, 11000, 24 * 15).round().astype(np.uint16).reshape(24, 15)
    gray = np.hstack([np.zeros_like(values), values])
    alpha = np.where(gray > 0, 1, 0).astype(np.uint16)  # hardly opaque, but something
    source = open_source(write(tmp_path / "a.tif", np.stack([gray, alpha]), alpha="yes"), Reading(stretch=rule))
    assert (source.origin.low, source.origin.high) == pytest.approx(edges, abs=10)
    Image.fromarray(gray).save(tmp_path / "a.png", transparency=0)
    source = open_source(tmp_path / "a.png", Reading(stretch=rule or "percentile"))
    assert (source.origin.low, source.origin.high) == pytest.approx(edges, abs=10)


def test_colors_that_opacity_was_multiplied_into_are_restored(tmp_path):
    alpha = np.full((24, 30), 128, np.uint8)
    colors = np.moveaxis(VALUES[:3], 0, -1)
    mixed = np.round(colors * (128 / 255)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([mixed, alpha]), photometric="rgb", extrasamples=[1])
    source = open_source(tmp_path / "a.tif")
    assert np.abs(source.read(FULL).astype(int) - colors).max() <= 1
    np.testing.assert_array_equal(source.read_mask(FULL), alpha)
    assert abs(source.thumbnail(8).mean() - colors.mean()) < 3


def test_a_mask_inside_the_file(tmp_path):
    mask = np.where(VALUES[0] > 90, 255, 0).astype(np.uint8)
    source = open_source(write(tmp_path / "a.tif", VALUES[:3], mask, photometric="rgb"))
    assert source.origin.opacity == "mask"
    np.testing.assert_array_equal(source.read_mask(FULL), mask)
    np.testing.assert_array_equal(source.read_mask(Window(3, 4, 9, 11)), mask[3:12, 4:15])


@pytest.mark.parametrize("nodata", [7.0, np.nan])
def test_nodata(tmp_path, nodata):
    values = VALUES[:1].astype(np.float32)
    values[0, 5:9] = nodata
    source = open_source(write(tmp_path / "a.tif", values, nodata=nodata), Reading(depth="keep"))
    expected = np.where((values[0] == 7) if nodata == 7 else np.isnan(values[0]), 0, 65535)
    np.testing.assert_array_equal(source.read_mask(FULL), expected)
    assert source.origin.opacity == "nodata"
    np.testing.assert_equal(source.origin.geo.nodata, nodata)
    again = Origin.from_json(json.loads(json.dumps(source.origin.to_json())))
    np.testing.assert_equal(again.geo.nodata, nodata)


@pytest.mark.parametrize(
    ("mode", "key"),
    [("1", 1), ("L", 77), ("I;16", 900), ("RGB", (1, 2, 3)), ("P", 5)],
    ids=["1", "L", "16", "RGB", "P"],
)
def test_a_transparent_color_of_a_png(tmp_path, mode, key):
    gray = VALUES[0].copy()
    if mode == "RGB":
        pixels = np.moveaxis(VALUES[:3], 0, -1).copy()
        pixels[4:8, 3:20] = key
        clear = (pixels == key).all(axis=2)
        image, option = Image.fromarray(pixels), key
    elif mode == "I;16":
        values = gray.astype(np.uint16) * 9
        values[4:8] = key
        clear = values == key
        image, option = Image.fromarray(values), key
    elif mode == "1":
        clear = gray > 127
        image, option = Image.fromarray(clear), 255
    else:
        gray[4:8] = key
        clear = gray == key
        image, option = Image.fromarray(gray), key
        if mode == "P":
            image = Image.frombytes("P", (30, 24), gray.tobytes())
            image.putpalette(list(range(256)) * 3)
    image.save(tmp_path / "a.png", transparency=option)
    source = open_source(tmp_path / "a.png")
    assert source.origin.opacity == "alpha"
    assert source.origin.geo is None  # no nodata, for a result has other colors
    np.testing.assert_array_equal(source.read_mask(FULL), np.where(clear, 0, 255))


def test_half_transparent_colors_of_a_palette(tmp_path):
    image = Image.frombytes("P", (30, 24), (VALUES[0] % 4).tobytes())
    image.putpalette([1, 2, 3, 200, 0, 9, 0, 77, 0, 255, 255, 255])
    image.save(tmp_path / "a.png", transparency=bytes([255, 0, 128, 3]))
    mask = open_source(tmp_path / "a.png").read_mask(FULL)
    np.testing.assert_array_equal(mask, np.array([255, 0, 128, 3])[VALUES[0] % 4])


def test_a_palette_with_nodata_tells_of_nodata(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=24, width=30, dtype="uint8", nodata=2) as dataset:
        dataset.write(VALUES[:1] % 4)
        dataset.write_colormap(1, {index: (9 * index, 5, 0, 255) for index in range(4)})
    source = open_source(path)
    assert source.origin.opacity == "nodata"
    np.testing.assert_array_equal(source.read_mask(FULL), np.where(VALUES[0] % 4 == 2, 0, 255))


def test_bands_can_be_chosen(tmp_path):
    path = write(tmp_path / "a.tif", VALUES, photometric="minisblack")
    np.testing.assert_array_equal(
        open_source(path, Reading(bands=(4, 3, 2))).read(FULL), np.moveaxis(VALUES[[3, 2, 1]], 0, -1)
    )
    np.testing.assert_array_equal(open_source(path, Reading(bands=(2,))).read(FULL)[..., 0], VALUES[1])
    with pytest.raises(SettingError, match=r"no bands 5,1,1 in .*a\.tif: it has bands 1 to 4"):
        open_source(path, Reading(bands=(5, 1, 1)))


@pytest.mark.parametrize(
    "reading", [Reading(bands=(1, 2)), Reading(bands=(0,)), Reading(depth="16"), Reading(plane={"t": -1})]
)
def test_readings_that_make_no_sense(tmp_path, reading):
    with pytest.raises(SettingError):
        open_source(write(tmp_path / "a.tif", VALUES), reading)


def test_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in VALUES[:3]:
            file.write(page, photometric="minisblack")
    for page in range(3):
        source = open_source(tmp_path / "a.tif", Reading(plane={"page": page}))
        np.testing.assert_array_equal(source.read(FULL)[..., 0], VALUES[page])
        assert source.remarks == (f"one of several planes is read: page {page} of 0 to 2",)
    np.testing.assert_array_equal(open_source(tmp_path / "a.tif").read(FULL)[..., 0], VALUES[0])
    with pytest.raises(SettingError, match=r"no plane page=3 in .*a\.tif: page goes from 0 to 2"):
        open_source(tmp_path / "a.tif", Reading(plane={"page": 3}))
    frames = [Image.fromarray(page) for page in VALUES[:3]]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(
        open_source(tmp_path / "a.gif", Reading(plane={"page": 2})).read(FULL)[..., 0], VALUES[2]
    )


def test_what_else_is_told_comes_along_without_a_place(tmp_path):
    path = write(tmp_path / "a.tif", VALUES[:3], photometric="rgb")
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(
            TIFFTAG_XRESOLUTION="118.11", TIFFTAG_YRESOLUTION="59.055", TIFFTAG_RESOLUTIONUNIT="3", note="x"
        )
    source = open_source(path)
    assert source.origin.dpi == pytest.approx((300, 150), abs=0.01)
    assert source.origin.geo.tags == {"note": "x"}
    assert (source.origin.geo.crs, source.origin.geo.transform) == (None, None)


@pytest.mark.parametrize(
    ("description", "stays"),
    [
        ("ImageJ=1.54f\nimages=5\nslices=5\n", False),
        ("Aperio Image Library v10.0.51\r\n46920x33014 [0,100 46000x32914]", False),
        ('<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org"></OME>', False),
        ("The garden, seen with ImageJ", True),
    ],
)
def test_a_description_of_the_file_that_it_came_in_is_dropped(tmp_path, description, stays):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, VALUES[0], description=description, metadata=None, software=False)
    geo = open_source(path).origin.geo
    assert (geo.tags if geo else {}) == ({"TIFFTAG_IMAGEDESCRIPTION": description} if stays else {})


def test_points_and_rpcs_come_along(tmp_path):
    rpc = RPC(100, 50, 30, 20, [1.0] * 20, [2.0] * 20, 12, 9, 10, 8, [3.0] * 20, [4.0] * 20, 15, 11, None, None)
    path = write(tmp_path / "a.tif", VALUES[:1], rpcs=rpc)
    found = open_source(path).origin.geo
    assert (found.rpcs.line_off, found.rpcs.samp_num_coeff, found.crs) == (12, [4.0] * 20, None)
    points = [GroundControlPoint(row=row, col=col, x=col / 10, y=-row / 10) for row in (0, 20) for col in (0, 30)]
    found = open_source(write(tmp_path / "b.tif", VALUES[:1], gcps=points, crs="EPSG:4326")).origin.geo
    assert [(point.row, point.col, point.x) for point in found.gcps] == [(p.row, p.col, p.x) for p in points]
    assert found.crs.to_epsg() == 4326


def test_a_band_that_is_named_alpha_may_be_read_as_gray(tmp_path):
    names = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    path = write(tmp_path / "a.tif", VALUES, colors=names, photometric="rgb")
    source = open_source(path, Reading(bands=(4,)))
    np.testing.assert_array_equal(source.read(FULL)[..., 0], VALUES[3])
    assert source.read_mask(FULL) is None


def test_what_is_no_number_means_nothing_whatever_nodata_is(tmp_path):
    values = RANDOM.random((3, 24, 30)).astype(np.float32) + 1
    values[:, 2, 3] = 0
    values[:, 5:7, 8] = np.nan
    values[0, 9, 9] = np.nan  # in one band alone: the others tell something
    source = open_source(write(tmp_path / "a.tif", values, nodata=0), Reading(depth="keep", stretch="minmax"))
    expected = np.full((24, 30), 65535)
    expected[2, 3] = expected[5:7, 8] = 0
    np.testing.assert_array_equal(source.read_mask(FULL), expected)


def test_no_number_in_some_bands_and_nodata_in_the_others_means_nothing(tmp_path):
    values = RANDOM.random((3, 24, 30)).astype(np.float32) + 1
    values[0, 5:7, 8] = np.nan
    values[1:, 5:7, 8] = -9999
    source = open_source(write(tmp_path / "a.tif", values, nodata=-9999), Reading(depth="keep", stretch="minmax"))
    assert (source.read_mask(FULL) == 0).sum() == 2
    assert source.origin.low >= 1
