"""Colours that sRGB cannot show, drawn into it so that they can be let out again.

Along the ray from the grey of a colour's luminance through the colour, both spaces have an edge. Where that of a wider
space lies ``wide`` times as far out as that of sRGB, what lies beyond ``KNEE`` of sRGB's is drawn in, so that the wider
edge comes to lie on sRGB's; less vivid colours stay as they are. Luminance and hue (of linear light) stay, greys too.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

KNEE = 0.8  # share of the way to the edge of sRGB from which on colours are drawn in
WIDEST = 1.5  # times as far out as sRGB's an edge may be; farther out, where real colours are rare, they are clipped
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LEAST = 1e-6  # of light, and of the distance from grey

Floats = NDArray[np.float32]


def inwards(light: Floats, from_srgb: Floats) -> Floats:
    """Colours drawn into sRGB.

    Args:
        light: linear (h, w, 3) in the primaries of sRGB, below 0 or above 1 where it cannot show them.
        from_srgb: the matrix (3, 3) to the wider space.

    Returns:
        Likewise, from 0 to 1.
    """
    grey, chroma, out, wide = _polar(light, from_srgb)
    over = np.minimum(out, wide) - KNEE
    bend = _bend(wide)
    drawn = np.where((over > 0) & (wide > 1), KNEE + over * bend / (over + bend), out)
    return _float32((grey + chroma * (drawn / out)[..., None]).clip(0, 1))


def outwards(light: Floats, from_srgb: Floats) -> Floats:
    """The inverse of ``inwards``: colours of sRGB let out again."""
    grey, chroma, out, wide = _polar(light, from_srgb)
    over = np.minimum(out, 1) - KNEE
    bend = _bend(wide)
    is_over = (over > 0) & (wide > 1)
    free = np.where(is_over, KNEE + over * bend / np.where(is_over, bend - over, 1), out)
    return _float32(grey + chroma * (free / out)[..., None])


def _bend(wide: Floats) -> Floats:
    """The number by which ``over * bend / (over + bend)`` takes the wider edge to that of sRGB."""
    return _float32((1 - KNEE) * (wide - KNEE) / np.maximum(wide - 1, _LEAST))


def _polar(light: Floats, from_srgb: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Grey (h, w, 1), what differs from it, how far out that is, and how far the wider edge, in shares of sRGB's."""
    grey = (light @ _LUMINANCE)[..., None]
    chroma = light - grey
    out = _share(chroma, grey)
    wide = np.minimum(out / _share(chroma @ from_srgb.T, grey), WIDEST)
    return grey, chroma, out, wide


def _share(chroma: Floats, grey: Floats) -> Floats:
    """How far out a colour is, (h, w): 1 at the edge of the cube from 0 to 1."""
    room = np.where(chroma > 0, 1 - grey, grey)
    return _float32(np.maximum((np.abs(chroma) / np.maximum(room, _LEAST)).max(axis=-1), _LEAST))


def _float32(values: NDArray[np.floating[Any]]) -> Floats:
    return np.asarray(values, np.float32)
