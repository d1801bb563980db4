"""Mountain ranges, one behind the other, each a little paler in the haze."""

from dataclasses import dataclass

import numpy as np

from tilegan.landscape.canvas import Color, Frame, Planes, between, lay, ramp
from tilegan.landscape.noise import Line, Plane, octaves_line, octaves_plane


@dataclass(frozen=True)
class Ridge:
    """One range: heights are fractions of the image's height; ``haze`` is 0 near and 1 out of sight."""

    foot: float
    relief: float
    frequency: float
    haze: float
    ground: Color
    snowline: float = 0.0


RIDGES = (
    Ridge(0.440, 0.20, 2.6, 0.66, (0.46, 0.46, 0.58)),
    Ridge(0.500, 0.40, 1.9, 0.26, (0.40, 0.37, 0.42), snowline=0.37),
    Ridge(0.550, 0.17, 2.7, 0.22, (0.24, 0.32, 0.30)),
    Ridge(0.580, 0.09, 2.9, 0.10, (0.14, 0.27, 0.13)),
)


class Mountains:
    """The ranges above some columns of the picture."""

    def __init__(self, frame: Frame, columns: Line) -> None:
        self.frame = frame
        self.columns = columns
        self.crests = [self._crest(number) for number in range(len(RIDGES))]
        self.beyond = int(frame.unit * 0.2) + 2  # more than spurs extend sideways, see _chain
        self.spurs = [self._spurs(number) for number in range(len(RIDGES))]

    def paint(self, planes: Planes, rows: Line, y: Plane) -> None:
        """Paint the ranges over the planes; outlines are evaluated at ``y``, textures at ``rows``."""
        highest, lowest = float(y.min()), float(y.max())
        for number, crest in enumerate(self.crests):
            hidden = any(float(nearer.max()) < highest - 2 for nearer in self.crests[number + 1 :])
            if lowest > float(crest.min()) - 2 and not hidden:
                self._chain(planes, number, rows, y)

    def _crest(self, number: int) -> Plane:
        """Return the row of the crest in each column."""
        ridge, seed = RIDGES[number], self.frame.seed + 200 + 40 * number
        x = self.columns / self.frame.unit * ridge.frequency
        sharp = octaves_line(seed, x, self.frame.octaves(ridge.frequency, 10), 0.47, ridged=True)
        broad = octaves_line(seed + 20, x * 0.6, 2)
        rise: Plane = sharp * np.float32(1.15) + broad * np.float32(0.75) - np.float32(0.72)
        rise = np.minimum(np.maximum(rise, rise * np.float32(0.15)), 1)
        return np.float32(self.frame.height) * (np.float32(ridge.foot) - np.float32(ridge.relief) * rise)

    def _spurs(self, number: int) -> Plane:
        """Return how much faces are turned to the light, along a line that extends beyond the columns on both sides."""
        ridge, seed = RIDGES[number], self.frame.seed + 300 + 40 * number
        reach = np.arange(self.columns[0] - self.beyond, self.columns[-1] + self.beyond + 1)
        x = reach / self.frame.unit * ridge.frequency * 2.5
        return octaves_line(seed, x, self.frame.octaves(ridge.frequency * 2, 5), 0.6, ridged=True)

    def _chain(self, planes: Planes, number: int, rows: Line, y: Plane) -> None:
        ridge, frame, mood = RIDGES[number], self.frame, self.frame.mood
        below = y - self.crests[number]
        depth = below / np.float32(frame.height)
        frequency = 11.0 * ridge.frequency
        x = self.columns / frame.unit * frequency
        grain = octaves_plane(
            frame.seed + 400 + 40 * number, rows / frame.unit * frequency * 0.8, x, frame.octaves(frequency), 0.66
        )
        grain -= np.float32(0.5)
        # two families of spurs run down to the left and to the right; whichever covers the other gives light or shade
        run = np.clip(depth, -0.02, 0.24) * np.float32(0.75) + grain * np.float32(0.035)
        shift = np.rint(run * np.float32(frame.unit)).astype(np.int32)
        spurs, middle = self.spurs[number], np.arange(len(self.columns), dtype=np.int32) + self.beyond
        left, right = spurs[middle + shift], spurs[middle - shift]
        light = np.clip((left - right) * np.float32(1.4) + grain * np.float32(1.3) + np.float32(0.5), 0, 1)
        tone = between(mood.shade, mood.light, light)
        rough = 1 + grain * np.float32(0.9)
        for value in tone:
            value *= rough
        ground: Planes = [np.float32(1.9 * part) * value for part, value in zip(ridge.ground, tone, strict=True)]
        if ridge.snowline:
            above = (np.float32(ridge.snowline) - y / np.float32(frame.height)) * np.float32(9)
            snow = ramp(above + grain * np.float32(2.4) + light * np.float32(0.7), 0.1, 0.6)
            lay(ground, [np.float32(0.28) + np.float32(0.76) * value for value in tone], snow)
        mist = np.clip(np.float32(ridge.haze) + np.clip(depth * np.float32(1.5), 0, np.float32(0.42)), 0, 1)
        lay(ground, mood.haze, mist)
        lay(planes, ground, np.clip(below + np.float32(0.5), 0, 1))
