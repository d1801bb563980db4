"""Colors of other spaces and profiles, against Pillow's own conversion of the whole image."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.pixels.color import conversion
from tilegan.images.pixels.icc import MatrixProfile
from tilegan.images.readers.raster import RasterSource

PIXELS = np.random.default_rng(6).integers(0, 256, (40, 50, 4), dtype=np.uint8)
FULL, PART = Window(0, 0, 40, 50), Window(7, 11, 23, 30)


def profile(space: str = "RGB ", gamma: float = 1.8, swapped: bool = False) -> bytes:
    """A profile of one gamma, with the colors of sRGB or with red and green in each other's place."""
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\x05test\0" + bytes(80), b"wtpt": _xyz(0.9642, 1, 0.8249)}
    curve = b"curv\0\0\0\0\0\0\0\x01" + struct.pack(">H", round(gamma * 256)) + b"\0\0"
    if space == "GRAY":
        tags[b"kTRC"] = curve
    else:
        columns = [(0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)]
        for band, column in zip((b"g", b"r", b"b") if swapped else (b"r", b"g", b"b"), columns, strict=True):
            tags |= {band + b"XYZ": _xyz(*column), band + b"TRC": curve}
    table, content = b"", b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    size = 132 + len(table) + len(content)
    header = struct.pack(">II4s4s4s4s", size, 0, b"\x02\x10\0\0", b"mntr", space.encode(), b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def by_pillow(image: Image.Image, icc: bytes) -> np.ndarray:
    target = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, io.BytesIO(icc), target, outputMode="RGB")).astype(int)


