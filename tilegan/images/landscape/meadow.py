"""The meadow on the near shore: grass and flowers."""

from dataclasses import dataclass

import numpy as np

from tilegan.images.landscape.canvas import SHORE, Colour, Frame, Planes, between, lay
from tilegan.images.landscape.noise import Line, Plane, hashed, octaves_line, octaves_plane


@dataclass(frozen=True)
class Flower:
    """One kind of flower.

    Attributes:
        colour: of its petals.
        per_unit: plants side by side on one unit.
        share: of the plants that bloom.
        near: where they stand, 0 far .. 1 near.
    """

    colour: Colour
    per_unit: float
    share: float
    near: float


FLOWERS = (
    Flower((0.98, 0.86, 0.26), 150, 0.30, 0.30),
    Flower((0.97, 0.94, 0.92), 110, 0.26, 0.45),
    Flower((0.64, 0.38, 0.80), 80, 0.34, 0.62),
    Flower((0.98, 0.80, 0.20), 62, 0.24, 0.75),
    Flower((0.88, 0.15, 0.10), 46, 0.36, 0.90),
)


class Meadow:
    """The meadow under some columns of the picture."""

    def __init__(self, frame: Frame, columns: Line) -> None:
        self.frame = frame
        self.columns = columns
        x = columns / frame.unit * 1.7
        bay = octaves_line(frame.seed + 800, x, frame.octaves(1.7, 9), 0.40) - np.float32(0.5)
        self.shore = np.float32(frame.height) * (np.float32(SHORE) + bay * np.float32(0.14))

    def paint(self, planes: Planes, rows: Line) -> None:
        """Lay the meadow over the planes, below its shore."""
        frame, mood, y = self.frame, self.frame.mood, rows[:, None].astype(np.float32)
        near = np.clip((rows / frame.height - SHORE + 0.08) / (1 - SHORE + 0.08), 0, None)
        # equal steps of `along` are equal distances on the ground: dense far away, wide at the viewer's feet
        along = np.log(near + 0.12) * 1.1
        x = self.columns / frame.unit
        blades = octaves_plane(frame.seed + 900, along * 34, x * 110, frame.octaves(110), 0.75)
        hills = octaves_plane(frame.seed + 950, along * 4, x * 4, 4)
        light = (blades - np.float32(0.5)) * np.float32(1.7) + (hills - np.float32(0.5)) * np.float32(1.3)
        grass = between(mood.grass_shade, mood.grass_light, np.clip(light + np.float32(0.46), 0, 1))
        for number, flower in enumerate(FLOWERS):
            self._flowers(grass, flower, frame.seed + 1000 + 10 * number, near, along, hills)
        bank = np.exp(-np.clip((y - self.shore) / np.float32(0.012 * frame.height), 0, 8))
        lay(grass, (0.34, 0.29, 0.20), bank * np.float32(0.8))
        lay(planes, grass, np.clip(y - self.shore + np.float32(0.5), 0, 1))

    def _flowers(self, grass: Planes, flower: Flower, seed: int, near: Line, along: Line, hills: Plane) -> None:
        band = np.clip(1.3 - np.abs(near - flower.near) * 4, 0, 1)
        seen = np.flatnonzero(band)
        if not len(seen):
            return
        first, last = seen[0], seen[-1] + 1
        # one plant in each cell, at a random place, so that no bloom is cut by its cell
        down, there_rows = np.modf(along[first:last] * flower.per_unit * 0.36 + 1000)
        across, there_columns = np.modf(self.columns / self.frame.unit * flower.per_unit)
        at = there_rows.astype(np.int64)[:, None], there_columns.astype(np.int64)[None, :]
        place = [np.float32(0.28) + np.float32(0.44) * hashed(seed + axis, *at) for axis in (0, 1)]
        y, x = down.astype(np.float32)[:, None] - place[0], across.astype(np.float32) - place[1]
        crowd = np.clip((hills[first:last] - np.float32(0.36)) * 4, 0, 1) * band[first:last, None].astype(np.float32)
        blooms = hashed(seed + 2, *at) < np.float32(flower.share) * crowd
        radius = np.sqrt(y * y + x * x)
        petals = np.clip((np.float32(0.26) - radius) * np.float32(8), 0, 1) * blooms
        shade = np.float32(1.05) - y * np.float32(0.8) - np.float32(0.5) * (radius < np.float32(0.07))
        lay([plane[first:last] for plane in grass], [np.float32(part) * shade for part in flower.colour], petals)
