"""How near images come to a style: sliced Wasserstein distances of small neighborhoods, level by level.

Karras et al. 2018, 'Progressive Growing of GANs', section 5 and its published code: 7 x 7 neighborhoods of Laplacian
pyramids, 128 of each image and level, normalized per channel, compared along 512 random directions.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.metrics.pyramid import laplacian_pyramid

SIDE = 7  # pixels
PER_IMAGE = 128
DIRECTIONS = 512


def neighbourhoods(pixels: NDArray[np.uint8], levels: int, count: int, seed: int) -> list[torch.Tensor]:
    """Random 7 x 7 squares of each level of an image's Laplacian pyramid.

    Args:
        pixels: (h, w, 3).
        levels: of the pyramid.
        count: of squares a level; the same one may be drawn twice.
        seed: chooses them: images of one shape and seed give the same places.

    Returns:
        For each level, the finest first, float32 (count, 3, 7, 7), in levels of 255.
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
    """The distance of two sets of squares, each normalized per channel to mean 0 and deviation 1 over its set.

    The mean, over 512 directions, of the distances between the sets' sorted projections on it (Rabin et al. 2011,
    'Wasserstein Barycenter and its Application to Texture Mixing'). 0 for equal sets; two draws from the same images do
    not quite reach it. Directions are the same at each call.

    Args:
        first: (n, c, h, w).
        second: of the same shape.
    """
    return distance_along(_normalised(first), _normalised(second), DIRECTIONS)


def distance_along(first: torch.Tensor, second: torch.Tensor, directions: int) -> float:
    """Mean distance of the sorted projections of two sets of points (n, d) on fixed random unit vectors."""
    random = torch.Generator().manual_seed(0)
    slices = torch.randn(directions, first.shape[1], generator=random)
    slices /= slices.norm(dim=1, keepdim=True)
    # numpy sorts rows many times faster than torch
    ordered = [np.sort((slices @ points.T).numpy(), axis=1) for points in (first, second)]
    return float(np.abs(ordered[0] - ordered[1]).mean())


def place(source: float, translated: float, real: float) -> float | None:
    """Where a distance to the targets lies between that of the source, 0, and that of other real targets, 1.

    Below 0 it is farther than the source's. None if the source is as near as real targets are: then nothing is told.
    """
    return (source - translated) / (source - real) if source > real else None


def share(images: int, squares: int) -> Sequence[int]:
    """How many squares each of some images gives, so that all together give ``squares``."""
    return [squares // images + (number < squares % images) for number in range(images)]


def _normalised(squares: torch.Tensor) -> torch.Tensor:
    mean = squares.mean(dim=(0, 2, 3), keepdim=True)
    deviation = squares.std(dim=(0, 2, 3), keepdim=True, correction=0)
    return ((squares - mean) / deviation.clamp_min(1e-6)).flatten(1)
