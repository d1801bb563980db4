"""What a format cannot hold is refused before any work, with one that can."""

import numpy as np
import pytest

from tilegan.errors import OutputError, SettingError
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.checks import check_export, check_memory
from tilegan.images.formats.register import kind_of

DEEP = {"levels": np.uint16}
CLEAR = {"channels": 4}


@pytest.mark.parametrize(
    ("path", "height", "width", "asked"),
    [
        ("a.jpg", 65_500, 1, {}),
        ("a.webp", 16_383, 16_383, CLEAR),
        ("a.png", 1_000_000, 9, DEEP | CLEAR),
        ("a.tif", 10**7, 10**7, DEEP | CLEAR),
        ("a.tif", 9, 9, CLEAR | {"options": ExportOptions("webp")}),
        ("a.tif", 9, 9, CLEAR | {"opacity": "mask", "options": ExportOptions("jpeg")}),
        ("a.dzi", 10**6, 10**6, CLEAR),
        ("a.zarr", 10**7, 10**7, DEEP | CLEAR),
        ("a.jpg", 9, 9, {"options": ExportOptions("jpeg", lossless=True)}),  # options of other formats mean nothing
    ],
)
def test_what_fits_is_not_refused(path, height, width, asked):
    check_export(path, height, width, **asked)


@pytest.mark.parametrize(
    ("path", "height", "width", "asked", "message"),
    [
        ("a.jpg", 1, 65_501, {}, "1 x 65501 pixels, but jpg holds 65500 a side: use .zarr, .tif or .dzi"),
        ("a.PNG", 1_000_001, 1, {}, "png holds 1000000 a side: use .zarr, .tif or .dzi"),
        ("a.webp", 1, 16_384, {}, "1 x 16384 pixels, but webp holds 16383 a side: use .zarr, .tif or .dzi"),
        ("a.jpg", 9, 9, DEEP, "jpg holds 8 bits, not 16: use .zarr, .tif or .png, or a depth of 8"),
        ("a.webp", 9, 9, DEEP, "webp holds 8 bits, not 16: use .zarr, .tif or .png, or a depth of 8"),
        ("a.dzi", 9, 9, DEEP, "dzi holds 8 bits, not 16"),
        ("a.jpeg", 9, 9, CLEAR, "jpg holds no transparency: use .zarr, .tif, .png, .webp or .dzi"),
        ("a.tif", 9, 9, CLEAR | {"options": ExportOptions("jpeg")}, "jpeg holds no transparency: use webp"),
        ("a.tif", 9, 9, DEEP | {"options": ExportOptions("webp")}, "webp holds 8 bits, not 16: use deflate or zstd"),
        ("a.tif", 9, 9, {"options": ExportOptions("jpeg", lossless=True)}, "jpeg is always lossy: use deflate"),
        ("a.gif", 1, 1, {}, "unknown ending '.gif': use .zarr, .tif"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(path, height, width, asked, message):
    with pytest.raises(OutputError) as error:
        check_export(path, height, width, **asked)
    assert str(error.value).startswith(f"cannot write {path}: ")
    assert message in str(error.value)


def test_endings_are_known_in_any_case():
    assert [kind_of(f"a.b.{ending}") for ending in ("JPEG", "Tiff", "dzi", "WebP")] == ["jpg", "tif", "dzi", "webp"]


def test_impossible_options_are_told():
    with pytest.raises(SettingError, match="no compression 'zip': use deflate, zstd"):
        ExportOptions("zip")
    for quality in (0, 101):
        with pytest.raises(SettingError, match=f"no quality {quality}: give 1 to 100"):
            ExportOptions(quality=quality)


def test_a_webp_that_takes_too_much_memory_is_refused_with_what_it_takes():
    check_memory("a.webp", 1000, 1000, 13_000_000)
    check_memory("a.png", 10**6, 10**6, 0)
    with pytest.raises(OutputError, match=r"takes 124 MiB .* 12 MiB are allowed: use \.zarr, \.tif, \.png"):
        check_memory("a.webp", 1000, 10_000, 13_000_000)
