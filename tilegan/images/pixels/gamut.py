"""Compress colors outside of sRGB into it, reversibly.

Both spaces have an edge along the ray from the gray of a color's luminance through the color. If the edge of the wider
space is ``wide`` times as far out as that of sRGB, distances beyond ``KNEE`` of the sRGB edge are compressed, so that
the wider edge falls on the sRGB edge; less vivid colors stay unchanged. Luminance and hue (of linear light) are kept,
and so are grays.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

KNEE = 0.8  # share of the distance to the sRGB edge beyond which colors are compressed
WIDEST = 1.5  # limit of ``wide``; farther out, where real colors are rare, colors are clipped
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LEAST = 1e-6  # minimum of light, and of the distance from gray

Floats = NDArray[np.float32]


def inwards(light: Floats, from_srgb: Floats) -> Floats:
    """Compress colors into sRGB.

    Args:
        light: linear light (h, w, 3) in the primaries of sRGB; below 0 or above 1 outside of sRGB.
        from_srgb: matrix (3, 3) to the wider space.

    Returns:
        Linear light of the same shape, from 0 to 1.
    """
    gray, chroma, out, wide = _polar(light, from_srgb)
    over = np.minimum(out, wide) - KNEE
    bend = _bend(wide)
    drawn = np.where((over > 0) & (wide > 1), KNEE + over * bend / (over + bend), out)
    return _float32((gray + chroma * (drawn / out)[..., None]).clip(0, 1))


def outwards(light: Floats, from_srgb: Floats) -> Floats:
    """Expand compressed colors of sRGB: the inverse of ``inwards``."""
    gray, chroma, out, wide = _polar(light, from_srgb)
    over = np.minimum(out, 1) - KNEE
    bend = _bend(wide)
    is_over = (over > 0) & (wide > 1)
    free = np.where(is_over, KNEE + over * bend / np.where(is_over, bend - over, 1), out)
    return _float32(gray + chroma * (free / out)[..., None])


def _bend(wide: Floats) -> Floats:
    """Return the number with which ``over * bend / (over + bend)`` maps the wider edge to that of sRGB."""
    return _float32((1 - KNEE) * (wide - KNEE) / np.maximum(wide - 1, _LEAST))


def _polar(light: Floats, from_srgb: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return gray (h, w, 1), the difference from it, its distance and that of the wider edge, relative to sRGB."""
    gray = (light @ _LUMINANCE)[..., None]
    chroma = light - gray
    out = _share(chroma, gray)
    wide = np.minimum(out / _share(chroma @ from_srgb.T, gray), WIDEST)
    return gray, chroma, out, wide


def _share(chroma: Floats, gray: Floats) -> Floats:
    """Return the distance of colors from gray, (h, w): 1 at the edge of the cube from 0 to 1."""
    room = np.where(chroma > 0, 1 - gray, gray)
    return _float32(np.maximum((np.abs(chroma) / np.maximum(room, _LEAST)).max(axis=-1), _LEAST))


def _float32(values: NDArray[np.floating[Any]]) -> Floats:
    return np.asarray(values, np.float32)
