"""Firs in the foreground, on both sides of the picture."""

import numpy as np

from tilegan.landscape.canvas import Frame, Planes, between, lay
from tilegan.landscape.noise import Line, draw, noise_line, octaves_plane

COUNT = 9


def paint_firs(planes: Planes, frame: Frame, rows: Line, columns: Line) -> None:
    """Paint the firs over the planes, the far ones first."""
    for number in range(COUNT):
        spot, growth, breadth = (draw(frame.seed + 1200 + kind, number) for kind in range(3))
        foot = (0.83 + 0.013 * number) * frame.height
        tall = (0.18 + 0.12 * growth + 0.022 * number) * frame.height
        middle = (spot * 0.19 if number % 2 else 1 - spot * 0.16) * frame.width
        half = (0.17 + 0.05 * breadth) * tall
        top, bottom = np.searchsorted(rows, (foot - tall, foot))
        left, right = np.searchsorted(columns, (middle - 1.3 * half, middle + 1.3 * half))
        if top < bottom and left < right:
            part = [plane[top:bottom, left:right] for plane in planes]
            down, aside = (rows[top:bottom] - foot + tall) / tall, (columns[left:right] - middle) / half
            _fir(part, frame, number, rows[top:bottom], columns[left:right], down, aside, half)


def _fir(
    planes: Planes, frame: Frame, number: int, rows: Line, columns: Line, down: Line, aside: Line, half: float
) -> None:
    """Paint one fir; ``down`` is 0 (top) to 1 (foot), ``aside`` -1 to 1 between the tips of the lowest boughs."""
    mood, seed = frame.mood, frame.seed + 1300 + 50 * number
    height, across = down.astype(np.float32)[:, None], aside.astype(np.float32)
    frequency = 7.0 * frame.unit / half
    needles = octaves_plane(
        seed, rows / frame.unit * frequency * 0.8, columns / frame.unit * frequency, frame.octaves(frequency), 0.80
    ) - np.float32(0.5)
    apart = np.abs(across)
    # boughs: each tier starts narrow at the trunk's light side and droops outwards
    tiers = np.power(height, np.float32(0.8)) * 17 - apart * np.float32(1.6) + noise_line(seed + 40, aside * 2.5) * 2
    bough = tiers - np.floor(tiers)
    ragged = needles * (np.float32(0.08) + height * np.float32(0.40))
    reach = height * (np.float32(0.50) + np.float32(0.42) * bough) + ragged
    crown = np.clip((reach - apart) * np.float32(0.5 * half), 0, 1) * np.clip((np.float32(0.95) - height) * 40, 0, 1)
    trunk = np.clip((np.float32(0.05) - apart) * np.float32(half), 0, 1) * (height > np.float32(0.6))
    lay(planes, (0.17, 0.11, 0.08), trunk)
    side = across * np.float32(0.30 if draw(frame.seed + 5) > 0.5 else -0.30)
    light = np.clip(needles * np.float32(1.5) + np.float32(0.45) - bough * np.float32(0.45) + side, 0, 1)
    dark = (0.14 * mood.leaves[0], 0.20 * mood.leaves[1], 0.24 * mood.leaves[2])
    bright = tuple(min(1.0, 1.3 * leaf + 0.14 * ray) for leaf, ray in zip(mood.leaves, mood.light, strict=True))
    lay(planes, between(dark, (bright[0], bright[1], bright[2]), light), crown)
