"""Source and translation blended: by hand-computed numbers, and the same whatever is blended at once."""

import tracemalloc
from itertools import pairwise

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import tilegan
from tilegan.errors import SettingError
from tilegan.geometry import Window
from tilegan.images.pixels.oklab import to_oklab
from tilegan.inference.blend import blend, blend_bytes
from tilegan.inference.rendering import Rendering
from tilegan.translator import Translator


def image(height, width, levels=np.uint8, seed=0):
    most = np.iinfo(levels).max
    return np.random.default_rng(seed).integers(0, most + 1, (height, width, 3)).astype(levels)


def blended(source, stylized, strength=1.0, keep_colors=False):
    result = stylized.copy()
    blend(source, result, strength, keep_colors)
    return result


def one(source, stylized, strength=1.0, keep_colors=False):
    """The blend of two colors."""
    pixels = (np.array([[color]], np.uint8) for color in (source, stylized))
    return blended(*pixels, strength, keep_colors)[0, 0].tolist()


def test_hand_computed_blends():
    # lightness 0.5 is L = 0.5 * 0.706 / (1.17087 * 0.53) = 0.56885, light L ** 3 = 0.18407, and the curve of sRGB gives
    # 1.055 * 0.18407 ** (1 / 2.4) - 0.055 = 0.46616 of 255; 0.25 likewise is L = 0.34767, light 0.04203, 0.22667 of 255
    assert one((0, 0, 0), (255, 255, 255), 0.5) == [119] * 3
    assert one((0, 0, 0), (255, 255, 255), 0.25) == [58] * 3
    assert one((255, 255, 255), (0, 0, 0), 0.75) == [58] * 3


def test_a_blend_of_blue_and_white_is_blue():
    # blue's a and b are -0.03246 and -0.31153, white's are 0; CIE Lab would turn it purple
    _, a, b = (plane[0, 0] for plane in to_oklab(np.array([[one((0, 0, 255), (255, 255, 255), 0.5)]], np.uint8)))
    assert a / b == pytest.approx(0.03246 / 0.31153, abs=5e-3)


@pytest.mark.parametrize(("noise", "most"), [((1, 1, 1), 2), ((1, 0, 0), 6), ((0, 0, 1), 7)])
def test_a_level_of_noise_in_black_stays_dim(noise, most):
    with_noise, without = (np.array(one(black, (128, 128, 128), 0.5)) for black in (noise, (0, 0, 0)))
    assert np.abs(with_noise - without).max() <= most


def test_hand_computed_kept_colors():
    green, gray = (0, 128, 0), (110, 110, 110)  # L of both is 0.52
    found = to_oklab(np.array([[one(green, gray, 1, True)]], np.uint8))
    wanted = to_oklab(np.array([[gray]], np.uint8))[0], -0.14030, 0.10768
    for plane, number in zip(found, wanted, strict=True):
        assert plane[0, 0] == pytest.approx(float(np.ravel(number)[0]), abs=6e-3)
    assert one(green, (0, 0, 0), 1, True) == [0, 0, 0]
    assert one(green, (255, 255, 255), 1, True) == [255, 255, 255]
    assert one((120, 90, 60), (120, 90, 60), 1, True) == [120, 90, 60]


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("scale", [1, 2])
def test_the_ends_are_exact(levels, scale):
    source, stylized = image(30, 40, levels), image(30 * scale, 40 * scale, levels, seed=1)
    np.testing.assert_array_equal(blended(source, stylized), stylized)
    for keep_colors in (False, True):
        repeated = source.repeat(scale, 0).repeat(scale, 1)
        np.testing.assert_array_equal(blended(source, stylized, 0, keep_colors), repeated)
        np.testing.assert_array_equal(blended(source, repeated, 0.37, keep_colors), repeated)


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_gray_stays_gray_and_lightness_is_the_styles(levels):
    stylized = image(50, 60, levels, seed=1)
    gray = image(50, 60, levels)[..., :1].repeat(3, axis=2)
    for strength in (0.3, 1):
        result = blended(gray, stylized, strength, keep_colors=True)
        assert (result == result[..., :1]).all()
    wanted, found = to_oklab(stylized)[0], to_oklab(blended(image(50, 60, levels), stylized, 1, True))[0]
    assert np.abs(wanted - found).max() < (0.02 if levels == np.uint8 else 2e-4)


