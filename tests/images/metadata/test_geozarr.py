"""Where stores lie, as others read it: attributes by the conventions, GDAL's reading of Zarr v2, and back again."""

import numpy as np
import pytest
import rasterio
import zarr
from affine import Affine
from rasterio.crs import CRS

from exported import export
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.geozarr import geo_of_attributes, georeference_of_level
from tilegan.images.metadata.ome import metadata
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.opening import open_source

UTM = CRS.from_epsg(32631)
SHAPES = [(300, 521), (150, 261)]
NORTH = Affine(20, 0, 500_000, 0, -20, 5_100_000)  # of half as many pixels
TURNED = Affine(6, 8, 1000, 8, -6, 2000)


def origin(transform=NORTH, crs=UTM, **more):
    return Origin(Geo(150, 521 / 2, crs=crs, transform=transform), **more)


def test_each_level_has_the_transform_of_its_pixels():
    place = georeference_of_level(origin(), SHAPES, 0)
    assert place["spatial:transform"] == [10, 0, 500_000, 0, -10, 5_100_000]
    assert place["spatial:shape"] == [300, 521]
    assert place["spatial:bbox"] == [500_000, 5_097_000, 505_210, 5_100_000]
    assert place["spatial:dimensions"] == ["y", "x"]
    assert place["proj:code"] == "EPSG:32631"
    assert CRS.from_wkt(place["proj:wkt2"]) == UTM
    assert {told["uuid"] for told in place["zarr_conventions"]} == {
        "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
        "f17cb550-5864-4468-aeb7-f3180cfb622f",
    }
    smaller = georeference_of_level(origin(), SHAPES, 1)
    assert smaller["spatial:transform"] == [20, 0, 500_000, 0, -20, 5_100_000]
    assert smaller["spatial:bbox"] == [500_000, 5_097_000, 505_220, 5_100_000]  # half a pixel is outside


def test_what_has_no_transform_or_no_coordinate_system():
    assert georeference_of_level(None, SHAPES, 0) == {}
    assert georeference_of_level(Origin(Geo(150, 260, crs=UTM)), SHAPES, 0) == {}
    place = georeference_of_level(origin(crs=None), SHAPES, 0)
    assert [told["name"] for told in place["zarr_conventions"]] == ["spatial:"]
    assert not any(name.startswith("proj:") for name in place)
    own = CRS.from_string("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84 +units=m")
    place = georeference_of_level(origin(crs=own), SHAPES, 0)
    assert "proj:code" not in place
    assert CRS.from_wkt(place["proj:wkt2"]) == own


@pytest.mark.parametrize("transform", [NORTH, TURNED])
@pytest.mark.parametrize("crs", [UTM, None])
def test_it_is_read_again(transform, crs):
    place = georeference_of_level(origin(transform, crs), SHAPES, 0)
    geo = geo_of_attributes(place, *SHAPES[0])
    assert geo.crs == crs
    assert geo.transform.almost_equals(transform @ Affine.scale(0.5, 0.5))
    assert (geo.height, geo.width) == SHAPES[0]


@pytest.mark.parametrize(
    ("change", "transform"),
    [
        ({}, Affine(10, 0, 500_000, 0, -10, 5_100_000)),
        ({"proj:wkt2": None}, Affine(10, 0, 500_000, 0, -10, 5_100_000)),
        ({"spatial:registration": "node"}, Affine(10, 0, 499_995, 0, -10, 5_100_005)),
        ({"spatial:transform_type": "rpc"}, None),
        ({"spatial:transform": None}, None),
        ({"spatial:transform": [1, 2, 3]}, None),
        ({"spatial:transform": "wild"}, None),
        ({"spatial:transform": [0, 0, 1, 0, 0, 1]}, None),
        ({"spatial:transform": [float("nan"), 0, 0, 0, 1, 0]}, None),
        ({"proj:wkt2": "no system"}, None),
    ],
)
def test_what_others_write_is_read_if_it_makes_sense(change, transform):
    geo = geo_of_attributes(georeference_of_level(origin(), SHAPES, 0) | change, *SHAPES[0])
    assert geo is None if transform is None else geo.transform.almost_equals(transform)


def scale(told, level=0):
    return told["multiscales"][0]["datasets"][level]["coordinateTransformations"]


