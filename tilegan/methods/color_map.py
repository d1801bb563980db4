"""Color maps: smooth moves of the sources' colors to those of the targets, so that what is even stays even."""

import numpy as np
import torch
from numpy.typing import NDArray

from tilegan.methods.base import Colors
from tilegan.metrics.lab import LUMA, from_lab, to_lab

CELL = 16  # pixels: maps are of the mean colors of such squares, in which strokes cancel out
TURNS = 200  # of the axes
RIDGE = 1e-3  # keeps the map of few colors, and colors that no source has, from moving far
POWERS = [(r, g, b) for r in range(4) for g in range(4 - r) for b in range(4 - r - g)]  # 20, up to the third

ColorMap = list[list[float]]
"""For each of ``POWERS`` by how much it moves red, green and blue, in [-1, 1]."""


def fit_color_map(sources: Colors, targets: Colors) -> ColorMap:
    """The move that gives some colors the distribution of others, as far as polynomials of the third degree can.

    Colors are transported in Lab (Pitie et al. 2005, 'N-Dimensional Probability Density Function Transfer and its
    Application to Colour Transfer': one random turn of the axes after the other, along each of which they take the
    ranks' values), and the polynomials fitted to where they came. These leave grain and jumps of that behind.

    Args:
        sources: sRGB levels (n, 3), n >= 1.
        targets: likewise; there may be another number of them.
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
        lightness: share of the way, 0 to 1, that the gray part of colors goes: their luma.
        palette: share of the way that the rest goes.

    Returns:
        float (N, 3, H, W) in [-1, 1].
    """
    move = torch.einsum("nhwp,npc->nchw", _powers(colors.movedim(1, -1)), maps)
    gray = (move * move.new_tensor(LUMA).reshape(3, 1, 1)).sum(1, keepdim=True)
    return (colors + lightness * gray + palette * (move - gray)).clamp(-1, 1)


def _powers(colors: torch.Tensor) -> torch.Tensor:
    """Products of powers of colors: (..., 3) -> (..., 20)."""
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
