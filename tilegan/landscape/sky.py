"""The sky: a gradient, the sun and its glow, and clouds."""

import numpy as np

from tilegan.landscape.canvas import WATERLINE, Frame, Planes, between, lay, ramp
from tilegan.landscape.noise import Line, Plane, draw, octaves_plane


def sky(frame: Frame, rows: Line, columns: Line, y: Plane) -> Planes:
    """Return the colors of the sky.

    Args:
        frame: the whole picture.
        rows: rows where clouds are evaluated, in pixels from the top.
        columns: columns, in pixels from the left.
        y: (rows, 1) or (rows, columns): rows where gradient and sun are evaluated, in pixels from the top.
    """
    mood, horizon = frame.mood, WATERLINE * frame.height
    fall = np.clip(y / np.float32(horizon * 0.85), 0, 1)
    planes = between(mood.zenith, mood.sky, np.broadcast_to(fall * (2 - fall), (len(rows), len(columns))))
    across = ((columns - (0.28 + 0.44 * draw(frame.seed + 5)) * frame.width) / frame.unit).astype(np.float32)
    down = (y - np.float32(0.30 * frame.height)) / np.float32(frame.unit)
    distance = across * across + down * down
    # the clouds' plane is seen at an angle: thinner and denser toward the horizon
    along = -2.2 * np.log(1.12 - np.clip(rows / horizon, 0, 1))
    x, count = columns / frame.unit * 2.6, frame.octaves(5, 8)
    body = octaves_plane(frame.seed + 100, along * 2.3, x, count, 0.56)
    above = octaves_plane(frame.seed + 100, along * 2.3 - 0.25, x - 0.12, min(3, count), 0.56)
    lit = np.clip((body - above) * np.float32(2.6) + np.float32(0.60), 0, 1)
    cover = ramp(body, 0.47, 0.66) * np.float32(0.94)
    lay(planes, between(mood.cloud_shadow, mood.cloud, lit), cover)
    shine = np.float32(0.55) * np.exp(distance * -9) + np.float32(0.45) * np.exp(distance * -150)
    for plane, color in zip(planes, mood.glow, strict=True):
        plane += (1 - plane) * shine * np.float32(color) * (1 - np.float32(0.3) * cover)
    disc = np.exp(-np.square(distance * 1600)) * (1 - cover * np.float32(0.7))
    lay(planes, (1.0, 0.98, 0.88), disc)
    return planes
