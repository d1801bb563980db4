"""What an image brings comes back: pixels and all else, through a translator that changes nothing."""

import io

import numpy as np
import pytest
import rasterio
import tifffile
import torch
from PIL import Image, ImageCms
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from torch import nn

from tilegan.errors import OutputError
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Reading
from tilegan.pipelines import stylize
from tilegan.translator import Translator

HEIGHT, WIDTH = 150, 230
KEEP = Reading(depth="keep", stretch="dtype")
TRANSFORM = rasterio.Affine(10, 0, 500_000, 0, -10, 5_100_000)
TURNED = rasterio.Affine(8, 6, 500_000, 6, -8, 5_100_000)


@pytest.mark.parametrize("transform", [TRANSFORM, TURNED])
def test_place_and_tags(tmp_path, transform, noise, geotiff, through):
    values = noise()
    source = geotiff(tmp_path / "in.tif", values, crs="EPSG:32631", transform=transform, tags={"SENSOR": "a camera"})
    through(source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.crs, dataset.transform) == (rasterio.CRS.from_epsg(32631), transform)
        assert dataset.tags()["SENSOR"] == "a camera"
        np.testing.assert_array_equal(dataset.read(), values)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), values.transpose(1, 2, 0))


def test_a_part_lies_where_it_lay(tmp_path, noise, geotiff, through):
    values = noise()
    source = geotiff(tmp_path / "in.tif", values, crs="EPSG:32631", transform=TRANSFORM)
    through(source, tmp_path / "out.tif", region=(33, 57, 101, 77))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.transform == TRANSFORM @ rasterio.Affine.translation(33, 57)
        np.testing.assert_array_equal(dataset.read(), values[:, 57:134, 33:134])


def test_enlarged_it_covers_the_same_ground(tmp_path, noise, geotiff, through):
    values = noise()
    source = geotiff(tmp_path / "in.tif", values, crs="EPSG:32631", transform=TRANSFORM, nodata=0)
    through(source, tmp_path / "out.tif", scale=4)
    with rasterio.open(source) as before, rasterio.open(tmp_path / "out.tif") as after:
        assert (after.height, after.width) == (4 * HEIGHT, 4 * WIDTH)
        assert after.bounds == before.bounds
        np.testing.assert_array_equal(after.read(), values.repeat(4, 1).repeat(4, 2))


def test_ground_control_points(tmp_path, noise, geotiff, through):
    points = [GroundControlPoint(10.5, 20.5, 3.0, 45.0, 100.0), GroundControlPoint(140, 3, 3.1, 44.0)]
    source = geotiff(tmp_path / "in.tif", noise(), gcps=points, crs="EPSG:4326")
    through(source, tmp_path / "out.tif", scale=2)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        found, crs = dataset.gcps
    assert crs == rasterio.CRS.from_epsg(4326)
    assert [(point.row, point.col, point.x, point.y) for point in found] == [(21, 41, 3, 45), (280, 6, 3.1, 44)]


def test_rational_polynomials(tmp_path, noise, geotiff, through):
    curves = {f"{axis}_{part}_coeff": list(np.arange(20.0)) for axis in ("line", "samp") for part in ("num", "den")}
    offsets = {
        f"{axis}_{part}": 70.0 for axis in ("height", "lat", "line", "long", "samp") for part in ("off", "scale")
    }
    source = geotiff(tmp_path / "in.tif", noise(), rpcs=RPC(**curves, **offsets, err_bias=None, err_rand=None))
    through(source, tmp_path / "out.tif", region=(10, 20, 100, 90))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.rpcs.line_off, dataset.rpcs.samp_off, dataset.rpcs.lat_off) == (50, 60, 70)


def test_nodata(tmp_path, noise, geotiff, through):
    values = noise()
    values[:, :40, :70] = 7
    source = geotiff(tmp_path / "in.tif", values, crs="EPSG:32631", transform=TRANSFORM, nodata=7)
    through(source, tmp_path / "out.tif")
    with rasterio.open(source) as before, rasterio.open(tmp_path / "out.tif") as after:
        assert after.nodata == 7
        np.testing.assert_array_equal(after.dataset_mask(), before.dataset_mask())
        np.testing.assert_array_equal(after.read(), values)


