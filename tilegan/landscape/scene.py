"""The whole scene: sky and mountains, their reflection in a lake, a meadow and trees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Window
from tilegan.landscape.canvas import SHORE, WATERLINE, Frame, Planes, lay, ramp
from tilegan.landscape.firs import paint_firs
from tilegan.landscape.forest import Forest
from tilegan.landscape.meadow import Meadow
from tilegan.landscape.mountains import Mountains
from tilegan.landscape.noise import Line, Plane, octaves_plane
from tilegan.landscape.sky import sky

STRIP_PIXELS = 1 << 16  # computed at once: few enough for the processor's cache


@dataclass(frozen=True)
class Landscape:
    """A landscape of ``height`` x ``width`` pixels; the same ``seed`` gives the same pixels.

    Its features scale with the image; its texture goes down to single pixels. Each pixel is a pure function of its
    coordinates, so that every window equals that part of the whole.
    """

    height: int
    width: int
    seed: int = 0

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Compute a window inside the image, uint8 RGB (h, w, 3)."""
        pixels = np.empty((window.height, window.width, 3), np.uint8)
        columns = np.arange(window.left, window.right, dtype=np.float64) + 0.5
        scenery = _Scenery(Frame(self.height, self.width, self.seed), columns)
        strip = max(16, STRIP_PIXELS // window.width)
        for start in range(0, window.height, strip):
            stop = min(start + strip, window.height)
            rows = np.arange(window.top + start, window.top + stop, dtype=np.float64) + 0.5
            for channel, plane in enumerate(scenery.paint(rows)):
                pixels[start:stop, :, channel] = np.clip(plane * 255 + np.float32(0.5), 0, 255)
        return pixels


class _Scenery:
    """Some columns of the picture."""

    def __init__(self, frame: Frame, columns: Line) -> None:
        self.frame = frame
        self.columns = columns
        self.mountains = Mountains(frame, columns)
        self.forest = Forest(frame, columns)
        self.meadow = Meadow(frame, columns)

    def paint(self, rows: Line) -> Planes:
        """Return the colors of some rows."""
        shape = len(rows), len(self.columns)
        planes = [np.zeros(shape, np.float32) for _ in range(3)]
        shore = self.meadow.shore
        water, dry, grass = np.searchsorted(
            rows, (WATERLINE * self.frame.height, float(shore.max()) + 1, float(shore.min()) - 1)
        )
        if water > 0:
            y = rows[:water, None].astype(np.float32)
            _put(planes, slice(0, water), self._distance(rows[:water], y))
        if water < dry:
            _put(planes, slice(water, dry), self._lake(rows[water:dry]))
        if grass < len(rows):
            self.meadow.paint([plane[grass:] for plane in planes], rows[grass:])
        paint_firs(planes, self.frame, rows, self.columns)
        return planes

    def _distance(self, rows: Line, y: Plane) -> Planes:
        """Paint everything above the water; outlines are evaluated at ``y``, textures at ``rows``."""
        planes = sky(self.frame, rows, self.columns, y)
        self.mountains.paint(planes, rows, y)
        self.forest.paint(planes, y)
        return planes

    def _lake(self, rows: Line) -> Planes:
        """Paint the reflection of everything above the water, distorted by ripples."""
        frame, line = self.frame, WATERLINE * self.frame.height
        near = np.clip((rows - line) / (frame.height * (SHORE - WATERLINE)), 0, None)
        depth = near.astype(np.float32)[:, None]
        x = self.columns / frame.unit * 12
        ripples = octaves_plane(frame.seed + 700, np.log(near + 0.05) * 26, x, frame.octaves(12, 8), 0.62)
        ripples -= np.float32(0.5)
        mirrored = 2 * line - rows
        y = mirrored[:, None].astype(np.float32) + ripples * (np.float32(0.06 * frame.height) * np.sqrt(depth))
        planes = self._distance(mirrored, np.clip(y, 0, np.float32(line)))
        lay(planes, (0.06, 0.22, 0.32), np.float32(0.14) + np.float32(0.30) * np.minimum(depth, 1))
        lay(planes, frame.mood.cloud, ramp(ripples, 0.10, 0.34) * np.float32(0.40))
        edge = np.exp(-np.square((rows - line) / (0.004 * frame.height))).astype(np.float32)[:, None]
        lay(planes, frame.mood.haze, edge * np.float32(0.5))
        return planes


def _put(planes: Planes, rows: slice, part: Planes) -> None:
    for plane, piece in zip(planes, part, strict=True):
        plane[rows] = piece
