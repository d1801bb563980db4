"""Drawn label maps with numbered objects."""

import numpy as np
from numpy.typing import NDArray

from tilegan.images.instances import number_planes

COLORS = np.array([[0, 0, 0], [255, 255, 0], [255, 0, 0]], np.uint8)


def drawn(seed: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """A label map of some even areas, and numbers of objects whose sides are half as long; 0 in some of them."""
    random = np.random.default_rng(seed)
    cells = -(-height // 6), -(-width // 6)
    areas = random.integers(0, 3, (-(-height // 12), -(-width // 12))).repeat(12, 0).repeat(12, 1)
    objects = random.permutation(300 + np.arange(cells[0] * cells[1])) * random.integers(0, 2, cells[0] * cells[1])
    numbers = objects.reshape(cells).repeat(6, 0).repeat(6, 1)
    return COLORS[areas[:height, :width]], numbers[:height, :width].astype(np.uint16)


def joined(labels: NDArray[np.uint8], numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return a label map with the planes of its objects."""
    return np.concatenate((labels, number_planes(numbers)), -1)
