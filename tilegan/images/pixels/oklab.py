"""Colors in OKLab: lightness from 0 (black) to 1 (white), and a, b, whose length is chroma and whose angle is hue.

Equal steps look about equally large, and colors on a line from gray keep their hue; CIE Lab shifts blues to purple.
Source: B. Ottosson, "A perceptual color space for image processing", 2020, https://bottosson.github.io/posts/oklab/.
Lightness is his later L_r ("Okhsv and Okhsl", 2021). L_r of 0.5 is mid-gray, level 119 as in CIE Lab, while 0.5 of the
original L is level 99; and the first level above black is 0.016 instead of 0.067, which would make noise of dark
photographs visible when they are blended with something lighter.

The matrices are written as differences, so that grays have a chroma of exactly 0 and convert back to exact grays. Only
elementwise functions are used, no matrix products, so that no pixel depends on another one, to the last bit.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.pixels.srgb import Floats, levels_of_light, light_of_levels

Planes = tuple[Floats, Floats, Floats]

_K1, _K2 = 0.206, 0.03  # constants of L_r
_K3 = (1 + _K1) / (1 + _K2)
_NARROWINGS = 16  # bisection steps to the sRGB edge: less than half a 16-bit level
_ROUNDING = 1e-6  # light this far outside of 0 to 1 is a rounding error


def to_oklab(pixels: Pixels) -> Planes:
    """Convert sRGB pixels to lightness, a and b.

    Args:
        pixels: uint8 or uint16 (h, w, 3).

    Returns:
        Three arrays (h, w): float32 for 8-bit pixels, float64 for 16-bit ones, some of which float32 cannot tell apart.
    """
    light = _light(pixels.dtype)
    red, green, blue = (light[pixels[..., band]] for band in range(3))
    to_green, to_blue = green - red, blue - red
    long = np.cbrt(red + 0.5363325363 * to_green + 0.0514459929 * to_blue)
    medium = np.cbrt(red + 0.6806995451 * to_green + 0.1073969566 * to_blue)
    short = np.cbrt(red + 0.2817188376 * to_green + 0.6299787005 * to_blue)
    return (
        _eased(long + 0.7936177850 * (medium - long) - 0.0040720468 * (short - long)),
        1.9779984951 * (long - medium) + 0.4505937099 * (short - medium),
        0.0259040371 * (long - short) + 0.7827717662 * (medium - short),
    )


def to_pixels(colors: Planes, levels: np.dtype[Any]) -> Pixels:
    """Convert colors in OKLab to sRGB pixels.

    A color outside of sRGB keeps lightness and hue; its chroma is reduced to the sRGB edge (as in CSS Color 4,
    "Gamut Mapping").

    Args:
        colors: lightness from 0 to 1, a and b, (h, w) each.
        levels: dtype of the pixels, uint8 or uint16.

    Returns:
        Pixels (h, w, 3).
    """
    light = _to_light(*colors)
    beyond = _is_beyond(light)
    if beyond.any():
        lightness, a, b = (plane[beyond] for plane in colors)
        share = _share_inside(lightness, a, b)
        for plane, inside in zip(light, _to_light(lightness, share * a, share * b), strict=True):
            plane[beyond] = inside
    return np.stack([levels_of_light(plane, levels) for plane in light], axis=-1)


@lru_cache
def _light(levels: np.dtype[Any]) -> Floats:
    return light_of_levels(levels).astype(np.float32 if levels == np.uint8 else np.float64)


def _to_light(lightness: Floats, a: Floats, b: Floats) -> Planes:
    """Return linear red, green and blue; below 0 or above 1 for colors outside of sRGB."""
    lightness = lightness * (lightness + _K1) / (_K3 * (lightness + _K2))  # the inverse of _eased
    long = _cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
    medium = _cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
    short = _cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
    to_long, to_short = long - medium, short - medium
    return (
        medium + 4.0767416621 * to_long + 0.2309699292 * to_short,
        medium - 1.2684380046 * to_long - 0.3413193965 * to_short,
        medium - 0.0041960863 * to_long + 1.7076147010 * to_short,
    )


def _eased(lightness: Floats) -> Floats:
    """Return L_r of L."""
    slope = _K3 * lightness - _K1
    eased: Floats = (slope + np.sqrt(slope * slope + 4 * _K2 * _K3 * lightness)) / 2
    return eased


def _cubed(values: Floats) -> Floats:
    return values * values * values


def _is_beyond(light: Planes) -> NDArray[np.bool_]:
    red, green, blue = light
    least = np.minimum(np.minimum(red, green), blue)
    most = np.maximum(np.maximum(red, green), blue)
    return (least < -_ROUNDING) | (most > 1 + _ROUNDING)


def _share_inside(lightness: Floats, a: Floats, b: Floats) -> Floats:
    """Return the share of chroma that reaches the sRGB edge, never beyond; found by bisection."""
    inside, outside = np.zeros_like(a), np.ones_like(a)
    for _ in range(_NARROWINGS):
        middle = (inside + outside) / 2
        beyond = _is_beyond(_to_light(lightness, middle * a, middle * b))
        inside, outside = np.where(beyond, inside, middle), np.where(beyond, middle, outside)
    return inside
