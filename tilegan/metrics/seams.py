"""How plain the grid of tiles is: what repeats with the tile, steps at tile borders, what moves when the grid does."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

CONTROLS = (1, 2)  # cycles by which a control pattern drifts over the image; either way is the same
LEAST_TILES = 5  # along each side, for a pattern to be told from its neighbors
BESIDE = 4  # pixels: steps within these of a border are the ones beside it
_LEAST_STEP = 0.01  # levels: keeps the ratio of flat images finite
_LEAST_NOISE = 0.01  # levels squared: half a level of rounding, averaged over a hundred pixels and more

Values = NDArray[np.floating]


class Pattern(NamedTuple):
    """Energies of what repeats along one side of an image, in levels squared.

    Attributes:
        tile: of the pattern that repeats with the tile.
        controls: of those that repeat nearly so: what texture alone gives.
        texture: mean of the energies of all that does not repeat with the tile, however much it drifts.
    """

    tile: float
    controls: tuple[float, ...]
    texture: float

    @classmethod
    def along(cls, pixels: NDArray[np.uint8], side: int, period: int, cell: int) -> Self:
        """Find the pattern along one side of an image.

        All lines across that side are averaged, what is slower than a period is removed (a running mean as long as the
        period, which holds nothing of a pattern of that period), and the rest is averaged modulo the period. The
        energy of this profile is its mean square over phases and channels. For the controls the rest is first turned
        by one or two cycles over the whole length, so that a period a little shorter, and one a little longer, is
        folded.

        Args:
            pixels: (h, w, 3), at least ``LEAST_TILES`` periods long.
            side: 0 for what repeats downwards, 1 for what repeats to the right.
            period: side of a tile.
            cell: what repeats with this shorter period is not counted, since a whole image has it too: the generator's
                stride. 1 counts everything.
        """
        rest = _without_slow(pixels.mean(axis=1 - side, dtype=np.float64), period)
        rest = rest[: len(rest) // period * period]
        turns = np.arange(len(rest))[:, None] * (2j * np.pi / len(rest))
        tile = _energy(rest, period, cell)
        controls = tuple(_energy(rest * np.exp(number * turns), period, cell) for number in CONTROLS)
        # the energies of all turns add up to the mean square (Parseval)
        others = float(np.mean((rest - rest.mean(axis=0)) ** 2)) - _energy(rest, period, period)
        return cls(tile, controls, others / (len(rest) // period - 1))

    @classmethod
    def both(cls, pixels: NDArray[np.uint8], period: int, cell: int) -> tuple[Self, Self]:
        """The patterns along both sides: downwards, and to the right."""
        return cls.along(pixels, 0, period, cell), cls.along(pixels, 1, period, cell)


def amplitude(patterns: Sequence[Pattern]) -> float:
    """The amplitude of the pattern that some images have in common, in levels of 255.

    The square root of twice the mean surplus over the controls: a sine of amplitude a, both ways, in every image reads
    a. Images count the more the less their own texture disturbs (by its inverse), else one picket fence would drown the
    rest. 0 where the controls are as strong.
    """
    surplus = [pattern.tile - np.mean(pattern.controls) for pattern in patterns]
    return float(np.sqrt(2 * max(0.0, np.average(surplus, weights=_weights(patterns)))))


def chance(patterns: Sequence[Pattern]) -> float:
    """What ``amplitude`` may read by chance in such images: below this it means nothing.

    From twice the standard error of the mean surplus. That follows from how far the controls of an image differ: each
    has a shorter and a longer period in it, so the tile's energy varies twice as much.
    """
    variances = np.array([np.var(pattern.controls, ddof=1) for pattern in patterns]) * (2 + 1 / len(CONTROLS))
    weights = _weights(patterns)
    return float(np.sqrt(2 * 2 * np.sqrt(np.sum(weights**2 * variances)) / weights.sum()))


def step_ratio(pixels: NDArray[np.uint8], period: int) -> float:
    """Mean color step across tile borders, over the mean of the steps up to 4 pixels beside them; 1 without seams.

    Steps are absolute differences of neighboring pixels, over both directions and all channels. 1 where nothing has
    any step.
    """
    on, beside = [], []
    for side in (0, 1):
        steps = np.abs(np.diff(pixels.astype(np.int16), axis=side)).mean(axis=(1 - side, 2))
        borders = np.arange(period, len(steps) - BESIDE + 1, period) - 1
        on += steps[borders].tolist()
        beside += [steps[borders + shift].mean() for shift in range(-BESIDE, BESIDE + 1) if shift]
    return float((np.mean(on) + _LEAST_STEP) / (np.mean(beside) + _LEAST_STEP))


class Difference(NamedTuple):
    """How far two images differ, in levels of 255.

    Attributes:
        maximum: over all pixels and channels.
        rms: root of the mean square.
    """

    maximum: float
    rms: float

    @classmethod
    def of(cls, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Self:
        """That of two images of one shape."""
        levels = np.abs(first.astype(np.float64) - second)
        return cls(float(levels.max()), float(np.sqrt(np.mean(levels**2))))

    @classmethod
    def over(cls, many: Iterable[Self]) -> Self:
        """That of several pairs: the largest maximum, and the RMS over all pairs, each as much."""
        maxima, rms = zip(*many, strict=True)
        return cls(max(maxima), float(np.sqrt(np.mean(np.square(rms)))))


def profile(pixels: NDArray[np.uint8], side: int, period: int) -> Values:
    """The luminous profile that repeats along a side, (period,), in levels: for the eye, without any control."""
    rest = _without_slow(pixels.mean(axis=1 - side, dtype=np.float64), period)
    rest = rest[: len(rest) // period * period]
    # what was cut off in front is half a period
    return np.roll(_fold(rest, period).mean(axis=-1), period // 2)


def _without_slow(lines: Values, period: int) -> Values:
    """Lines (n, c) minus their running mean over a period; half a period is lost at each end."""
    if period % 2:
        weights = np.full(period, 1 / period)
    else:  # centered all the same: half of the weight of the ends
        weights = np.full(period + 1, 1 / period)
        weights[[0, -1]] /= 2
    slow = np.stack([np.convolve(line, weights, "valid") for line in lines.T], axis=1)
    lost = len(weights) // 2
    rest: Values = lines[lost : len(lines) - lost] - slow
    return rest


def _fold(lines: NDArray[np.inexact], period: int) -> NDArray[np.inexact]:
    """Mean of lines (n, c) modulo a period, around its own mean: (period, c)."""
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