def test_more_strength_is_more_of_the_style():
    source, stylized = image(40, 50), image(40, 50, seed=1)
    away = [
        np.sqrt(
            sum(
                np.square(new - old)
                for new, old in zip(to_oklab(blended(source, stylized, s)), to_oklab(source), strict=True)
            )
        ).mean()
        for s in (0, 0.25, 0.5, 0.75, 1)
    ]
    steps = [after - before for before, after in pairwise(away)]
    np.testing.assert_allclose(steps, away[-1] / 4, rtol=0.05)  # equal steps of strength, as the eye sees them


PIXELS = st.tuples(st.integers(1, 300), st.integers(1, 300))


@given(
    PIXELS,
    st.sampled_from([1, 2, 3]),
    st.sampled_from([np.uint8, np.uint16]),
    st.floats(0, 1),
    st.booleans(),
    st.data(),
)
def test_a_part_has_the_pixels_of_the_whole_to_the_last_bit(shape, scale, levels, strength, keep_colors, data):
    height, width = shape
    source, stylized = image(height, width, levels), image(height * scale, width * scale, levels, seed=1)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    part = Window(top, left, data.draw(st.integers(1, height - top)), data.draw(st.integers(1, width - left)))
    fine = part.scaled(scale)
    inside = (slice(fine.top, fine.bottom), slice(fine.left, fine.right))
    whole = blended(source, stylized, strength, keep_colors)
    alone = blended(source[part.top : part.bottom, part.left : part.right], stylized[inside], strength, keep_colors)
    np.testing.assert_array_equal(alone, whole[inside])


def test_what_it_takes_does_not_grow_with_the_image():
    for levels, scale, shape in ((np.uint8, 1, (700, 600)), (np.uint16, 2, (300, 900)), (np.uint16, 1, (3, 90_000))):
        source, stylized = image(*shape, levels), image(shape[0] * scale, shape[1] * scale, levels, seed=1)
        blend(source, stylized, 0.5)  # keeps a table
        tracemalloc.start()
        blend(source, stylized, 0.5, keep_colors=True)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken <= blend_bytes()


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), float("inf")])
def test_other_strengths_are_refused(strength):
    with pytest.raises(SettingError, match=r"a strength of .* is invalid: give 0"):
        Rendering(strength)


@pytest.mark.parametrize("seams", ["exact", "combo"])
@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
@pytest.mark.parametrize("settings", [{"strength": 0.4}, {"keep_colors": True}, {"strength": 0.6, "keep_colors": True}])
def test_arrays_are_blended_exactly_whatever_the_chunks(random_translator, seams, levels, settings):
    pixels = image(70, 61, levels)
    for chunks in (-1, ((1, 40, 29), (33, 28), 3)):
        array = da.from_array(pixels, chunks)
        plain, result = (
            tilegan.stylize_array(array, random_translator, seams=seams, window=32, **how).compute()
            for how in ({}, settings)
        )
        assert (result != plain).any()
        np.testing.assert_array_equal(result, blended(pixels, plain, **settings))


def test_models_that_enlarge_repeat_the_source():
    enlarging = Translator.of(
        nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2), nn.Tanh()), {"name": "some"}, tile_size=16
    )
    pixels = image(33, 20)
    array = da.from_array(pixels, chunks=(16, 11, 3))
    result = tilegan.stylize_array(array, enlarging, strength=0.5).compute()
    np.testing.assert_array_equal(result, blended(pixels, enlarging.translate(pixels), 0.5))
    nothing = tilegan.stylize_array(array, enlarging, strength=0).compute()
    np.testing.assert_array_equal(nothing, pixels.repeat(2, 0).repeat(2, 1))
