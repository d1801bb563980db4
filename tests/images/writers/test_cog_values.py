"""Values and opacity in GeoTIFFs against rasterio, tifffile and the validator of rio-cogeo."""

import numpy as np
import pytest
import rasterio
import tifffile
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rio_cogeo.cogeo import cog_validate

from exported import export
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Geo, Origin

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def read(path) -> NDArray:
    """(h, w, bands)"""
    with rasterio.open(path) as dataset:
        return dataset.read().transpose(1, 2, 0)


def mask(path) -> NDArray[np.uint8]:
    with rasterio.open(path) as dataset:
        return dataset.dataset_mask()


def assert_valid(path) -> None:
    valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert (valid, errors, warnings) == (True, [], [])


def test_nodata_is_nodata_again_and_nothing_else_is(tmp_path, stored):
    pixels = np.full((700, 600, 4), 255, np.uint8)
    pixels[..., :3] = [7, 0, 0]
    pixels[:, :100, 3] = 0
    pixels[600:, :, :3] = 0  # black that means something, and that does not
    store = stored(pixels, Origin(Geo(700, 600, nodata=0.0), opacity="nodata"))
    assert export(store, tmp_path / "out.tif") == ()
    assert_valid(tmp_path / "out.tif")
    found = read(tmp_path / "out.tif")
    assert found.shape[2] == 3
    assert (found[:, :100] == 0).all()
    np.testing.assert_array_equal(found[:600, 100:], pixels[:600, 100:, :3])
    assert (found[600:, 100:] == [1, 0, 0]).all()
    np.testing.assert_array_equal(mask(tmp_path / "out.tif"), pixels[..., 3])
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.nodata == 0
        assert set(dataset.mask_flag_enums[0]) == {MaskFlags.nodata}
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert float(file.pages.first.tags["GDAL_NODATA"].value) == 0
    with rasterio.open(tmp_path / "out.tif", overview_level=0) as smaller:
        np.testing.assert_array_equal(
            smaller.dataset_mask(), np.where(np.arange(300) < 50, 0, 255)[None].repeat(350, 0)
        )


