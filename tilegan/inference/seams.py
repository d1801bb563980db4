"""Seams of windows that are blended, measured on a sample."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels, Window, round_up
from tilegan.inference.blocks import Held, read_block
from tilegan.inference.overlap import ONE, Axis, Overlapping, overlap_of
from tilegan.tiling.places import Place
from tilegan.translator import Translator

WHOLE, SHIFTED = "the whole sample", "a shifted grid"
MOST_BYTES = 2**30  # of a pass over the whole sample
PERIODS = 2  # from the first window of a sample to its last


@dataclass(frozen=True)
class Seams:
    """Differences of windows that are blended from another painting of the same sample, in levels of 255.

    Attributes:
        compared: the other painting: 'the whole sample' in one pass, or windows in 'a shifted grid'.
        window: side of a window, in input pixels.
        overlap: of a window with the next, likewise.
        borders: median and 95th percentile of the absolute differences of values where windows overlap.
        elsewhere: likewise, of all other values.
    """

    compared: str
    window: int
    overlap: int
    borders: tuple[float, float]
    elsewhere: tuple[float, float]

    def facts(self) -> dict[str, Any]:
        """Return them as JSON types."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def of(cls, facts: Any) -> Self | None:
        """Return the seams of such facts; None if they are none."""
        try:
            return cls(**facts | {key: tuple(map(float, facts[key])) for key in ("borders", "elsewhere")})
        except (TypeError, KeyError, ValueError):
            return None

    @property
    def words(self) -> str:
        """Return them in words."""
        (middle, most), (other, most_other) = self.borders, self.elsewhere
        return (
            f"where windows of {self.window} pixels overlap, a sample differs from {self.compared} by {middle:.1f} of "
            f"255 levels (median) and {most:.1f} (95 %), elsewhere by {other:.1f} and {most_other:.1f}"
        )


def sample_sides(translator: Translator) -> tuple[int, int]:
    """Return height and width of a sample with three windows along each side, in pixels."""
    side = translator.tile_size
    length = side + PERIODS * (side - overlap_of(side, translator.stride))
    return length, length


def seams_on_sample(translator: Translator, sample: Pixels) -> Seams:
    """Measure the seams of windows of a model's tile size.

    The sample is painted by windows, and once more: in one pass if the network takes it and has enough memory, else by
    windows in a grid that is shifted by half a window, so that the borders of both count.

    Args:
        translator: on the CPU in float32; of several styles the first is used.
        sample: uint8 (h, w, 3), of ``sample_sides``.
    """
    made = translator.in_style({translator.styles[0]: 1.0}) if translator.styles else translator
    side = made.tile_size
    overlap = overlap_of(side, made.stride)
    first, borders = _blended(made, sample), _borders(made, sample)
    if _fits(made, sample):
        other, compared = made.run(made.seen(sample)[None], 0, [Place(0, 0)])[0], WHOLE
    else:
        shift = round_up((side - overlap) // 2, made.stride)
        sample, start = sample[shift:, shift:], shift * made.scale
        other, compared = _blended(made, sample), SHIFTED
        first, borders = first[start:, start:], borders[start:, start:] | _borders(made, sample)
        edge = overlap * made.scale  # the grid begins here, and only here
        inner = slice(edge, first.shape[0] - edge)
        first, other, borders = first[inner, inner], other[inner, inner], borders[inner, inner]
    apart = np.abs(first.astype(np.int16) - other)
    return Seams(compared, side, overlap, _percentiles(apart[borders]), _percentiles(apart[~borders]))


def _fits(translator: Translator, sample: Pixels) -> bool:
    height, width, _ = sample.shape
    if translator.fixed_side or height != width or height % translator.stride:
        return False
    return translator.peak_bytes(1, height) <= MOST_BYTES


def _windows(translator: Translator, sample: Pixels) -> Overlapping:
    height, width, _ = sample.shape
    side, overlap = translator.tile_size, overlap_of(translator.tile_size, translator.stride)
    return Overlapping(Window(0, 0, height, width), Axis(height, side, overlap), Axis(width, side, overlap))


def _blended(translator: Translator, sample: Pixels) -> Pixels:
    windows = _windows(translator, sample)
    block = translator.seen(read_block(Held(sample), windows.block))
    return windows.blended(lambda pixels, places: translator.run(pixels, 0, places), block, 1, translator.scale, map)


def _borders(translator: Translator, sample: Pixels) -> NDArray[np.bool_]:
    """Return where more than one window has a weight, (h * scale, w * scale)."""
    windows, along = _windows(translator, sample), []
    for axis in (windows.rows, windows.columns):
        shared = np.zeros((axis.last * axis.period + axis.side) * translator.scale, np.bool_)
        for number in range(axis.last + 1):
            start = number * axis.period * translator.scale
            shared[start : start + axis.side * translator.scale] |= axis.weights(number, translator.scale) < ONE
        along.append(shared[: axis.length * translator.scale])
    return along[0][:, None] | along[1]


def _percentiles(values: NDArray[np.int16]) -> tuple[float, float]:
    middle, most = np.percentile(values, (50, 95)) if values.size else (0.0, 0.0)
    return float(middle), float(most)
