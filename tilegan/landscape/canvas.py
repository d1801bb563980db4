"""What the parts of the landscape share: the frame, the colours and how colours are laid over each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilegan.landscape.noise import Plane

# Heights of the scene, as parts of the image's height from the top.
WATERLINE = 0.60
SHORE = 0.79

Colour = tuple[float, float, float]
Planes = list[Plane]  # red, green and blue, each (rows, columns), 0 .. 1


@dataclass(frozen=True)
class Mood:
    """The colours of one hour of the day."""

    zenith: Colour
    sky: Colour
    glow: Colour
    haze: Colour
    cloud: Colour
    cloud_shadow: Colour
    light: Colour
    shade: Colour
    grass_shade: Colour
    grass_light: Colour
    leaves: Colour


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
    """The whole picture: its height and width in pixels and its seed."""

    height: int
    width: int
    seed: int

    @property
    def unit(self) -> float:
        """The length, in pixels, that all features are measured in."""
        return math.sqrt(self.height * self.width)

    @property
    def mood(self) -> Mood:
        """The colours that the seed chooses."""
        return MOODS[self.seed % len(MOODS)]

    def octaves(self, frequency: float, most: int = 32) -> int:
        """How many octaves of noise fit between ``frequency`` cells per unit and cells of about two pixels."""
        return min(most, max(1, int(math.log2(max(1.0, self.unit / frequency / 1.5))) + 1))


def ramp(value: Plane, low: float, high: float) -> Plane:
    """0 below ``low``, 1 above ``high``, smooth between."""
    part = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    smooth: Plane = part * part * (3 - 2 * part)
    return smooth


def between(dark: Colour, bright: Colour, share: Plane) -> Planes:
    """The colours on the way from ``dark`` (share 0) to ``bright`` (share 1)."""
    return [np.float32(first) + np.float32(last - first) * share for first, last in zip(dark, bright, strict=True)]


def lay(planes: Planes, colour: Sequence[float | Plane], share: Plane) -> None:
    """Lay a colour over the planes, in place; ``share`` 0 leaves them, 1 covers them."""
    for plane, value in zip(planes, colour, strict=True):
        plane += (value - plane) * share
