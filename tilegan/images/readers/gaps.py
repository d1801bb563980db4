"""Read damaged files, with mid-gray in place of missing parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError
from tilegan.geometry import Window

GRAY = 128  # 8-bit value


def read_around(
    read: Callable[[Window], NDArray[Any]],
    window: Window,
    block: tuple[int, int],
    fill: Callable[[Window], NDArray[Any]],
) -> NDArray[Any]:
    """Read a window, and fill the parts that cannot be read.

    Args:
        read: returns (h, w, ...) of a window, or raises ImageError.
        window: window to read.
        block: height and width of the smallest part that is decoded at once.
        fill: returns the substitute for an unreadable window.
    """
    try:
        return read(window)
    except ImageError:
        top, bottom = window.top // block[0], -(-window.bottom // block[0])
        left, right = window.left // block[1], -(-window.right // block[1])
        if bottom - top > 1:
            cut = (top + bottom) // 2 * block[0]
            parts = (
                Window(window.top, window.left, cut - window.top, window.width),
                Window(cut, window.left, window.bottom - cut, window.width),
            )
            return np.concatenate([read_around(read, part, block, fill) for part in parts], axis=0)
        if right - left > 1:
            cut = (left + right) // 2 * block[1]
            parts = (
                Window(window.top, window.left, window.height, cut - window.left),
                Window(window.top, cut, window.height, window.right - cut),
            )
            return np.concatenate([read_around(read, part, block, fill) for part in parts], axis=1)
        return fill(window)
