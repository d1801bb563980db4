"""Colors brought back to the profile of the source, against Pillow's own conversion."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from exported import export
from tilegan.geometry import Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.pixels.icc import MatrixProfile

KEEP = ExportOptions(profile="keep")
PIXELS = np.random.default_rng(6).integers(0, 256, (40, 50, 3), dtype=np.uint8)
# columns of the matrices, white as D50 sees it, and a gamma, or None for the curve of sRGB
P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)), None
ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)), 2.2
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)), 1.8


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(columns, gamma) -> bytes:
    curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    if gamma is not None:
        curve = b"curv\0\0\0\0\0\0\0\x01" + struct.pack(">H", round(gamma * 256)) + b"\0\0"
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\x05test\0" + bytes(80), b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    for band, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags |= {band + b"XYZ": b"XYZ \0\0\0\0" + fixed(*column), band + b"TRC": curve}
    table, content = b"", b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    header = struct.pack(">II4s4s4s4s", 132 + len(table) + len(content), 0, b"\x02\x40\0\0", b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def converted(pixels, first, second):
    transform = ImageCms.buildTransform(*(io.BytesIO(each) for each in (first, second)), "RGB", "RGB")
    return np.asarray(transform.apply(Image.fromarray(pixels)))


def worst(first, second):
    return np.abs(first.astype(int) - second).max()


@pytest.fixture
def srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("space", [P3, ADOBE, PROPHOTO])
def test_colors_are_converted_as_littlecms_does(space, srgb):
    found = MatrixProfile.parse(profile(*space)).from_srgb(PIXELS)
    assert worst(found, converted(PIXELS, srgb, profile(*space))) <= 2


def test_sixteen_bits_come_back():
    deep = PIXELS.astype(np.uint16) * 257
    matrix = MatrixProfile.parse(profile(*P3))
    assert worst(matrix.to_srgb(matrix.from_srgb(deep)), deep) <= 16  # linear light is rounded to 16 bits


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("space", [P3, PROPHOTO])
def test_a_result_has_the_profile_of_its_source_and_its_colors(tmp_path, stored, space, ending, srgb):
    told = profile(*space)
    muted = converted(PIXELS, srgb, told)  # which sRGB can show
    Image.fromarray(muted).save(tmp_path / "in.png", icc_profile=told)
    source = open_source(tmp_path / "in.png")
    store = stored(source.read(Window(0, 0, 40, 50)), source.origin)
    options = ExportOptions(profile="keep", lossless=ending == "webp", quality=100)
    assert export(store, tmp_path / f"out.{ending}", options) == ()
    with Image.open(tmp_path / f"out.{ending}") as image:
        assert image.info["icc_profile"] == told
        assert worst(np.asarray(image), muted) <= (2 if ending != "jpg" else 6)
    assert export(store, tmp_path / f"usual.{ending}") == ()
    with Image.open(tmp_path / f"usual.{ending}") as image:
        assert image.info["icc_profile"] != told


def test_deep_values_with_opacity_are_kept_too(tmp_path, stored):
    told = profile(*ADOBE)
    shown = MatrixProfile.parse(told).from_srgb(PIXELS.astype(np.uint16) * 257)  # what sRGB can show
    deep = np.dstack([shown, np.full((40, 50), 65535, np.uint16)])
    tifffile.imwrite(tmp_path / "in.tif", deep, photometric="rgb", extrasamples=["unassalpha"], iccprofile=told)
    source = open_source(tmp_path / "in.tif", Reading(depth="keep"))
    everything = Window(0, 0, 40, 50)
    store = stored(np.dstack([source.read(everything), source.read_mask(everything)]), source.origin)
    assert export(store, tmp_path / "out.tif", KEEP) == ()
    assert worst(tifffile.imread(tmp_path / "out.tif"), deep) <= 16
    assert tifffile.TiffFile(tmp_path / "out.tif").pages[0].tags[34675].value == told


@pytest.mark.parametrize(("levels", "most"), [(np.uint8, 2), (np.uint16, 64)])
def test_colors_that_srgb_cannot_show_are_drawn_in_and_let_out(levels, most):
    pixels = (PIXELS.astype(np.uint32) * (np.iinfo(levels).max // 255)).astype(levels)
    matrix = MatrixProfile.parse(profile(*P3))
    drawn = matrix.to_srgb(pixels, draw_in=True)
    back = matrix.from_srgb(drawn, let_out=True)
    differences = np.abs(back.astype(int) - pixels)
    assert np.percentile(differences, 99) <= most
    assert differences.mean() < np.abs(matrix.from_srgb(matrix.to_srgb(pixels)).astype(int) - pixels).mean() / 20


def test_what_srgb_shows_with_ease_stays_as_it_is():
    matrix = MatrixProfile.parse(profile(*P3))
    gray = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    muted = PIXELS // 8 + 112
    for pixels in (gray, muted):
        assert np.array_equal(matrix.to_srgb(pixels, draw_in=True), matrix.to_srgb(pixels))


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("kind", ["png", "webp"])  # read by GDAL, by Pillow
def test_a_file_in_display_p3_comes_back(tmp_path, stored, ending, kind):
    told = profile(*P3)
    Image.fromarray(PIXELS).save(tmp_path / f"in.{kind}", icc_profile=told, lossless=True)
    source = open_source(tmp_path / f"in.{kind}", Reading(keep_profile=True))
    assert source.origin.draws_in
    store = stored(source.read(Window(0, 0, 40, 50)), source.origin)
    assert export(store, tmp_path / f"out.{ending}", KEEP) == ()
    with Image.open(tmp_path / f"out.{ending}") as image:
        assert image.info["icc_profile"] == told
        assert np.abs(np.asarray(image).astype(int) - PIXELS).mean() < 0.3


def test_what_cannot_be_kept_is_told(tmp_path, stored, srgb):
    Image.fromarray(PIXELS).save(tmp_path / "in.png", icc_profile=srgb)
    origin = open_source(tmp_path / "in.png").origin
    (note,) = export(stored(PIXELS, origin), tmp_path / "out.png", KEEP)
    assert "written in sRGB" in note
    Image.fromarray(PIXELS).save(tmp_path / "in.png", icc_profile=profile(*P3))
    origin = open_source(tmp_path / "in.png").origin
    assert export(stored(PIXELS, origin), tmp_path / "out.dzi", KEEP) == (
        "dzi has no room for a color profile: its colors are sRGB",
    )


def test_a_profile_without_an_inverse_is_not_kept(tmp_path):
    flat = ((0.4, 0.4, 0.1),) * 3
    Image.fromarray(PIXELS).save(tmp_path / "in.png", icc_profile=profile(flat, 2.2))
    assert open_source(tmp_path / "in.png").origin.profile is None