def test_pixels_have_the_size_that_they_have_on_the_ground():
    told = metadata(SHAPES, "vangogh", 3, np.dtype(np.uint8), origin(dpi=(72.0, 72.0)))
    assert [axis.get("unit") for axis in told["multiscales"][0]["axes"]] == [None, "meter", "meter"]
    assert scale(told) == [
        {"type": "scale", "scale": [1, 10, 10]},
        {"type": "translation", "translation": [0, 0, 0]},
    ]
    assert scale(told, 1) == [
        {"type": "scale", "scale": [1, 20, 20]},
        {"type": "translation", "translation": [0, 5, 5]},
    ]
    told = metadata(SHAPES, None, 3, np.dtype(np.uint8), origin(TURNED))
    assert scale(told)[0]["scale"] == [1, 5, 5]
    feet = CRS.from_epsg(2263)  # in US survey feet
    told = metadata(SHAPES, None, 3, np.dtype(np.uint8), origin(crs=feet))
    assert scale(told)[0]["scale"] == pytest.approx([1, 10 * 1200 / 3937, 10 * 1200 / 3937])


def test_a_degree_is_no_length():
    told = metadata(SHAPES, None, 3, np.dtype(np.uint8), origin(crs=CRS.from_epsg(4326)))
    assert [axis.get("unit") for axis in told["multiscales"][0]["axes"]] == [None] * 3
    assert scale(told)[0]["scale"] == [1, 1, 1]
    told = metadata(SHAPES, None, 3, np.dtype(np.uint8), origin(crs=CRS.from_epsg(4326), dpi=(101_600.0, 101_600.0)))
    assert told["multiscales"][0]["axes"][1]["unit"] == "micrometer"
    assert scale(told)[0]["scale"] == [1, 0.25, 0.25]


def test_the_place_stands_in_the_group_and_in_each_array(stored, picture):
    store = stored(picture(*SHAPES[0]), origin())
    group = zarr.open_group(store.path, mode="r")
    for level, node in enumerate((group, group["1"])):
        for name, value in georeference_of_level(origin(), SHAPES, level).items():
            assert node.attrs[name] == value
    assert group["0"].attrs["spatial:transform"] == group.attrs["spatial:transform"]


@pytest.mark.parametrize("transform", [NORTH, TURNED])
def test_a_store_without_our_attributes_still_lies_there(stored, picture, transform):
    store = stored(picture(*SHAPES[0]), origin(transform))
    attributes = zarr.open_group(store.path).attrs
    del attributes["tilegan"]
    source = open_source(store.path)
    assert source.origin.geo.crs == UTM
    assert source.origin.geo.transform.almost_equals(transform @ Affine.scale(0.5, 0.5))


def test_xarray_finds_it(stored, picture):
    xarray = pytest.importorskip("xarray")
    store = stored(picture(*SHAPES[0]), origin())
    with xarray.open_dataset(store.path, engine="zarr", consolidated=False, drop_variables=["1", "2"]) as data:
        assert data["0"].dims == ("c", "y", "x")
        assert Affine(*data["0"].attrs["spatial:transform"]) == Affine(10, 0, 500_000, 0, -10, 5_100_000)
        assert data["0"].attrs["proj:code"] == "EPSG:32631"
    export(store, store.path.with_name("old.zarr"), ExportOptions(zarr_format="ome-0.4"))
    old = store.path.with_name("old.zarr")
    with xarray.open_dataset(old, engine="zarr", consolidated=False, drop_variables=["1", "2"]) as data:
        assert data["0"].coords["x"].values[:2].tolist() == [500_005, 500_015]
        assert data["0"].coords["y"].values[:2].tolist() == [5_099_995, 5_099_985]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_gdal_reads_zarr_v2_and_its_place(stored, picture, tmp_path, channels, levels):
    pixels = picture(*SHAPES[0], channels, levels)
    export(stored(pixels, origin()), tmp_path / "old.zarr", ExportOptions(zarr_format="ome-0.4"))
    with rasterio.open(f'ZARR:"{tmp_path / "old.zarr"}":/0') as dataset:
        assert dataset.transform == Affine(10, 0, 500_000, 0, -10, 5_100_000)
        assert dataset.crs == UTM
        np.testing.assert_array_equal(dataset.read().transpose(1, 2, 0), pixels)


def test_gdal_reads_zarr_v2_that_lies_nowhere_or_turned(stored, picture, tmp_path):
    pixels = picture(300, 260)
    for number, told in enumerate((None, origin(TURNED))):
        path = tmp_path / f"{number}.zarr"
        export(stored(pixels, told), path, ExportOptions(zarr_format="ome-0.4"))
        assert ("x" in zarr.open_group(path, mode="r")) is False
        with rasterio.open(f'ZARR:"{path}":/0') as dataset:
            np.testing.assert_array_equal(dataset.read().transpose(1, 2, 0), pixels)
