"""Colors in OKLab and the curve of sRGB, against published values."""

import numpy as np
import pytest

from tilegan.images.pixels.oklab import to_oklab, to_pixels
from tilegan.images.pixels.srgb import levels_of_light, light_of_levels

K1, K2 = 0.206, 0.03
K3 = (1 + K1) / (1 + K2)
BYTES, WORDS = np.dtype(np.uint8), np.dtype(np.uint16)


def eased(lightness):
    """L_r of OKLab's first L, by the formula of its author."""
    return 0.5 * (K3 * lightness - K1 + ((K3 * lightness - K1) ** 2 + 4 * K2 * K3 * lightness) ** 0.5)


def grays(levels):
    return np.repeat(np.arange(np.iinfo(levels).max + 1, dtype=levels)[None, :, None], 3, axis=2)


def pixel_of(lightness, a, b, levels=BYTES):
    """The pixel of one color, as integers."""
    return to_pixels((np.array([[lightness]]), np.array([[a]]), np.array([[b]])), levels)[0, 0].astype(int)


@pytest.mark.parametrize(("level", "light"), [(0, 0), (10, 0.0030353), (128, 0.2158605), (188, 0.5028865), (255, 1)])
def test_the_curve_of_srgb(level, light):
    assert light_of_levels(BYTES)[level] == pytest.approx(light, abs=1e-6)
    assert levels_of_light(np.array([light]), BYTES) == level


def test_every_level_comes_back_and_what_is_beyond_is_clipped():
    for levels in (BYTES, WORDS):
        every = np.arange(np.iinfo(levels).max + 1)
        np.testing.assert_array_equal(levels_of_light(light_of_levels(levels), levels), every)
        assert levels_of_light(np.array([-0.5, 1.5]), levels).tolist() == [0, every[-1]]


# the first three from the author's own code (bottosson.github.io/misc/ok_color.h), the last from CSS Color 4's tests
@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 0, 0), (0.6279554, 0.2248631, 0.1258463)),
        ((0, 255, 0), (0.8664396, -0.2338876, 0.1794985)),
        ((0, 0, 255), (0.4520137, -0.0324570, -0.3115281)),
        ((255, 255, 255), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((0, 128, 0), (0.51975, -0.14030, 0.10768)),
    ],
)
@pytest.mark.parametrize("levels", [BYTES, WORDS])
def test_published_colors(rgb, lab, levels):
    pixels = np.array([[rgb]], levels) * levels.type(257 if levels == WORDS else 1)
    colors = to_oklab(pixels)
    np.testing.assert_allclose(np.ravel(colors), (eased(lab[0]), *lab[1:]), atol=1e-5)
    np.testing.assert_array_equal(to_pixels(colors, levels), pixels)


# of CSS Color 4's tests, in percent of sRGB
@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        ((0.5, 0.05, 0), (48.477, 34.29, 38.412)),
        ((0.7, -0.1, 0), (29.264, 70.096, 63.017)),
        ((0.7, 0, 0.125), (73.942, 60.484, 19.65)),
        ((0.55, 0, -0.2), (27.888, 38.072, 89.414)),
    ],
)
def test_published_colors_back(lab, rgb):
    np.testing.assert_allclose(pixel_of(eased(lab[0]), *lab[1:], WORDS) / 65535 * 100, rgb, atol=2e-3)


@pytest.mark.parametrize("levels", [BYTES, WORDS])
def test_grays_have_no_chroma_and_all_colors_come_back(levels):
    _, a, b = to_oklab(grays(levels))
    assert not a.any()
    assert not b.any()
    np.testing.assert_array_equal(to_pixels(to_oklab(grays(levels)), levels), grays(levels))
    rng = np.random.default_rng(0)
    some = rng.integers(0, np.iinfo(levels).max + 1, (300, 300, 3), dtype=levels)
    some[:150] = (some[:150] ** rng.random((150, 300, 3))).astype(levels)  # dark ones
    np.testing.assert_array_equal(to_pixels(to_oklab(some), levels), some)


@pytest.mark.parametrize("hue", [0.3, 1.1, 2.0, 3.0, 4.4, 5.5])
@pytest.mark.parametrize("lightness", [0.1, 0.3, 0.6, 0.97])
def test_what_srgb_cannot_show_keeps_lightness_and_hue_and_as_much_chroma_as_there_is(lightness, hue):
    pixel = pixel_of(lightness, np.cos(hue), np.sin(hue), WORDS)
    found, a, b = (float(plane[0, 0]) for plane in to_oklab(pixel[None, None].astype(np.uint16)))
    assert found == pytest.approx(lightness, abs=2e-4)
    assert np.arctan2(b, a) % (2 * np.pi) == pytest.approx(hue, abs=2e-3)
    # at the edge: one of its bands is as low or as high as can be, and with a little more chroma it stays where it is
    assert pixel.min() < 30 or pixel.max() > 65505
    np.testing.assert_allclose(pixel_of(lightness, 1.01 * a, 1.01 * b, WORDS), pixel, atol=30)


def test_black_and_white_have_no_color_whatever_the_chroma():
    assert pixel_of(1.0, 0.1, -0.2).tolist() == [255] * 3
    assert pixel_of(0.0, 0.1, -0.2).tolist() == [0] * 3
