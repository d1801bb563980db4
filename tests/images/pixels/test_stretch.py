"""Which level a value becomes, and which values levels are named after."""

import numpy as np
import pytest

from tilegan.errors import SettingError
from tilegan.images.pixels.stretch import Stretch, is_picture, named_range, pixel_dtype, to_opacity, type_range

RAMP = np.arange(1001, dtype=np.float64).reshape(-1, 1, 1)


def chosen(rule, values, bits=None):
    dtype = values.dtype
    return Stretch.choose(rule, dtype, bits or 8 * dtype.itemsize, lambda: (values, None))


@pytest.mark.parametrize(
    ("rule", "edges"),
    {None: (5, 995), "percentile": (5, 995), "minmax": (0, 1000), "dtype": (0, 1), "-2,8.5": (-2, 8.5)}.items(),
)
def test_rules(rule, edges):
    stretch = chosen(rule, RAMP)
    assert (stretch.low, stretch.high) == edges


def test_eight_bits_stay_unless_a_rule_is_named():
    values = (RAMP / 10).astype(np.uint8)
    assert chosen(None, values) == Stretch(0, 255)
    assert chosen("minmax", values) == Stretch(0, 100)
    np.testing.assert_array_equal(chosen("0,100", values).apply(values)[[0, 200, 1000], 0, 0], [0, 51, 255])


@pytest.mark.parametrize(
    ("dtype", "bits", "edges"),
    [("uint16", 16, (0, 65535)), ("uint16", 12, (0, 4095)), ("int16", 16, (-32768, 32767)), ("float32", 32, (0, 1))],
)
def test_the_range_of_a_type(dtype, bits, edges):
    assert type_range(np.dtype(dtype), bits) == edges


def test_sixteen_bits_come_through_unchanged():
    values = np.random.default_rng(0).integers(0, 65536, (50, 60, 3), dtype=np.uint16)
    np.testing.assert_array_equal(chosen("dtype", values).apply(values, np.uint16), values)


def test_levels_of_sixteen_bits_lead_back_to_the_values():
    values = np.random.default_rng(0).integers(-500, 3000, (40, 50, 1)).astype(np.int16)
    stretch = chosen("minmax", values)
    levels = stretch.apply(values, np.uint16)
    back = stretch.low + levels / 65535 * (stretch.high - stretch.low)
    np.testing.assert_array_equal(np.round(back).astype(np.int16), values)


def test_depth():
    kept = [
        str(pixel_dtype("keep", np.dtype(name), bits)) for name, bits in [("uint16", 16), ("uint8", 8), ("int8", 8)]
    ]
    assert kept == ["uint16", "uint8", "uint8"]
    assert pixel_dtype("keep", np.dtype("float32"), 32) == np.uint16
    assert pixel_dtype("8", np.dtype("float32"), 32) == np.uint8


def test_opacity_of_any_type():
    np.testing.assert_array_equal(to_opacity(np.array([0, 1, 255], np.uint8), np.dtype(np.uint8)), [0, 1, 255])
    np.testing.assert_array_equal(to_opacity(np.array([0, 1, 65535], np.uint16), np.dtype(np.uint8)), [0, 1, 255])
    np.testing.assert_array_equal(to_opacity(np.array([0, 7], np.uint16), np.dtype(np.uint16)), [0, 7])
    np.testing.assert_array_equal(to_opacity(np.array([0, 0.5, 1], np.float32), np.dtype(np.uint8)), [0, 128, 255])


@pytest.mark.parametrize("rule", ["", "5", "5,5", "9,2", "a,b", "0,inf", "1,2,3", "mean"])
def test_rules_that_make_no_sense(rule):
    with pytest.raises(SettingError, match="percentile, minmax, dtype, or LOW,HIGH"):
        named_range(rule)


def test_what_was_made_to_be_looked_at():
    sixteen = np.dtype(np.uint16)
    assert all(is_picture(name, sixteen) for name in ("PNG", "JPEG", "WEBP", "AVIF"))
    assert not any(is_picture(name, sixteen) for name in ("GTiff", "JP2OpenJPEG", "netCDF", None))
    assert not is_picture("PNG", np.dtype(np.float32))


def test_the_rule_is_told():
    assert [chosen(rule, RAMP).rule for rule in (None, "minmax", "dtype", "1,2")] == [
        "percentile",
        "minmax",
        "dtype",
        "as asked for",
    ]


def sparse(share, values, background=0, dtype="uint16"):
    """An image of a background in which a share of the pixels has values in turn."""
    image = np.full((300, 400, 1), background, dtype)
    count = max(1, int(share * image.size))
    places = np.random.default_rng(0).choice(image.size, count, replace=False)
    image.reshape(-1)[places] = np.resize(values, count)
    return image


@pytest.mark.parametrize("share", [0.0005, 0.003, 0.004])
@pytest.mark.parametrize(("background", "dtype"), [(0, "uint16"), (120, "uint16"), (0, "float32"), (3000, "uint16")])
def test_a_sparse_signal_keeps_its_levels(share, background, dtype):
    image = sparse(share, np.arange(200, 4200, 7), background, dtype)
    stretch = chosen(None, image)
    assert len(np.unique(stretch.apply(image))) >= min(16, len(np.unique(image)))
    assert stretch.rule == "percentile of what is not background, of which there is too much"
    assert stretch.low <= background <= stretch.high


def test_one_hot_pixel_does_not_hide_a_sparse_signal():
    image = sparse(0.003, np.arange(200, 600))
    image[0, 0] = 65535
    assert chosen(None, image).high < 700


def test_what_has_few_values_has_few_levels():
    two = sparse(0.2, [1])
    assert chosen(None, two) == Stretch(0, 1)
    assert chosen(None, two).rule == "percentile"
    assert chosen(None, np.full((9, 9, 1), 7, np.uint16)) == Stretch(7, 8)
    labels = sparse(0.002, np.arange(1, 11))
    assert len(np.unique(chosen(None, labels).apply(labels))) == 11
