"""Feathered edges of maps: sums and maxima of squares around each pixel, as integers, so that windows do not matter.

A square is summed twice, so that a transition begins and ends gently.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import SettingError
from tilegan.images.amounts import Amounts

MOST = 256  # pixels: the sums of squares of this width fit 32 bits
SHARE = 100  # by default a feather is the short side of the image divided by this,
USUAL = 64  # or this many pixels at most


def feather_of(asked: int | None, height: int, width: int) -> int:
    """Return the width of transitions in an image, in pixels.

    Args:
        asked: a width; None for the default.
        height: height of the image, in pixels.
        width: likewise.

    Raises:
        SettingError: there is no such width.
    """
    if asked is None:
        return min(USUAL, min(height, width) // SHARE)
    if not 0 <= asked <= MOST:
        raise SettingError(f"a feather of {asked} pixels is impossible: give 0 to {MOST}")
    return asked


def radii(feather: int) -> tuple[int, int]:
    """Return the radii of the two squares, in pixels, whose sums make a transition of a width."""
    return feather // 4, feather // 2 - feather // 4


def shares(chosen: NDArray[np.bool_], feather: int) -> NDArray[np.float32]:
    """Return the share of chosen pixels around each pixel: a transition of ``feather`` pixels at their edges.

    Args:
        chosen: (h + 2 r, w + 2 r), with the sum r of the radii.
        feather: width of the transition, at most ``MOST``.

    Returns:
        float32 (h, w), from 0 to 1; the shares of sets that divide all pixels add up to 1.
    """
    near, far = radii(feather)
    counts = _sums(_sums(chosen, near), far)
    whole = ((2 * near + 1) * (2 * far + 1)) ** 2
    return (counts / whole).astype(np.float32)


def means(levels: Amounts, radius: int) -> Amounts:
    """Return means of squares, rounded: uint16 (h + 2 radius, w + 2 radius) -> (h, w)."""
    if radius == 0:
        return levels
    count = np.uint32((2 * radius + 1) ** 2)
    return ((_sums(levels, radius) + count // 2) // count).astype(np.uint16)


def widened(levels: Amounts, radius: int) -> Amounts:
    """Return maxima of squares: uint16 (h + 2 radius, w + 2 radius) -> (h, w)."""
    for axis in (0, 1):
        length, done = levels.shape[axis] - 2 * radius, 1
        while done < 2 * radius + 1:  # maxima of ``done`` pixels from each on become those of up to twice as many
            step = min(done, 2 * radius + 1 - done)
            kept = levels.shape[axis] - step
            levels = np.maximum(_part(levels, axis, 0, kept), _part(levels, axis, step, kept))
            done += step
        assert levels.shape[axis] == length
    return levels


def _sums(values: NDArray[Any], radius: int) -> NDArray[np.uint32]:
    """Return sums of squares of 2 radius + 1 pixels: (h + 2 radius, w + 2 radius) -> uint32 (h, w)."""
    sums: NDArray[np.uint32] = values.astype(np.uint32)
    for axis in (0, 1) if radius else ():
        size, length = 2 * radius + 1, values.shape[axis] - 2 * radius
        ends = np.cumsum(sums, axis, dtype=np.uint32)  # may overflow, but differences are right all the same
        sums = _part(ends, axis, size - 1, length).copy()
        _part(sums, axis, 1, length - 1)[...] -= _part(ends, axis, 0, length - 1)
    return sums


def _part(values: NDArray[Any], axis: int, first: int, length: int) -> NDArray[Any]:
    return values[first : first + length] if axis == 0 else values[:, first : first + length]
