"""Shared by all parts of the landscape: the frame, colors, and blending."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilegan.landscape.noise import Plane

# Heights of the scene, as fractions of the image's height from the top.
WATERLINE = 0.60
SHORE = 0.79

Color = tuple[float, float, float]
Planes = list[Plane]  # red, green and blue, each (rows, columns), 0 .. 1


@dataclass(frozen=True)
class Mood:
    """The colors of one hour of the day."""

    zenith: Color
    sky: Color
    glow: Color
    haze: Color
    cloud: Color
    cloud_shadow: Color
    light: Color
    shade: Color
    grass_shade: Color
    grass_light: Color
    leaves: Color


MOODS = (
    Mood(  # late afternoon
        zenith=(0.07, 0.25, 0.60),
        sky=(0.74, 0.80, 0.86),
        glow=(1.00, 0.70, 0.36),
        haze=(0.80, 0.76, 0.80),
        cloud=(1.00, 0.94, 0.86),
        cloud_shadow=(0.58, 0.58, 0.72),
        light=(1.00, 0.86, 0.66),
        shade=(0.26, 0.31, 0.52),
        grass_shade=(0.10, 0.24, 0.07),
        grass_light=(0.62, 0.68, 0.20),
        leaves=(0.20, 0.36, 0.12),
    ),
    Mood(  # after sunset
        zenith=(0.15, 0.13, 0.38),
        sky=(0.88, 0.54, 0.46),
        glow=(1.00, 0.56, 0.22),
        haze=(0.80, 0.55, 0.56),
        cloud=(1.00, 0.68, 0.46),
        cloud_shadow=(0.44, 0.30, 0.48),
        light=(1.00, 0.66, 0.46),
        shade=(0.24, 0.20, 0.42),
        grass_shade=(0.09, 0.15, 0.08),
        grass_light=(0.56, 0.46, 0.17),
        leaves=(0.18, 0.23, 0.10),
    ),
    Mood(  # an autumn noon
        zenith=(0.10, 0.36, 0.70),
        sky=(0.74, 0.86, 0.92),
        glow=(1.00, 0.94, 0.74),
        haze=(0.78, 0.85, 0.90),
        cloud=(1.00, 1.00, 0.98),
        cloud_shadow=(0.64, 0.70, 0.80),
        light=(1.00, 0.96, 0.86),
        shade=(0.32, 0.40, 0.56),
        grass_shade=(0.28, 0.24, 0.07),
        grass_light=(0.86, 0.66, 0.20),
        leaves=(0.66, 0.30, 0.08),
    ),
)


@dataclass(frozen=True)
class Frame:
    """The whole picture: height and width in pixels, and seed."""

    height: int
    width: int
    seed: int

    @property
    def unit(self) -> float:
        """Length in pixels in which all features are measured."""
        return math.sqrt(self.height * self.width)

    @property
    def mood(self) -> Mood:
        """Colors selected by the seed."""
        return MOODS[self.seed % len(MOODS)]

    def octaves(self, frequency: float, most: int = 32) -> int:
        """Return the number of octaves of noise between ``frequency`` cells per unit and cells of about two pixels."""
        return min(most, max(1, int(math.log2(max(1.0, self.unit / frequency / 1.5))) + 1))


def ramp(value: Plane, low: float, high: float) -> Plane:
    """Return 0 below ``low``, 1 above ``high``, and a smooth transition between."""
    part = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    smooth: Plane = part * part * (3 - 2 * part)
    return smooth


def between(dark: Color, bright: Color, share: Plane) -> Planes:
    """Interpolate colors from ``dark`` (share 0) to ``bright`` (share 1)."""
    return [np.float32(first) + np.float32(last - first) * share for first, last in zip(dark, bright, strict=True)]


def lay(planes: Planes, color: Sequence[float | Plane], share: Plane) -> None:
    """Blend a color over the planes, in place; ``share`` 0 leaves them, 1 covers them."""
    for plane, value in zip(planes, color, strict=True):
        plane += (value - plane) * share
