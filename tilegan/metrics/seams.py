"""Visibility of the tile grid: patterns that repeat with the tile, steps at tile borders, differences of grids."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

CONTROLS = (1, 2)  # cycles by which a control pattern drifts over the image; the sign does not matter
LEAST_TILES = 5  # along each side, to distinguish a pattern from its neighbors
BESIDE = 4  # pixels: steps within this distance are beside a border
_LEAST_STEP = 0.01  # 8-bit values: keeps the ratio of flat images finite
_LEAST_NOISE = 0.01  # squared 8-bit values: rounding by up to 0.5, averaged over a hundred pixels and more

Values = NDArray[np.floating]


class Pattern(NamedTuple):
    """Energies of periodic patterns along one side of an image, in squared 8-bit values.

    Attributes:
        tile: energy of the pattern that repeats with the tile.
        controls: energies of patterns with nearly the same period, which are caused by texture only.
        texture: mean energy of everything that does not repeat with the tile, for any drift.
    """

    tile: float
    controls: tuple[float, ...]
    texture: float

    @classmethod
    def along(cls, pixels: NDArray[np.uint8], side: int, period: int, cell: int) -> Self:
        """Find the pattern along one side of an image.

        All lines across that side are averaged, frequencies below that of the period are removed (by a running mean
        over one period, which contains nothing of a pattern with that period), and the rest is averaged modulo the
        period. The energy of this profile is its mean square over phases and channels. For the controls the rest is
        first shifted in phase by one or two cycles over the whole length, so that a slightly shorter and a slightly
        longer period is folded.

        Args:
            pixels: (h, w, 3), at least ``LEAST_TILES`` periods long.
            side: 0 for patterns that repeat downward, 1 for those that repeat to the right.
            period: side of a tile.
            cell: shorter period that is excluded, since whole images have it too: the generator's stride. 1 excludes
                nothing.
        """
        rest = _without_slow(pixels.mean(axis=1 - side, dtype=np.float64), period)
        rest = rest[: len(rest) // period * period]
        turns = np.arange(len(rest))[:, None] * (2j * np.pi / len(rest))
        tile = _energy(rest, period, cell)
        controls = tuple(_energy(rest * np.exp(number * turns), period, cell) for number in CONTROLS)
        # the energies of all phase shifts add up to the mean square (Parseval)
        others = float(np.mean((rest - rest.mean(axis=0)) ** 2)) - _energy(rest, period, period)
        return cls(tile, controls, others / (len(rest) // period - 1))

    @classmethod
    def both(cls, pixels: NDArray[np.uint8], period: int, cell: int) -> tuple[Self, Self]:
        """Find the patterns along both sides: downward, and to the right."""
        return cls.along(pixels, 0, period, cell), cls.along(pixels, 1, period, cell)


def amplitude(patterns: Sequence[Pattern]) -> float:
    """Return the amplitude of the pattern that images have in common, in 8-bit values.

    It is the square root of twice the mean excess over the controls: a sine of amplitude a along both sides of every
    image gives a. Images are weighted by the inverse of their own texture, otherwise one picket fence would dominate. 0
    if the controls are as strong.
    """
    surplus = [pattern.tile - np.mean(pattern.controls) for pattern in patterns]
    return float(np.sqrt(2 * max(0.0, np.average(surplus, weights=_weights(patterns)))))


def chance(patterns: Sequence[Pattern]) -> float:
    """Return the amplitude that may occur by chance in such images: lower values are not significant.

    It is computed from twice the standard error of the mean excess, which follows from the differences of the controls
    of an image: each contains a shorter and a longer period, so the energy of the tile varies twice as much.
    """
    variances = np.array([np.var(pattern.controls, ddof=1) for pattern in patterns]) * (2 + 1 / len(CONTROLS))
    weights = _weights(patterns)
    return float(np.sqrt(2 * 2 * np.sqrt(np.sum(weights**2 * variances)) / weights.sum()))


def step_ratio(pixels: NDArray[np.uint8], period: int) -> float:
    """Return the mean color step across tile borders divided by that up to 4 pixels beside them; 1 without seams.

    Steps are absolute differences of neighboring pixels, over both directions and all channels. 1 if there are no steps
    at all.
    """
    on, beside = [], []
    for side in (0, 1):
        steps = np.abs(np.diff(pixels.astype(np.int16), axis=side)).mean(axis=(1 - side, 2))
        borders = np.arange(period, len(steps) - BESIDE + 1, period) - 1
        on += steps[borders].tolist()
        beside += [steps[borders + shift].mean() for shift in range(-BESIDE, BESIDE + 1) if shift]
    return float((np.mean(on) + _LEAST_STEP) / (np.mean(beside) + _LEAST_STEP))


class Difference(NamedTuple):
    """Difference of two images, in 8-bit values.

    Attributes:
        maximum: maximum over all pixels and channels.
        rms: root mean square.
    """

    maximum: float
    rms: float

    @classmethod
    def of(cls, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Self:
        """Return the difference of two images of the same shape."""
        levels = np.abs(first.astype(np.float64) - second)
        return cls(float(levels.max()), float(np.sqrt(np.mean(levels**2))))

    @classmethod
    def over(cls, many: Iterable[Self]) -> Self:
        """Combine the differences of several pairs: the largest maximum, and the RMS over pairs with equal weights."""
        maxima, rms = zip(*many, strict=True)
        return cls(max(maxima), float(np.sqrt(np.mean(np.square(rms)))))


def profile(pixels: NDArray[np.uint8], side: int, period: int) -> Values:
    """Return the luma profile that repeats along a side, (period,), in 8-bit values: for plots, without controls."""
    rest = _without_slow(pixels.mean(axis=1 - side, dtype=np.float64), period)
    rest = rest[: len(rest) // period * period]
    # half a period was cut off at the start
    return np.roll(_fold(rest, period).mean(axis=-1), period // 2)


def _without_slow(lines: Values, period: int) -> Values:
    """Return lines (n, c) minus their running mean over a period; half a period is lost at each end."""
    if period % 2:
        weights = np.full(period, 1 / period)
    else:  # centered: the ends have half the weight
        weights = np.full(period + 1, 1 / period)
        weights[[0, -1]] /= 2
    slow = np.stack([np.convolve(line, weights, "valid") for line in lines.T], axis=1)
    lost = len(weights) // 2
    rest: Values = lines[lost : len(lines) - lost] - slow
    return rest


def _fold(lines: NDArray[np.inexact], period: int) -> NDArray[np.inexact]:
    """Return the mean of lines (n, c) modulo a period, minus its own mean: (period, c)."""
    folded: NDArray[np.inexact] = lines.reshape(-1, period, lines.shape[1]).mean(axis=0)
    folded -= folded.mean(axis=0)
    return folded


def _weights(patterns: Sequence[Pattern]) -> NDArray[np.float64]:
    return 1 / (np.array([pattern.texture for pattern in patterns]) + _LEAST_NOISE)


def _energy(lines: NDArray[np.inexact], period: int, cell: int) -> float:
    folded = _fold(lines, period)
    if period % cell == 0 and cell < period:
        cells = folded.reshape(-1, cell, folded.shape[1])
        folded = (cells - cells.mean(axis=0)).reshape(folded.shape)
    return float(np.mean(np.abs(folded) ** 2))
