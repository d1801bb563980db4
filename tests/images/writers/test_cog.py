"""GeoTIFFs against rasterio, tifffile and the validator of rio-cogeo: what the origin says is there again."""

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from rio_cogeo.cogeo import cog_validate

from exported import export
from tilegan.errors import OutputError
from tilegan.geometry import Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.stores.pyramid import halve
from tilegan.images.writers import cog

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

UTM = rasterio.crs.CRS.from_epsg(32633)
ROTATED = rasterio.Affine(10, 1, 500_000, 2, -10, 4_000_000)
# (lat, long, height) around (45, 11, 100); the image's line grows as latitude falls, its sample as longitude grows
RATIONAL = RPC(
    height_off=100.0,
    height_scale=500.0,
    lat_off=45.0,
    lat_scale=0.5,
    long_off=11.0,
    long_scale=0.5,
    line_off=30.0,
    line_scale=40.0,
    samp_off=25.0,
    samp_scale=35.0,
    line_num_coeff=[0.0, 0.0, -1.0, *[0.0] * 17],
    line_den_coeff=[1.0, *[0.0] * 19],
    samp_num_coeff=[0.0, 1.0, 0.0, *[0.0] * 17],
    samp_den_coeff=[1.0, *[0.0] * 19],
)


def assert_valid(path) -> None:
    valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert (valid, errors, warnings) == (True, [], [])


