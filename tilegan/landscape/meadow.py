"""The meadow on the near shore: grass and flowers."""

from dataclasses import dataclass

import numpy as np

from tilegan.landscape.canvas import SHORE, Color, Frame, Planes, between, lay
from tilegan.landscape.noise import Line, hashed, octaves_line, octaves_plane

STEPS = 1.1  # units along the ground per factor e of nearness


@dataclass(frozen=True)
class Flower:
    """One kind of flower.

    Attributes:
        color: color of its petals.
        per_unit: plants side by side on one unit.
        share: share of the plants that bloom.
        near: position, from 0 (far) to 1 (near).
    """

    color: Color
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
    """The meadow below some columns of the picture."""

    def __init__(self, frame: Frame, columns: Line) -> None:
        self.frame = frame
        self.columns = columns
        x = columns / frame.unit * 1.7
        bay = octaves_line(frame.seed + 800, x, frame.octaves(1.7, 9), 0.40) - np.float32(0.5)
        self.shore = np.float32(frame.height) * (np.float32(SHORE) + bay * np.float32(0.14))

    def paint(self, planes: Planes, rows: Line) -> None:
        """Paint the meadow over the planes, below its shore."""
        frame, mood, y = self.frame, self.frame.mood, rows[:, None].astype(np.float32)
        near = np.clip((rows / frame.height - SHORE + 0.08) / (1 - SHORE + 0.08), 0, None)
        # equal steps of `along` are equal distances on the ground: dense far away, wide at the viewer's feet
        along = np.log(near + 0.12) * STEPS
        x = self.columns / frame.unit
        blades = octaves_plane(frame.seed + 900, along * 34, x * 110, frame.octaves(110), 0.85)
        hills = octaves_plane(frame.seed + 950, along * 4, x * 4, 4)
        light = (blades - np.float32(0.5)) * np.float32(2.0) + (hills - np.float32(0.5)) * np.float32(1.3)
        grass = between(mood.grass_shade, mood.grass_light, np.clip(light + np.float32(0.46), 0, 1))
        for number, flower in enumerate(FLOWERS):
            self._flowers(grass, flower, frame.seed + 1000 + 10 * number, along)
        bank = np.exp(-np.clip((y - self.shore) / np.float32(0.012 * frame.height), 0, 8))
        lay(grass, (0.34, 0.29, 0.20), bank * np.float32(0.8))
        lay(planes, grass, np.clip(y - self.shore + np.float32(0.5), 0, 1))

    def _flowers(self, grass: Planes, flower: Flower, seed: int, along: Line) -> None:
        # one plant per cell, at a random position well inside it, so that no bloom is cut
        y, x = along * flower.per_unit * 0.36, self.columns / self.frame.unit * flower.per_unit
        row, column = np.floor(y), np.floor(x)
        row_along, column_x = (row + 0.5) / (flower.per_unit * 0.36), (column + 0.5) / flower.per_unit
        band = np.clip(1.3 - np.abs(np.exp(row_along / STEPS) - 0.12 - flower.near) * 4, 0, 1)
        seen = np.flatnonzero(band)
        if not len(seen):
            return
        part = slice(seen[0], seen[-1] + 1)
        at = row[part, None].astype(np.int64), column[None, :].astype(np.int64)
        hills = octaves_plane(self.frame.seed + 950, row_along[part] * 4, column_x * 4, 2)
        crowd = np.clip((hills - np.float32(0.30)) * 4, 0, 1) * band[part, None].astype(np.float32)
        blooms = hashed(seed, *at) < np.float32(flower.share) * crowd
        down = (y - row)[part, None].astype(np.float32) - (np.float32(0.28) + np.float32(0.44) * hashed(seed + 1, *at))
        across = (x - column).astype(np.float32) - (np.float32(0.28) + np.float32(0.44) * hashed(seed + 2, *at))
        radius = np.sqrt(down * down + across * across)
        petals = np.clip((np.float32(0.26) - radius) * np.float32(8), 0, 1) * blooms
        shade = np.float32(1.05) - down * np.float32(0.8) - np.float32(0.5) * (radius < np.float32(0.07))
        lay([plane[part] for plane in grass], [np.float32(value) * shade for value in flower.color], petals)
