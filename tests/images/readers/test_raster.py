"""What GDAL's reader makes of bands, types, palettes, masks and georeferences."""

import numpy as np
import pytest
import rasterio
import tifffile
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import ColorInterp
from rasterio.env import get_gdal_config

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.readers import gdal, raster
from tilegan.images.readers.raster import RasterSource

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
FULL = Window(0, 0, 8, 10)


def bands(count: int, dtype: str = "uint8") -> NDArray[np.generic]:
    return np.random.default_rng(2).integers(1, 200, (count, 8, 10)).astype(dtype)


def write(path, values, **profile):
    colors = profile.pop("colorinterp", None)
    count, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype, **profile
    ) as dataset:
        dataset.write(values)
        if colors:
            dataset.colorinterp = colors
    return RasterSource(path)


def test_gray_is_repeated(tmp_path):
    values = bands(1)
    source = write(tmp_path / "a.tif", values)
    assert source.bands == 1
    np.testing.assert_array_equal(source.read(FULL), np.stack([values[0]] * 3, axis=2))


@pytest.mark.parametrize("count", [2, 4, 7])
def test_further_bands_are_dropped(tmp_path, count):
    values = bands(count)
    source = write(tmp_path / "a.tif", values, photometric="minisblack")
    expected = values[[0, 1, 2]] if count > 2 else values[[0, 0, 0]]
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(expected, 0, -1))


def test_bands_that_are_left_out_are_told(tmp_path):
    source = write(tmp_path / "a.tif", bands(7), photometric="minisblack")
    assert source.remarks == ("of 7 bands 1, 2, 3 are read",)
    assert RasterSource(tmp_path / "a.tif", Reading(bands=(7, 1, 2))).remarks == ()
    assert write(tmp_path / "b.tif", bands(2), photometric="minisblack").remarks == ("of 2 bands 1 is read",)
    assert write(tmp_path / "c.tif", bands(4), photometric="RGB", alpha="YES").remarks == ()
    assert write(tmp_path / "d.tif", bands(3), photometric="RGB").remarks == ()


def test_pages_are_counted_as_they_lie(tmp_path):
    values = np.arange(12, dtype=np.uint8)[:, None, None].repeat(8, 1).repeat(10, 2)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    for page in range(12):
        assert (RasterSource(tmp_path / "a.tif", Reading(plane={"page": page})).read(FULL) == page).all()


def test_colors_are_found_by_name(tmp_path):
    values = bands(4)
    names = [ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined]
    source = write(tmp_path / "a.tif", values, photometric="minisblack", colorinterp=names)
    np.testing.assert_array_equal(source.read(FULL), np.moveaxis(values[[2, 1, 0]], 0, -1))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_the_mask_and_no_color(tmp_path, mode):
    values = np.moveaxis(bands(len(mode)), 0, -1)
    values[..., -1] = 0
    values[2:5, 3:, -1] = 7
    Image.fromarray(values, mode=mode).save(tmp_path / "a.png")
    source = RasterSource(tmp_path / "a.png")
    np.testing.assert_array_equal(source.read(FULL), np.broadcast_to(values[..., :-1], (8, 10, 3)))
    np.testing.assert_array_equal(source.read_mask(FULL), values[..., -1])


def test_a_pixel_is_masked_where_all_bands_are_nodata(tmp_path):
    values = bands(3)
    values[:, 1, 1] = 0
    values[0, 2, 2] = 0
    mask = write(tmp_path / "a.tif", values, nodata=0).read_mask(FULL)
    assert mask[1, 1] == 0
    assert (mask == 255).sum() == 79


def test_a_palette_becomes_its_colors(tmp_path):
    indices = bands(1) % 4
    colors = {0: (1, 2, 3, 255), 1: (200, 0, 9, 255), 2: (0, 77, 0, 255), 3: (255, 255, 255, 255)}
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=8, width=10, dtype="uint8") as dataset:
        dataset.write(indices)
        dataset.write_colormap(1, colors)
    expected = np.array([colors[index][:3] for index in range(4)])[indices[0]]
    source = RasterSource(path)
    np.testing.assert_array_equal(source.read(FULL), expected)
    assert source.read_mask(FULL) is None
    assert set(map(tuple, source.thumbnail(3).reshape(-1, 3))) <= {color[:3] for color in colors.values()}