def test_colors_of_nodata_do_not_bleed_into_overviews(tmp_path, stored):
    pixels = np.full((600, 601, 4), 255, np.uint8)
    pixels[..., :3] = [200, 100, 50]
    pixels[:, :301] = [9, 9, 9, 0]
    export(stored(pixels, Origin(Geo(600, 601, nodata=9.0), opacity="nodata")), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif", overview_level=0) as smaller:
        row = smaller.read()[:, 100].T
    assert (row[:150] == 9).all()
    assert (row[150:] == [200, 100, 50]).all()  # the first of these is half of nodata


@pytest.mark.parametrize(
    ("nodata", "options", "why"),
    [
        (-9999.0, ExportOptions(), "uint8 does not hold nodata -9999"),
        (float("nan"), ExportOptions(), "uint8 does not hold nodata nan"),
        (0.5, ExportOptions(), "uint8 does not hold nodata 0.5"),
        (0.0, ExportOptions("jpeg"), "nodata 0 would not survive a lossy compression"),
    ],
)
def test_nodata_that_cannot_be_written_becomes_a_mask(tmp_path, nodata, options, why, stored, picture):
    pixels = picture(600, 600, 4)
    store = stored(pixels, Origin(Geo(600, 600, nodata=nodata), opacity="nodata"))
    notes = export(store, tmp_path / "out.tif", options)
    assert notes == (f"{why}: invalid pixels are masked instead",)
    assert_valid(tmp_path / "out.tif")
    np.testing.assert_array_equal(mask(tmp_path / "out.tif"), pixels[..., 3])
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.nodata is None
        assert set(dataset.mask_flag_enums[0]) == {MaskFlags.per_dataset}


def test_nodata_of_an_image_that_has_none_is_kept_or_said(tmp_path, stored, picture):
    pixels = picture(30, 40)
    pixels[3, 4] = 255
    assert export(stored(pixels, Origin(Geo(30, 40, nodata=255.0))), tmp_path / "out.tif") == ()
    assert mask(tmp_path / "out.tif").all()
    assert read(tmp_path / "out.tif")[3, 4].tolist() == [254, 255, 255]
    notes = export(stored(pixels, Origin(Geo(30, 40, nodata=-1.0))), tmp_path / "out.tif")
    assert notes == ("uint8 does not hold nodata -1: left out: all is valid",)
    np.testing.assert_array_equal(read(tmp_path / "out.tif"), pixels)


def test_a_mask_is_a_mask_again(tmp_path, stored, picture):
    pixels = picture(700, 600, 4)
    export(stored(pixels, Origin(opacity="mask")), tmp_path / "out.tif")
    assert_valid(tmp_path / "out.tif")
    np.testing.assert_array_equal(read(tmp_path / "out.tif"), pixels[..., :3])  # colors below it too
    np.testing.assert_array_equal(mask(tmp_path / "out.tif"), pixels[..., 3])
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert set(dataset.mask_flag_enums[0]) == {MaskFlags.per_dataset}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.zarr", "out.tif"]  # it is inside
    with rasterio.open(tmp_path / "out.tif", overview_level=0) as smaller:
        np.testing.assert_array_equal(smaller.dataset_mask(), pixels[::2, ::2, 3])
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        masks = [page for page in file.pages if page.photometric == tifffile.PHOTOMETRIC.MASK]
        np.testing.assert_array_equal(masks[0].asarray() > 0, pixels[..., 3] > 0)


@pytest.mark.parametrize(("levels", "dtype"), [(np.uint8, "uint8"), (np.uint16, "uint16")])
@pytest.mark.parametrize("opacity", ["alpha", None])
def test_alpha_is_a_band(tmp_path, levels, dtype, opacity, stored, picture):
    pixels = picture(70, 90, 4, levels)
    pixels[10:20, 50:, 3] //= 3  # half transparent
    high = float(np.iinfo(levels).max)
    export(stored(pixels, Origin(Geo(70, 90, nodata=0.0), opacity, dtype, 0.0, high)), tmp_path / "out.tif")
    np.testing.assert_array_equal(read(tmp_path / "out.tif"), pixels)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.colorinterp[3] == ColorInterp.alpha
        assert set(dataset.mask_flag_enums[0]) == {MaskFlags.per_dataset, MaskFlags.alpha}
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert [int(sample) for sample in file.pages.first.extrasamples] == [2]


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        ("uint16", 0.0, 65535.0, [0, 257, 32768, 65535]),
        ("uint16", 100.0, 4195.0, [100, 116, 2148, 4195]),  # 257 stands for 1 / 255 of the range: 116.06
        ("int16", -32768.0, 32767.0, [-32768, -32511, 0, 32767]),
        ("int32", -510.0, 510.0, [-510, -506, 0, 510]),
        ("uint32", 0.0, 4294967295.0, [0, 16843009, 2147516416, 4294967295]),
        ("int64", 0.0, 9.3e18, [0, 36470588235294117, 4650070954451818342, 2**63 - 1]),  # beyond its highest value
        ("float32", 0.0, 1.0, [0, np.float32(1 / 255), np.float32(32768 / 65535), 1]),
        ("float64", -1.0, 1.0, [-1, -1 + 2 / 255, -1 + 65536 / 65535, 1]),
        ("float16", 0.0, 2.0, [0, np.float32(2 / 255), np.float32(65536 / 65535), 2]),
        ("complex64", 0.0, 255.0, [0, 1, np.float32(255 * 32768 / 65535), 255]),
    ],
)
def test_levels_of_16_bits_become_values_again(tmp_path, dtype, low, high, expected, stored):
    pixels = np.array([0, 257, 32768, 65535], np.uint16)[None, :, None].repeat(3, axis=2)
    export(stored(pixels, Origin(dtype=dtype, low=low, high=high)), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.dtypes[0] == {"float16": "float32", "complex64": "float32"}.get(dtype, dtype)
        found = dataset.read(2)[0]
    if found.dtype.kind == "f" or dtype == "int64":  # floats hold 53 bits
        np.testing.assert_allclose(found, np.array(expected, found.dtype), rtol=1e-15 if dtype != "float32" else 0)
    else:
        assert found.tolist() == expected
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif")[0, :, 1], found)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "nodata", "moved"),
    [
        ("int16", -100.0, 100.0, -9999.0, None),
        ("int16", -100.0, 100.0, -100.0, -99),  # many levels stand for one value
        ("uint16", 0.0, 65535.0, 65535.0, 65534),
        ("float32", 0.0, 65535.0, float("nan"), None),
        ("float32", 0.0, 65535.0, 0.0, 1),
        ("float32", 0.0, 65535.0, -3.4028234663852886e38, None),
        ("float64", 0.0, 65535.0, -1.7976931348623157e308, None),
        ("complex64", 0.0, 65535.0, -9999.0, None),
        ("uint16", 7.0, 7.0, 7.0, 8),
    ],
)
def test_nodata_of_deep_values(tmp_path, dtype, low, high, nodata, moved, stored):
    pixels = np.full((20, 30, 4), 65535, np.uint16)
    pixels[10:, :, :3] = 0
    pixels[:, :10, 3] = 0
    origin = Origin(Geo(20, 30, nodata=nodata), "nodata", dtype, low, high)
    assert export(stored(pixels, origin), tmp_path / "out.tif") == ()
    np.testing.assert_array_equal(mask(tmp_path / "out.tif"), np.where(pixels[..., 3], 255, 0))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.nodata == nodata or np.isnan([nodata, dataset.nodata]).all()
    found = read(tmp_path / "out.tif")
    changed = moved is not None
    if changed:
        row = found[0 if nodata == high and low != high else 15, 20]
        assert row.tolist() == [moved, nodata, nodata]
    if low != high and not (changed and nodata == high):
        assert (found[0, 20] == high).all()


@pytest.mark.parametrize(("dtype", "highest"), [("int16", 32767), ("float32", 1.0), ("uint32", 4294967295)])
def test_alpha_fills_the_range_of_its_type(tmp_path, dtype, highest, stored, picture):
    store = stored(picture(20, 30, 4, np.uint16), Origin(opacity="alpha", dtype=dtype, low=0.0, high=100.0))
    export(store, tmp_path / "out.tif")
    assert np.unique(read(tmp_path / "out.tif")[..., 3]).tolist() == [0, highest]