def test_mask(tmp_path, noise, geotiff, through):
    values, mask = noise(), np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[30:90, 100:] = 0
    source = geotiff(tmp_path / "in.tif", values, mask=mask)
    through(source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.count == 3
        np.testing.assert_array_equal(dataset.dataset_mask(), mask)
        np.testing.assert_array_equal(np.where(mask, dataset.read(), 0), np.where(mask, values, 0))


@pytest.mark.parametrize("ending", ["tif", "png", "webp"])
def test_alpha(tmp_path, ending, noise, through):
    values = noise(4)
    values[3, :60] = 0
    source = tmp_path / "in.png"
    Image.fromarray(values.transpose(1, 2, 0)).save(source)
    output = tmp_path / f"out.{ending}"
    through(source, output, options=ExportOptions(lossless=True))
    if ending == "tif":
        with rasterio.open(output) as dataset:
            assert dataset.colorinterp[3] == ColorInterp.alpha
        found = tifffile.imread(output)
    else:
        found = np.array(Image.open(output))
    np.testing.assert_array_equal(found[..., 3], values[3])
    shown = found[..., 3] > 0
    np.testing.assert_array_equal(found[shown], values.transpose(1, 2, 0)[shown])


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_depth(tmp_path, dtype, noise, geotiff, through):
    values = noise(3, dtype)
    source = geotiff(tmp_path / "in.tif", values)
    through(source, tmp_path / "out.tif", reading=KEEP)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.dtypes == (dtype,) * 3
        found = dataset.read()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), found.transpose(1, 2, 0))
    np.testing.assert_allclose(found, values, rtol=0, atol=1 / 65535 / 2 * 1.01 if dtype == "float32" else 0)


def test_16_bits_in_png(tmp_path, noise, geotiff, through):
    values = noise(3, "uint16")
    source = geotiff(tmp_path / "in.tif", values)
    through(source, tmp_path / "out.png", reading=KEEP)
    with rasterio.open(tmp_path / "out.png") as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
    with pytest.raises(OutputError, match="8 bits"):
        through(source, tmp_path / "out.jpg", reading=KEEP)


def test_bands_and_stretch(tmp_path, noise, geotiff, through):
    values = noise(5, "uint16")
    source = geotiff(tmp_path / "in.tif", values, photometric="MINISBLACK")
    through(source, tmp_path / "out.png", reading=Reading(bands=(4, 3, 2), stretch="10000,30000"))
    expected = ((values[[3, 2, 1]].astype(float) - 10000) / 20000 * 255).clip(0, 255).round()
    # where a value lies halfway between two levels either is right
    np.testing.assert_allclose(np.array(Image.open(tmp_path / "out.png")), expected.transpose(1, 2, 0), rtol=0, atol=1)


