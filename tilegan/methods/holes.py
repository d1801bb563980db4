"""Random holes for training: brush strokes like scratches, and rectangles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOLE = 255  # level of a hole in a mask
STROKE_AREA, RECTANGLE_AREA = 64**2, 96**2  # pixels of an image for each further stroke and rectangle
LEAST = 2.0  # width of the thinnest hole, in pixels
MOST_STEPS = 8  # straight parts of a stroke
WIDE = 4  # wide holes are up to so many times as wide
WIDE_EVERY = 8  # one of so many images of a training has a wide hole
TURN = 0.4  # standard deviation of the angle between them, in radians

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Holes:
    """The kind of holes.

    Attributes:
        width: width of the widest single stroke or rectangle, in pixels; where some cross, holes are wider.
    """

    width: int

    def draw(self, seed: tuple[int, ...], height: int, width: int) -> Mask:
        """Draw the holes of an image; there is at least one.

        Args:
            seed: determines them.
            height: height of the image, in pixels.
            width: likewise.

        Returns:
            uint8 (height, width), 255 in holes, 0 elsewhere.
        """
        random, area = np.random.default_rng(seed), height * width
        holes = np.zeros((height, width), bool)
        for _ in range(random.integers(1, 2 + area // STROKE_AREA)):
            self._stroke(random, holes)
        for _ in range(random.integers(0, 1 + area // RECTANGLE_AREA)):
            self._rectangle(random, holes)
        return holes * np.uint8(HOLE)

    def draw_for_training(self, seed: int, number: int, height: int, width: int) -> Mask:
        """Draw the holes of the crop ``number`` of a training: in one of ``WIDE_EVERY`` a single wide one."""
        return (self.draw if number % WIDE_EVERY else self.draw_wide)((seed, number), height, width)

    def draw_wide(self, seed: tuple[int, ...], height: int, width: int) -> Mask:
        """Draw a single hole, ``width`` to ``WIDE * width`` pixels wide, but no wider than half of the image."""
        random, holes = np.random.default_rng(seed), np.zeros((height, width), bool)
        thickness = min(_log_uniform(random, self.width, WIDE * self.width), min(height, width) / 2)
        at, angle = random.uniform((0, 0), holes.shape), random.uniform(0, 2 * np.pi)
        along = random.uniform(0, thickness) * np.array((np.sin(angle), np.cos(angle)))
        _draw_line(holes, at, at + along, thickness / 2)
        return holes * np.uint8(HOLE)

    def _thickness(self, random: np.random.Generator) -> float:
        """Return the width of a hole: thin ones are as frequent as those of twice their width."""
        return _log_uniform(random, LEAST, max(LEAST, self.width))

    def _stroke(self, random: np.random.Generator, holes: NDArray[np.bool_]) -> None:
        radius = self._thickness(random) / 2
        at, angle = random.uniform((0, 0), holes.shape), random.uniform(0, 2 * np.pi)
        for _ in range(random.integers(1, MOST_STEPS + 1)):
            step = random.uniform(0.5, 4) * self.width * np.array((np.sin(angle), np.cos(angle)))
            _draw_line(holes, at, at + step, radius)
            at, angle = at + step, angle + random.normal(0, TURN)

    def _rectangle(self, random: np.random.Generator, holes: NDArray[np.bool_]) -> None:
        sides = np.array((self._thickness(random), random.uniform(LEAST, 4 * self.width)))
        top, left = random.integers((0, 0), holes.shape)
        height, width = np.rint(sides[::-1] if random.random() < 0.5 else sides).astype(int)
        holes[top : top + height, left : left + width] = True


def filled_at_once(width: int) -> int:
    """Return the width of the widest holes that are filled without a start, in pixels, by that of the training.

    A quarter wider: holes that cross are a little wider than single ones, and are filled better at once.
    """
    return width * 5 // 4


def learned_width(facts: Mapping[str, Any]) -> int:
    """Return the width of the widest holes of a training, in pixels, from the facts of its model; 0 if unknown."""
    settings = facts.get("settings")
    method = settings.get("method") if isinstance(settings, dict) else None
    width = method.get("hole_width") if isinstance(method, dict) else None
    return width if isinstance(width, int) else 0


def _log_uniform(random: np.random.Generator, least: float, most: float) -> float:
    return float(np.exp(random.uniform(np.log(least), np.log(most))))


def _draw_line(holes: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> None:
    """Mark all pixels whose centers are at most ``radius`` from a line; at least the one in which it starts."""
    first = np.floor(np.minimum(start, end) - radius).astype(int).clip(0)
    last = np.ceil(np.maximum(start, end) + radius).astype(int).clip(0)
    part = holes[first[0] : last[0], first[1] : last[1]]
    rows, columns = (np.arange(length) + 0.5 + begin for length, begin in zip(part.shape, first, strict=True))
    down, right = rows[:, None] - start[0], columns[None, :] - start[1]
    along = end - start
    place = ((down * along[0] + right * along[1]) / max(float(along @ along), 1e-9)).clip(0, 1)
    part |= (down - place * along[0]) ** 2 + (right - place * along[1]) ** 2 <= max(radius, 0.75) ** 2
