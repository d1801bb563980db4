"""Color maps: smooth maps of the sources' colors to those of the targets, so that even areas stay even."""

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.methods.base import Colors
from tilegan.metrics.lab import LUMA, from_lab, to_lab
from tilegan.networks.recolor import POWERS as POWERS  # where it is imported from, as well

CELL = 16  # pixels: maps are fitted to mean colors of such squares, in which strokes average out
TURNS = 200  # number of random rotations of the axes
RIDGE = 1e-3  # ridge penalty: bounds the map where there are few colors, and for colors that no source has

ColorMap = list[list[float]]
"""For each of ``POWERS``, its coefficients for red, green and blue, in [-1, 1]."""


def fit_color_map(sources: Colors, targets: Colors) -> ColorMap:
    """Fit the map that gives ``sources`` the distribution of ``targets``, as far as cubic polynomials can.

    Colors are transported in Lab (Pitie et al. 2005, 'N-Dimensional Probability Density Function Transfer and its
    Application to Color Transfer': random rotations of the axes in sequence, with histogram matching along each axis);
    then the polynomials are fitted to the result, which removes its grain and jumps.

    Args:
        sources: 8-bit sRGB values (n, 3), n >= 1.
        targets: likewise; their number may differ.
    """
    moved = from_lab(_transported(to_lab(sources), to_lab(targets)))
    powers = _powers(torch.from_numpy(_unit(sources))).numpy()
    normal = powers.T @ powers / len(powers) + RIDGE * np.eye(len(POWERS))
    fitted = np.linalg.solve(normal, powers.T @ (_unit(moved) - _unit(sources)) / len(powers))
    return [[round(float(value), 6) for value in row] for row in fitted]


def move_colors(colors: torch.Tensor, maps: torch.Tensor, lightness: float, palette: float) -> torch.Tensor:
    """Move colors by a map of each image's.

    Args:
        colors: float (N, 3, H, W) in [-1, 1].
        maps: float (N, 20, 3), from ``fit_color_map``.
        lightness: share of the shift, 0 to 1, that is applied to luma, the gray part of colors.
        palette: share of the shift that is applied to the rest.

    Returns:
        float (N, 3, H, W) in [-1, 1].
    """
    move = torch.einsum("nhwp,npc->nchw", _powers(colors.movedim(1, -1)), maps)
    gray = (move * move.new_tensor(LUMA).reshape(3, 1, 1)).sum(1, keepdim=True)
    return (colors + lightness * gray + palette * (move - gray)).clamp(-1, 1)


def coefficients(color_map: ColorMap, lightness: float, palette: float) -> torch.Tensor:
    """Return the coefficients (20, 3) of the polynomial that ``move_colors`` adds to colors."""
    move = torch.tensor(color_map)
    gray = (move * move.new_tensor(LUMA)).sum(1, keepdim=True)
    return lightness * gray + palette * (move - gray)


def _powers(colors: torch.Tensor) -> torch.Tensor:
    """Return products of powers of colors: (..., 3) -> (..., 20)."""
    red, green, blue = colors.unbind(-1)
    return torch.stack([red**r * green**g * blue**b for r, g, b in POWERS], -1)


def _transported(points: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    random = np.random.default_rng(0)
    ranks, wanted_ranks = ((np.arange(len(each)) + 0.5) / len(each) for each in (points, wanted))
    for _ in range(TURNS):
        axes, _ = np.linalg.qr(random.normal(size=(3, 3)))
        turned = points @ axes
        for along, values in zip(turned.T, np.sort(wanted @ axes, axis=0).T, strict=True):
            along[np.argsort(along, kind="stable")] = np.interp(ranks, wanted_ranks, values)
        points = turned @ axes.T
    return points


def _unit(levels: Colors) -> NDArray[np.float64]:
    return levels / 127.5 - 1
