"""Sources that are derived from targets, so that one folder of images gives pairs."""

import numpy as np
from numpy.typing import NDArray

from tilegan.gray import gray
from tilegan.names import EDGES, GRAY

STRONG = 255.0  # a gradient of this size, in units of the Sobel operator, is drawn black


def gray_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert an image to luma. uint8 (h, w, 3) -> (h, w, 3), all channels the same."""
    return gray(pixels).repeat(3, 2)


def edges_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw dark lines on white by the gradient of luma. uint8 (h, w, 3) -> (h, w, 3), all channels the same.

    The length of the gradient by the 3 x 3 operator of Sobel and Feldman (1968); edge pixels are repeated outward.
    """
    levels = np.pad(gray(pixels)[..., 0].astype(np.float32), 1, mode="edge")
    across = levels[:, 2:] - levels[:, :-2]
    along = levels[2:] - levels[:-2]
    across = across[:-2] + 2 * across[1:-1] + across[2:]
    along = along[:, :-2] + 2 * along[:, 1:-1] + along[:, 2:]
    drawn = 255 - (np.hypot(across, along) * (255 / STRONG) + 0.5).clip(0, 255).astype(np.uint8)
    picture: NDArray[np.uint8] = drawn[..., None].repeat(3, 2)
    return picture


_PICTURES = {GRAY: gray_picture, EDGES: edges_picture}


def derived(pixels: NDArray[np.uint8], how: str) -> NDArray[np.uint8]:
    """Derive a source, uint8 (h, w, 3), from a target by one of ``names.DERIVATIONS``."""
    return _PICTURES[how](pixels)
