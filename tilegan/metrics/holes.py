"""Metrics inside of holes that were filled, and the two baselines: diffusion and the mean color."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tilegan.metrics.content import luminance, ssim_map
from tilegan.metrics.psnr import LEAST
from tilegan.metrics.sets import Picture
from tilegan.networks.efficientnet import STRIDE

STILL = 0.01  # levels: diffusion ends when no value changes by more in a round
ROUNDS = 5000  # or after so many rounds

Mask = NDArray[np.uint8]


def psnr_in_holes(filled: Picture, wanted: Picture, mask: Mask) -> float:
    """Return the peak signal-to-noise ratio of the pixels in holes, in dB (see ``metrics.psnr``).

    Args:
        filled: sRGB (h, w, 3).
        wanted: of the same shape.
        mask: uint8 (h, w), above 0 in holes, of which there is at least one.
    """
    difference = np.square(filled[mask > 0].astype(np.float64) - wanted[mask > 0]).mean()
    return 10 * math.log10(255**2 / max(float(difference), LEAST))


def ssim_in_holes(filled: Picture, wanted: Picture, mask: Mask) -> float:
    """Return the mean structural similarity of luminance, -1 to 1, of windows whose middle is in a hole.

    Args:
        filled: sRGB (h, w, 3), at least 11 x 11.
        wanted: of the same shape.
        mask: uint8 (h, w), above 0 in holes.

    Returns:
        The mean (see ``metrics.content.ssim``); 1 if all holes are at the edge, where there are no windows.
    """
    similar = ssim_map(luminance(wanted), luminance(filled)).numpy()
    edge = (mask.shape[0] - similar.shape[0]) // 2
    inside = mask[edge : edge + similar.shape[0], edge : edge + similar.shape[1]] > 0
    return float(similar[inside].mean()) if inside.any() else 1.0


def features_in_holes(wanted: Sequence[torch.Tensor], filled: Sequence[torch.Tensor], mask: Mask) -> float:
    """Return the mean squared distance of normalized features at the positions that touch holes, mean over taps.

    (As ``metrics.structure.feature_distance``, which is over all positions.)

    Args:
        wanted: features by tap, float (1, C, h / s, w / s).
        filled: likewise.
        mask: uint8 (h, w), above 0 in holes; it is cropped to multiples of 16 pixels, as ``metrics.views`` does.

    Returns:
        0 for the same image, at most 4.
    """
    holes, found = torch.from_numpy((mask > 0).astype(np.float32))[None, None], []
    height, width = (side // STRIDE * STRIDE for side in mask.shape)
    for one, other in zip(wanted, filled, strict=True):
        near = functional.adaptive_max_pool2d(holes[..., :height, :width], one.shape[2:])[:, 0]
        apart = (functional.normalize(one) - functional.normalize(other)).square().sum(1)
        found.append(float((near * apart).sum() / near.sum().clamp(min=1)))
    return sum(found) / len(found)


def detail_in_holes(filled: Picture, wanted: Picture, mask: Mask) -> float:
    """Return how much detail there is in holes, relative to what was there: the mean difference of neighboring pixels.

    Args:
        filled: sRGB (h, w, 3).
        wanted: of the same shape.
        mask: uint8 (h, w), above 0 in holes.

    Returns:
        1 for as much, 0 for flat holes; 1 if holes were flat before.
    """
    made, there = (_steps(pixels, mask > 0) for pixels in (filled, wanted))
    return made / there if there else 1.0


def mean_filled(pixels: Picture, mask: Mask) -> Picture:
    """Return an image (h, w, 3) with the mean color of its other pixels in holes; gray if there are none."""
    holes = mask > 0
    color = pixels[~holes].mean(0) if not holes.all() else np.full(3, 128.0)
    return np.where(holes[..., None], np.rint(color).astype(np.uint8), pixels)


def diffused(pixels: Picture, mask: Mask) -> Picture:
    """Return an image (h, w, 3) whose holes are filled by diffusion: each pixel is the mean of its four neighbors.

    It is computed by repetition, from the mean color on, with the values beside the edges of the image equal to those
    at them.
    """
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    values = mean_filled(pixels, mask).astype(np.float64).reshape(-1, 3)
    around = [
        (rows + down).clip(0, height - 1) * width + (columns + right).clip(0, width - 1)
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1))
    ]
    places = rows * width + columns
    for _ in range(ROUNDS):
        means = sum(values[neighbor] for neighbor in around) / 4
        change = np.abs(means - values[places]).max(initial=0)
        values[places] = means
        if change < STILL:
            break
    return np.rint(values).astype(np.uint8).reshape(pixels.shape)


def _steps(pixels: Picture, holes: NDArray[np.bool_]) -> float:
    """Return the sum of the differences of neighbors that are both in holes."""
    total = 0.0
    for values, inside in ((pixels, holes), (pixels.swapaxes(0, 1), holes.T)):
        both = inside[1:] & inside[:-1]
        total += float(np.abs(values[1:].astype(np.int16) - values[:-1])[both].sum())
    return total
