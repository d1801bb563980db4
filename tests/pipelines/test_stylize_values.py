"""What values mean is told, and kept where values are: ranges, scales, names of bands, depth."""

import numpy as np
import pytest
import rasterio
from PIL import Image

from tilegan.images.metadata.origin import Reading
from tilegan.pipelines import convert, info

HEIGHT, WIDTH = 150, 230
KEEP = Reading(depth="keep", stretch="dtype")
TRANSFORM = rasterio.Affine(10, 0, 500_000, 0, -10, 5_100_000)


@pytest.mark.parametrize(("ending", "rule"), [("png", "dtype"), ("tif", "percentile")])
def test_a_dark_picture_of_16_bits_stays_dark_and_a_measurement_is_stretched(tmp_path, ending, rule, through):
    values = np.random.default_rng(0).integers(8_000, 29_000, (3, HEIGHT, WIDTH)).astype(np.uint16)
    path = tmp_path / f"in.{ending}"
    with rasterio.open(
        path, "w", "PNG" if ending == "png" else "GTiff", height=HEIGHT, width=WIDTH, count=3, dtype="uint16"
    ) as dataset:
        dataset.write(values)
    assert info(path).rule == rule
    result = through(path, tmp_path / "out.png")
    low, high = info(path).stretch
    assert result.notes == (f"values {low:.6g} to {high:.6g} became levels 0 to 255 ({rule})",)
    painted = np.asarray(Image.open(tmp_path / "out.png")).astype(float)
    if ending == "png":
        assert np.abs(painted - values.transpose(1, 2, 0) / 257).max() <= 1
    else:
        assert painted.min() == 0
        assert painted.max() == 255


@pytest.fixture
def measured(noise, geotiff):
    """Write a file whose bands have names, scales, offsets, units and tags, with stale ones and a domain of its own."""

    def write(path, count):
        geotiff(
            path, noise(count, "uint16"), crs="EPSG:32631", transform=TRANSFORM, tags={"OVR_RESAMPLING_ALG": "NEAREST"}
        )
        with rasterio.open(path, "r+") as dataset:
            dataset.scales = [1e-4 * (band + 1) for band in range(count)]
            dataset.offsets = [-0.1] * count
            for band in range(1, count + 1):
                dataset.set_band_description(band, f"B0{band}")
                dataset.set_band_unit(band, "reflectance")
                dataset.update_tags(band, WAVELENGTH=str(600 + band), STATISTICS_MAXIMUM="1")
            dataset.update_tags(ns="SENSOR", GAIN="3")
        return path

    return write


@pytest.mark.parametrize("count", [1, 3])
def test_scale_offset_unit_and_names_of_bands(tmp_path, count, through, measured):
    source = measured(tmp_path / "in.tif", count)
    result = through(source, tmp_path / "out.tif", reading=KEEP)
    numbers = [1, 1, 1] if count == 1 else [1, 2, 3]
    for output in (tmp_path / "out.tif", tmp_path / "again.tif"):
        if output.name == "again.tif":
            through(source, tmp_path / "kept.zarr", reading=KEEP)
            convert(tmp_path / "kept.zarr", output)
        with rasterio.open(output) as dataset:
            assert dataset.descriptions == tuple(f"B0{number}" for number in numbers)
            assert dataset.scales == pytest.approx([1e-4 * number for number in numbers])
            assert (dataset.offsets, dataset.units) == ((-0.1,) * 3, ("reflectance",) * 3)
            assert [dataset.tags(band) for band in (1, 2, 3)] == [{"WAVELENGTH": str(600 + n)} for n in numbers]
            assert "OVR_RESAMPLING_ALG" not in dataset.tags()
    assert result.notes == ("tags of SENSOR are left out",)


def test_scales_of_values_that_are_not_kept_are_told(tmp_path, through, measured):
    source = measured(tmp_path / "in.tif", 3)
    notes = through(source, tmp_path / "out.tif").notes
    assert any("scale, offset and unit of its bands are left out" in note and "--depth keep" in note for note in notes)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.scales, dataset.descriptions) == ((1.0, 1.0, 1.0), ("B01", "B02", "B03"))
    notes = through(source, tmp_path / "out.png", reading=KEEP).notes
    assert any("png holds none" in note for note in notes)


def test_a_depth_that_cannot_be_kept_is_told(tmp_path, noise, geotiff, through):
    result = through(geotiff(tmp_path / "in.tif", noise(3, "int8")), tmp_path / "out.tif", reading=KEEP)
    assert result.notes[0] == "the depth of int8 is not kept: the result is uint8, levels and not values"
    assert len(through(tmp_path / "in.tif", tmp_path / "eight.tif", reading=Reading(stretch="dtype")).notes) == 1
