"""The forest on the far shore: two rows of firs, one behind the other."""

import numpy as np

from tilegan.landscape.canvas import Color, Frame, Planes, lay
from tilegan.landscape.noise import Line, Plane, hashed, noise_line, octaves_line

# foot and height as fractions of the image's height, trees per unit, color
ROWS: tuple[tuple[float, float, float, Color], ...] = (
    (0.592, 0.036, 52.0, (0.15, 0.25, 0.18)),
    (0.601, 0.030, 66.0, (0.05, 0.12, 0.08)),
)


class Forest:
    """Firs of the far shore above some columns of the picture."""

    def __init__(self, frame: Frame, columns: Line) -> None:
        self.frame = frame
        self.rows = [self._row(number, columns) for number in range(len(ROWS))]

    def _row(self, number: int, columns: Line) -> tuple[Plane, Plane]:
        """Return the row of the tree tops and the brightness of the trees in each column."""
        foot, tall, per_unit, _ = ROWS[number]
        seed, x = self.frame.seed + 600 + 50 * number, columns / self.frame.unit * per_unit
        tops = np.zeros(len(columns), np.float32)
        for kind, shift in enumerate((0.0, 0.37, 0.71)):
            cell = np.floor(x + shift).astype(np.int64)
            aside = np.abs(x + shift - cell - 0.5).astype(np.float32) * 2
            rise = np.float32(0.35) + np.float32(0.65) * hashed(seed + kind, cell)
            tops = np.maximum(tops, rise * (1 - aside))
        octaves = self.frame.octaves(per_unit * 7, 4)
        tops += octaves_line(seed + 10, x * 7, octaves, 0.6) * np.float32(0.22)
        tops *= np.float32(0.45) + noise_line(seed + 20, x * 0.08)
        brightness = np.float32(0.65) + np.float32(0.6) * octaves_line(seed + 30, x * 2, octaves + 1, 0.7)
        return np.float32(self.frame.height) * (np.float32(foot) - np.float32(tall) * tops), brightness

    def paint(self, planes: Planes, y: Plane) -> None:
        """Paint the firs over the planes; outlines are evaluated at ``y``."""
        for (tops, brightness), (_, _, _, color) in zip(self.rows, ROWS, strict=True):
            if float(y.max()) > float(tops.min()) - 2:
                haze = [np.float32(part) * brightness + np.float32(0.06) for part in color]
                lay(planes, haze, np.clip(y - tops + np.float32(0.5), 0, 1))
