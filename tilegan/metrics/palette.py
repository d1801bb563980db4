"""Distance between the colors of images, independent of their positions."""

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.lab import to_lab
from tilegan.metrics.style import distance_along

DIRECTIONS = 128


def colors(pixels: NDArray[np.uint8], count: int, seed: int) -> torch.Tensor:
    """Return Lab of random pixels of an image (h, w, 3): float32 (count, 3); the seed fixes the positions."""
    places = np.random.default_rng(seed).integers(pixels.shape[0] * pixels.shape[1], size=count)
    return torch.from_numpy(to_lab(pixels.reshape(-1, 3)[places]).astype(np.float32))


def palette_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Return the sliced Wasserstein distance of two sets of colors (n, 3), in units of Lab.

    It is doubled, since the projection of a shift on a random direction has half its length on average: the distance of
    a set and a shifted copy is the length of the shift, up to the randomness of 128 directions.
    """
    return 2 * distance_along(first, second, DIRECTIONS)