@pytest.mark.parametrize("kind", ["png", "tif", "webp"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_profile_is_applied_in_any_window(tmp_path, kind, mode):
    icc = profile("GRAY" if mode == "L" else "RGB ", swapped=True)
    image = Image.fromarray(PIXELS).convert(mode)
    expected = by_pillow(image.convert("RGB") if mode in ("RGBA", "P") else image, icc)
    image.save(tmp_path / f"a.{kind}", icc_profile=icc, **({"lossless": True, "exact": True} if kind == "webp" else {}))
    if kind == "webp" and mode == "L":
        pytest.skip("WebP has no gray")
    source = open_source(tmp_path / f"a.{kind}")
    assert source.origin.color_managed
    assert source.remarks == ()
    assert np.abs(source.read(FULL) - expected).max() <= 1
    np.testing.assert_array_equal(source.read(PART), source.read(FULL)[7:30, 11:41])


def test_a_profile_in_a_jpeg_is_applied(tmp_path):
    Image.fromarray(PIXELS[..., :3]).save(tmp_path / "plain.jpg")
    Image.fromarray(PIXELS[..., :3]).save(tmp_path / "a.jpg", icc_profile=profile())
    plain = open_source(tmp_path / "plain.jpg").read(FULL)
    expected = by_pillow(Image.fromarray(plain), profile())
    assert np.abs(open_source(tmp_path / "a.jpg").read(FULL) - expected).max() <= 1


def test_a_profile_that_is_srgb_changes_nothing(tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PIXELS[..., :3]).save(tmp_path / "a.png", icc_profile=icc)
    source = open_source(tmp_path / "a.png")
    np.testing.assert_array_equal(source.read(FULL), PIXELS[..., :3])
    assert source.origin.color_managed


@pytest.mark.parametrize("icc", [b"no profile", profile()[:200], profile("GRAY")], ids=["text", "cut", "gray"])
def test_a_broken_profile_is_told_and_passed_over(tmp_path, icc):
    Image.fromarray(PIXELS[..., :3]).save(tmp_path / "a.tif", icc_profile=icc)
    source = open_source(tmp_path / "a.tif")
    np.testing.assert_array_equal(source.read(FULL), PIXELS[..., :3])
    assert not source.origin.color_managed
    assert len(source.remarks) == 1
    assert "color profile is broken" in source.remarks[0]


@pytest.mark.parametrize("name", ["a.tif", "lzw.tif", "jpeg.tif", "a.jpg"])
def test_inks(tmp_path, name):
    smooth = np.asarray(Image.fromarray(PIXELS[:5, :6]).resize((50, 40), Image.Resampling.BICUBIC))
    image = Image.frombytes("CMYK", (50, 40), smooth.tobytes())
    options = {"lzw.tif": {"compression": "tiff_lzw"}, "jpeg.tif": {"compression": "jpeg"}, "a.jpg": {"quality": 100}}
    image.save(tmp_path / name, **options.get(name, {}))
    with Image.open(tmp_path / name) as stored:
        expected = np.asarray(stored.convert("RGB")).astype(int)
    source = open_source(tmp_path / name)
    assert isinstance(source, RasterSource)  # in parts
    assert (source.bands, source.origin.color_managed, source.origin.opacity) == (4, True, None)
    assert np.abs(source.read(FULL) - expected).max() <= 1
    np.testing.assert_array_equal(source.read(PART), source.read(FULL)[7:30, 11:41])


def test_inks_of_sixteen_bits(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", PIXELS.astype(np.uint16) * 257, photometric="separated")
    expected = Image.frombytes("CMYK", (50, 40), PIXELS.tobytes()).convert("RGB")
    np.testing.assert_array_equal(open_source(tmp_path / "a.tif").read(FULL), expected)
    kept = open_source(tmp_path / "a.tif", Reading(depth="keep"))
    np.testing.assert_array_equal(kept.read(FULL), np.asarray(expected).astype(np.uint16) * 257)


@pytest.mark.parametrize("photometric", [8, 9])  # a and b with signs, and without
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lab(tmp_path, photometric, dtype):
    lab = PIXELS[..., :3].copy()
    expected = np.asarray(
        ImageCms.profileToProfile(
            Image.frombytes("LAB", (50, 40), lab.tobytes()),
            ImageCms.createProfile("LAB"),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    )
    if photometric == 9:
        lab[..., 1:] ^= 128
    values = lab.astype(dtype) << (8 if dtype == np.uint16 else 0)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=photometric)
    source = open_source(tmp_path / "a.tif")
    assert isinstance(source, RasterSource)
    np.testing.assert_array_equal(source.read(FULL), expected)
    assert source.origin.color_managed


@pytest.mark.parametrize("swapped", [False, True])
def test_sixteen_bits_keep_their_depth_through_a_profile(tmp_path, swapped):
    icc = profile(swapped=swapped)
    values = PIXELS[..., :3].astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", iccprofile=icc)
    source = open_source(tmp_path / "a.tif", Reading(depth="keep"))
    expected = by_pillow(Image.fromarray(PIXELS[..., :3]), icc)
    assert np.abs(source.read(FULL) / 257 - expected).max() <= 1.1
    assert (source.origin.low, source.origin.high) == (0, 65535)  # a profile tells what values mean
    assert len(np.unique(source.read(FULL) % 257)) > 50


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [(0, [2.2]), (3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]), (1, [2, 1.2, -0.2]), (2, [2, 1.2, -0.2, 0])],
)
def test_curves_by_formula_are_those_of_the_standard(kind, numbers):
    icc = bytearray(profile())
    fixed = [round(number * 65536) for number in numbers]
    para = b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)
    start = len(icc)
    for position in range(132, 132 + 12 * 8, 12):
        if icc[position + 1 : position + 4] == b"TRC":
            icc[position + 4 : position + 12] = struct.pack(">II", start, len(para))
    icc[:4] = struct.pack(">I", start + len(para))
    full = bytes(icc) + para
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    converted = MatrixProfile.parse(full).to_srgb(levels.astype(np.uint16) * 257)
    assert np.abs(converted / 257 - by_pillow(Image.fromarray(levels), full)).max() <= 1.2


def test_other_profiles_are_applied_at_eight_bits():
    assert MatrixProfile.parse(profile("GRAY")) is None
    assert MatrixProfile.parse(b"") is None
    gray = conversion("gray", profile("GRAY"))
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16, 1) * 257
    np.testing.assert_array_equal(gray.apply(levels), gray.apply((levels // 257).astype(np.uint8)).astype(int) * 257)