def test_transparency_of_a_palette_is_the_mask(tmp_path):
    image = Image.fromarray(bands(1)[0] % 4, mode="P")
    image.putpalette([1, 2, 3, 200, 0, 9, 0, 77, 0, 255, 255, 255])
    image.save(tmp_path / "a.png", transparency=bytes([255, 0, 128, 0]))
    mask = RasterSource(tmp_path / "a.png").read_mask(FULL)
    np.testing.assert_array_equal(mask, np.array([255, 0, 128, 0])[bands(1)[0] % 4])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_fill_the_levels(tmp_path, bits):
    values = bands(1) % 2**bits
    source = write(tmp_path / "a.tif", values, nbits=bits)
    np.testing.assert_array_equal(source.read(FULL)[..., 0], values[0] * (255 // (2**bits - 1)))


@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint32", "float32", "float64", "complex64"])
def test_other_types_are_stretched_the_same_everywhere(tmp_path, dtype):
    ramp = np.linspace(1000, 3000, 100 * 100).reshape(1, 100, 100).astype(dtype)
    source = write(tmp_path / "a.tif", ramp)
    levels = source.read(Window(0, 0, 100, 100))[..., 1]
    low, high = 1010, 2990  # the 0.5th and 99.5th percentiles
    expected = np.clip((np.abs(ramp[0]).astype(float) - low) / (high - low) * 255, 0, 255)
    assert np.abs(levels - expected).max() <= 1
    np.testing.assert_array_equal(source.read(Window(40, 30, 20, 50))[..., 1], levels[40:60, 30:80])


def test_three_bands_keep_their_balance(tmp_path):
    values = np.stack([np.full((8, 10), level) for level in (0, 500, 1000)]).astype("uint16")
    pixels = write(tmp_path / "a.tif", values, photometric="rgb").read(FULL)
    np.testing.assert_array_equal(pixels[0, 0], [0, 128, 255])


def test_values_that_are_none_do_no_harm(tmp_path):
    ramp = np.linspace(0, 1, 10_000).reshape(1, 100, 100).astype("float32")
    expected = write(tmp_path / "a.tif", ramp).read(Window(10, 0, 90, 100))
    ramp[0, 0], ramp[0, 1], ramp[0, 2] = np.nan, np.inf, -np.inf
    ramp[0, 3] = -1e38
    source = write(tmp_path / "b.tif", ramp, nodata=-1e38)
    pixels = source.read(Window(0, 0, 100, 100))
    assert (pixels[[0, 2, 3]] == 0).all()
    assert np.abs(pixels[10:].astype(int) - expected).max() <= 12  # four of a hundred rows fewer to measure
    assert (source.read_mask(Window(3, 0, 1, 100)) == 0).all()
    assert (source.read_mask(Window(4, 0, 9, 100)) == 255).all()


def test_an_image_of_no_values_or_of_one_opens(tmp_path):
    empty = np.full((1, 8, 10), np.nan, "float32")
    assert (write(tmp_path / "a.tif", empty).read(FULL) == 0).all()
    constant = np.full((3, 8, 10), 10_000, "uint16")
    assert len(np.unique(write(tmp_path / "b.tif", constant).read(FULL))) == 1


def test_the_georeference_is_told(tmp_path):
    transform = rasterio.Affine(10, 1, 500_000, 2, -10, 4_000_000)
    source = write(tmp_path / "a.tif", bands(3), crs="EPSG:32633", transform=transform, nodata=7)
    geo = source.origin.geo
    assert (geo.height, geo.width, geo.transform, geo.nodata, geo.gcps) == (8, 10, transform, 7, ())
    assert geo.crs.to_epsg() == 32633


def test_parts_too_large_to_decode_are_refused(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "strip.tif", np.zeros((300, 400, 3), np.uint8), rowsperstrip=300, compression="deflate")
    RasterSource(tmp_path / "strip.tif").close()
    monkeypatch.setattr(gdal, "LARGEST_BLOCK", 300 * 400 * 3 - 1)
    with pytest.raises(ImageError, match=r"strip\.tif in parts: .* GiB: convert it first \(gdal_translate"):
        RasterSource(tmp_path / "strip.tif")


def test_damage_in_one_place_is_told_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    values = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    tifffile.imwrite(path, values, tile=(128, 128), compression="deflate")
    with tifffile.TiffFile(path) as file:
        start, length = file.pages.first.dataoffsets[3], file.pages.first.databytecounts[3]
    content = bytearray(path.read_bytes())
    content[start : start + length // 2] = bytes(length // 2)
    path.write_bytes(content)
    source = RasterSource(path)
    np.testing.assert_array_equal(source.read(Window(0, 0, 128, 256)), values[:128])
    with pytest.raises(ImageError, match=r"cannot read image: .*a\.tif"):
        source.read(Window(0, 0, 200, 200))


SEQUENTIAL = {
    "tiled.tif": ({"tile": (64, 64), "compression": "deflate"}, (64, 64), False),
    "strips.tif": ({"rowsperstrip": 16, "compression": "deflate"}, (16, 90), False),
    "rows.tif": ({"rowsperstrip": 1, "compression": "deflate"}, (1, 90), False),
    "one strip, not compressed.tif": ({"rowsperstrip": 2100}, (30, 90), False),
    # GDAL shows a strip of more than 2000 rows as many of one row
    "one strip.tif": ({"rowsperstrip": 2100, "compression": "deflate"}, (1, 90), True),
    "a.png": ({}, (1, 90), True),
    "a.jpg": ({}, (1, 90), True),
    "a.bmp": ({}, (1, 90), False),
}


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_how_a_file_is_decoded_is_told(tmp_path, name):
    options, block, sequential = SEQUENTIAL[name]
    pixels = np.zeros((2100, 90, 3), np.uint8)
    if name.endswith("tif"):
        tifffile.imwrite(tmp_path / name, pixels, **options)
    else:
        Image.fromarray(pixels).save(tmp_path / name)
    source = RasterSource(tmp_path / name)
    assert (source.block, source.sequential) == (block, sequential)


def test_the_cache_keeps_no_more_than_it_may(tmp_path):
    before = get_gdal_config("GDAL_CACHEMAX")
    try:
        raster.set_cache(5_000_000)
        assert get_gdal_config("GDAL_CACHEMAX") == 5_000_000
        write(tmp_path / "a.tif", bands(1)).read(FULL)  # which has settings of its own
        assert get_gdal_config("GDAL_CACHEMAX") == 5_000_000
    finally:
        raster.set_cache(before)
