"""Distance of images to a style: sliced Wasserstein distances of small neighborhoods, by pyramid level.

Karras et al. 2018, 'Progressive Growing of GANs', section 5 and its published code: 7 x 7 neighborhoods of Laplacian
pyramids, 128 per image and level, normalized per channel, compared along 512 random directions.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.pyramid import laplacian_pyramid

SIDE = 7  # pixels
PER_IMAGE = 128
DIRECTIONS = 512


def neighborhoods(pixels: NDArray[np.uint8], levels: int, count: int, seed: int) -> list[torch.Tensor]:
    """Return random 7 x 7 squares of each level of an image's Laplacian pyramid.

    Args:
        pixels: (h, w, 3).
        levels: number of pyramid levels.
        count: number of squares per level; the same one may be drawn twice.
        seed: seed of the positions, which depend on shape and seed only.

    Returns:
        For each level, finest first, float32 (count, 3, 7, 7), in 8-bit values.
    """
    image = torch.from_numpy(np.moveaxis(pixels, -1, 0).astype(np.float32))
    random = np.random.default_rng(seed)
    found = []
    for level in laplacian_pyramid(image, levels):
        squares = level.unfold(1, SIDE, 1).unfold(2, SIDE, 1)
        rows, columns = (torch.from_numpy(random.integers(length, size=count)) for length in squares.shape[1:3])
        found.append(squares[:, rows, columns].transpose(0, 1).contiguous())
    return found


def sliced_wasserstein(first: torch.Tensor, second: torch.Tensor) -> float:
    """Return the distance of two sets of squares, each normalized per channel to mean 0 and deviation 1 over its set.

    It is the mean over 512 directions of the distance between the sorted projections of the sets (Rabin et al. 2011,
    'Wasserstein Barycenter and its Application to Texture Mixing'). 0 for equal sets; slightly more for two draws from
    the same images. Directions are the same in each call.

    Args:
        first: (n, c, h, w).
        second: of the same shape.
    """
    return distance_along(_normalized(first), _normalized(second), DIRECTIONS)


def distance_along(first: torch.Tensor, second: torch.Tensor, directions: int) -> float:
    """Return the mean distance of sorted projections of two sets of points (n, d) on fixed random unit vectors."""
    random = torch.Generator().manual_seed(0)
    slices = torch.randn(directions, first.shape[1], generator=random)
    slices /= slices.norm(dim=1, keepdim=True)
    # numpy sorts rows many times faster than torch
    ordered = [np.sort((slices @ points.T).numpy(), axis=1) for points in (first, second)]
    return float(np.abs(ordered[0] - ordered[1]).mean())


def style_position(source: float, translated: float, real: float) -> float | None:
    """Return the position of a distance to the targets between that of the source (0) and of real targets (1).

    Values below 0 are farther than the source. None if the source is as near as real targets, since the position is
    then undefined.
    """
    return (source - translated) / (source - real) if source > real else None


def share(images: int, squares: int) -> Sequence[int]:
    """Return how many squares to take of each image, so that there are ``squares`` in total."""
    return [squares // images + (number < squares % images) for number in range(images)]


def _normalized(squares: torch.Tensor) -> torch.Tensor:
    mean = squares.mean(dim=(0, 2, 3), keepdim=True)
    deviation = squares.std(dim=(0, 2, 3), keepdim=True, correction=0)
    return ((squares - mean) / deviation.clamp_min(1e-6)).flatten(1)