@pytest.mark.parametrize(
    "options",
    [
        ExportOptions(),
        ExportOptions("zstd"),
        ExportOptions("lzw"),
        ExportOptions("jpeg", 90),
        ExportOptions("webp", 90),
        ExportOptions("webp", lossless=True),
    ],
    ids=lambda options: f"{options.compress}{'-lossless' if options.lossless else ''}",
)
def test_it_is_cloud_optimized_and_compressed_as_asked(tmp_path, options, stored, picture):
    pixels = picture(1100, 130)
    export(stored(pixels, Origin(Geo(1100, 130, crs=UTM, transform=ROTATED))), tmp_path / "out.tif", options)
    assert_valid(tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.compression.name.lower() == options.compress
        assert dataset.overviews(1) == [2, 4]
        assert dataset.block_shapes == [(512, 512)] * 3
        assert dataset.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        found = dataset.read().transpose(1, 2, 0)
    if options.lossless or options.compress in ("deflate", "zstd", "lzw"):
        np.testing.assert_array_equal(found, pixels)
    else:
        assert 0 < np.abs(found.astype(int) - pixels).mean() < 4


@pytest.mark.parametrize(("height", "width"), [(1, 1), (512, 512), (513, 9), (1100, 600), (3, 2600)])
@pytest.mark.parametrize("channels", [3, 4])
def test_its_levels_are_those_of_the_pyramid(tmp_path, monkeypatch, height, width, channels, stored, picture):
    monkeypatch.setattr(cog, "_SIDE", 512)
    pixels = picture(height, width, channels)
    export(stored(pixels), tmp_path / "out.tif")
    assert_valid(tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        levels = [page.asarray() for page in file.pages]
        assert file.pages.first.photometric == tifffile.PHOTOMETRIC.RGB
        assert [int(sample) for sample in file.pages.first.extrasamples] == [2] * (channels - 3)  # not premultiplied
    assert max(levels[-1].shape[:2]) <= 512
    for level in levels:
        np.testing.assert_array_equal(level, pixels)
        pixels = halve(pixels)


@pytest.mark.parametrize("factor", [1, 4])
def test_crs_transform_and_tags_are_kept(tmp_path, factor, stored, picture):
    tags = {"AREA_OR_POINT": "Area", "SURVEY": "seven <&> more", "TIFFTAG_ARTIST": "Ada"}
    geo = Geo(height=60, width=50, crs=UTM, transform=ROTATED, tags=tags)
    export(stored(picture(60 * factor, 50 * factor), Origin(geo)), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.crs == UTM
        assert dataset.tags() == tags
        assert dataset.transform.almost_equals(ROTATED @ rasterio.Affine.scale(1 / factor), 1e-9)
        assert dataset.xy(0, 0, offset="ul") == (500_000, 4_000_000)
        assert dataset.xy(60 * factor, 50 * factor, offset="ul") == (500_000 + 500 + 60, 4_000_000 + 100 - 600)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.geotiff_metadata["ProjectedCSTypeGeoKey"] == 32633
        assert file.pages.first.tags["Artist"].value == "Ada"


def test_a_pixel_that_is_a_point_stays_where_it_is(tmp_path, stored, picture):
    north_up = rasterio.Affine(10, 0, 500_000, 0, -10, 4_000_000)
    geo = Geo(height=60, width=50, crs=UTM, transform=north_up, tags={"AREA_OR_POINT": "Point"})
    export(stored(picture(240, 200), Origin(geo)), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.transform == rasterio.Affine(2.5, 0, 500_000, 0, -2.5, 4_000_000)
        assert dataset.tags()["AREA_OR_POINT"] == "Point"


@pytest.mark.parametrize("factor", [1, 4])
def test_ground_control_points_are_kept(tmp_path, factor, stored, picture):
    crs = rasterio.crs.CRS.from_epsg(4326)
    points = [
        GroundControlPoint(row=r, col=c, x=10 + c, y=20 - r, z=1) for r, c in [(0, 0), (0, 50), (60, 0), (9.5, 7)]
    ]
    origin = Origin(Geo(height=60, width=50, crs=crs, gcps=tuple(points)))
    export(stored(picture(60 * factor, 50 * factor), origin), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        found, found_crs = dataset.gcps
    assert found_crs == crs
    expected = [(p.row * factor, p.col * factor, p.x, p.y, p.z) for p in points]
    assert [(p.row, p.col, p.x, p.y, p.z) for p in found] == expected
    assert points[1].col == 50


@pytest.mark.parametrize("factor", [1, 4])
def test_rational_polynomials_are_kept(tmp_path, factor, stored, picture):
    export(stored(picture(60 * factor, 50 * factor), Origin(Geo(60, 50, rpcs=RATIONAL))), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        found = dataset.rpcs
        # the corner of a pixel, as GDAL itself places it, is on the same ground
        with rasterio.transform.RPCTransformer(found) as place, rasterio.transform.RPCTransformer(RATIONAL) as before:
            assert place.xy(12 * factor, 20 * factor, offset="ul") == pytest.approx(before.xy(12, 20, offset="ul"))
    assert (found.line_off, found.line_scale) == ((30, 40) if factor == 1 else (121.5, 160))  # 4 x 30.5 - 0.5
    assert (found.samp_off, found.samp_scale) == ((25, 35) if factor == 1 else (101.5, 140))
    assert found.line_num_coeff == RATIONAL.line_num_coeff
    assert (found.lat_off, found.long_off, found.height_off) == (45, 11, 100)


def test_a_part_lies_where_it_lay(tmp_path, stored, picture):
    geo = Geo(height=60, width=50, crs=UTM, transform=ROTATED).part(Window(top=10, left=20, height=30, width=25))
    export(stored(picture(120, 100), Origin(geo)), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.xy(0, 0, offset="ul") == (500_000 + 200 + 10, 4_000_000 + 40 - 100)
        assert dataset.xy(120, 100, offset="ul") == (500_000 + 450 + 40, 4_000_000 + 90 - 400)


def test_it_is_a_big_tiff_where_that_may_be_needed(tmp_path, monkeypatch, stored, picture):
    store = stored(picture(600, 600))
    export(store, tmp_path / "small.tif")
    real = cog._encoding
    monkeypatch.setattr(cog, "_encoding", lambda *given: real(*given) | {"BIGTIFF": "YES"})
    export(store, tmp_path / "big.tif")
    with tifffile.TiffFile(tmp_path / "small.tif") as small, tifffile.TiffFile(tmp_path / "big.tif") as big:
        assert (small.is_bigtiff, big.is_bigtiff) == (False, True)
        np.testing.assert_array_equal(small.asarray(), big.asarray())
    assert_valid(tmp_path / "big.tif")


def test_values_that_a_compression_does_not_hold_are_refused_before_any_work(tmp_path, stored, picture):
    store = stored(picture(20, 30, 4, np.uint16))
    with pytest.raises(OutputError, match=r"jpeg holds 8 bits, not 16: use deflate or zstd"):
        export(store, tmp_path / "out.tif", ExportOptions("jpeg"))
    assert [path.name for path in tmp_path.iterdir()] == ["0.zarr"]