def test_colors_with_a_profile_come_out_as_srgb(tmp_path, noise, through):
    lab = Image.fromarray(noise().transpose(1, 2, 0), "LAB")
    lab.save(tmp_path / "in.tif")
    expected = ImageCms.profileToProfile(
        lab, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    for ending in ("tif", "png", "webp"):
        through(tmp_path / "in.tif", tmp_path / f"out.{ending}", options=ExportOptions(lossless=True))
        found = Image.open(tmp_path / f"out.{ending}")
        np.testing.assert_array_equal(np.array(found), np.array(expected))
        tag = ImageCms.ImageCmsProfile(io.BytesIO(found.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(tag)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photographs_come_out_upright(tmp_path, orientation, noise, through):
    values = noise().transpose(1, 2, 0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(values).save(tmp_path / "in.png", exif=exif)
    through(tmp_path / "in.png", tmp_path / "out.png")
    upright = {1: values, 2: values[:, ::-1], 3: values[::-1, ::-1], 4: values[::-1], 5: values.swapaxes(0, 1)}
    upright |= {6: np.rot90(values, -1), 7: values[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(values)}
    found = Image.open(tmp_path / "out.png")
    np.testing.assert_array_equal(np.array(found), upright[orientation])
    assert found.getexif().get(0x0112, 1) == 1


def test_resolution(tmp_path, noise, through):
    Image.fromarray(noise().transpose(1, 2, 0)).save(tmp_path / "in.tif", dpi=(300, 150))
    for ending in ("tif", "png", "jpg"):
        through(tmp_path / "in.tif", tmp_path / f"out.{ending}")
        assert Image.open(tmp_path / f"out.{ending}").info["dpi"] == pytest.approx(
            (300, 150), abs=0.02
        )  # PNG counts dots per meter


def test_enlarged_it_is_as_large_in_print(tmp_path, noise, through):
    Image.fromarray(noise().transpose(1, 2, 0)).save(tmp_path / "in.tif", dpi=(300, 150))
    through(tmp_path / "in.tif", tmp_path / "out.tif", scale=2)
    assert Image.open(tmp_path / "out.tif").info["dpi"] == pytest.approx((600, 300))


def test_a_deep_zoom_image_has_all_levels(tmp_path, noise, through):
    values = noise().transpose(1, 2, 0)
    Image.fromarray(values).save(tmp_path / "in.png")
    through(tmp_path / "in.png", tmp_path / "out.dzi", options=ExportOptions(lossless=True))
    found = Image.open(tmp_path / "out_files" / "8" / "0_0.png")
    np.testing.assert_array_equal(np.array(found), values)
    assert (tmp_path / "out_files" / "0" / "0_0.png").exists()


def test_no_color_of_masked_pixels_bleeds_into_others(tmp_path):
    """A blurring generator sees gray or neighbors in place of what is masked, in whatever windows."""
    torch.manual_seed(0)
    blur = nn.Sequential(nn.Conv2d(3, 3, 9, padding=4), nn.Tanh())
    translator = Translator.of(blur, {"name": "blur"}, tile_size=16).place("cpu", "float32")
    values, alpha = np.full((HEIGHT, WIDTH, 3), 200, np.uint8), np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[40:100, 60:150] = 0
    results = []
    for number, hidden in enumerate((0, 255)):
        values[40:100, 60:150] = hidden
        Image.fromarray(np.concatenate([values, alpha], axis=2)).save(tmp_path / "in.png")
        output = tmp_path / f"{number}.png"
        stylize(tmp_path / "in.png", output, translator, window=32 + 16 * number, shard=96)
        results.append(np.array(Image.open(output)))
    shown = alpha[..., 0] > 0
    np.testing.assert_array_equal(results[0][shown], results[1][shown])
    assert np.ptp(results[0][shown][:, :3], axis=0).max() == 0


@pytest.mark.parametrize(("ending", "compress"), [("jpg", "deflate"), ("tif", "jpeg")])
@pytest.mark.parametrize("nodata", [None, 7])
def test_what_is_opaque_all_over_needs_no_room_for_opacity(tmp_path, ending, compress, nodata, noise, geotiff, through):
    values = np.maximum(noise(3 if nodata else 4), 8)
    options = ExportOptions(compress, quality=100)
    if nodata is None:
        values[3] = 255
        values[3, 0, 0] = 254
        geotiff(tmp_path / "clear.tif", values, photometric="RGB", alpha="YES")
        with pytest.raises(OutputError, match="holds no transparency"):
            through(tmp_path / "clear.tif", tmp_path / f"clear.out.{ending}", options=options)
        through(tmp_path / "clear.tif", tmp_path / f"part.out.{ending}", options=options, region=(0, 1, 100, 90))
        values[3] = 255
    source = geotiff(tmp_path / "a.tif", values, photometric="RGB", nodata=nodata)
    through(source, tmp_path / f"out.{ending}", options=options)
    with Image.open(tmp_path / f"out.{ending}") as image:
        assert image.mode == "RGB"
        assert abs(np.asarray(image).mean() - values[:3].mean()) < 2
