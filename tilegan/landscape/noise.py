"""Value noise from hashed lattice points: a pure function of the coordinates, so any part equals that of the whole."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
Plane = NDArray[np.float32]


def hashed(seed: int, rows: NDArray[np.int64], columns: NDArray[np.int64] | None = None) -> Plane:
    """Return pseudo-random numbers in [0, 1), one per lattice point (``rows`` and ``columns`` broadcast)."""
    key = np.uint32((seed * 0x9E3779B1 + 0x7F4A7C15) & 0xFFFFFFFF)
    bits = rows.astype(np.uint32) * np.uint32(0x85EBCA6B) ^ key
    bits = (bits ^ bits >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
    if columns is not None:
        bits = bits + columns.astype(np.uint32) * np.uint32(0xC2B2AE35)
    bits = (bits ^ bits >> np.uint32(16)) * np.uint32(0x297A2D39)
    bits = (bits ^ bits >> np.uint32(13)) * np.uint32(0x846CA68B)
    bits ^= bits >> np.uint32(16)
    return (bits >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


def draw(seed: int, number: int = 0) -> float:
    """Return one pseudo-random number in [0, 1)."""
    return float(hashed(seed, np.array([number]))[0])


def _weights(position: Line) -> tuple[NDArray[np.int64], Plane]:
    cell = np.floor(position)
    part = (position - cell).astype(np.float32)
    weight: Plane = part * part * part * (part * (part * 6 - 15) + 10)
    return cell.astype(np.int64), weight


def noise_line(seed: int, position: Line) -> Plane:
    """Return smooth noise in [0, 1) along a line, one lattice point per unit of ``position``; (n,) -> (n,)."""
    cell, weight = _weights(position)
    start = cell.min()
    lattice = hashed(seed, np.arange(start, cell.max() + 2))
    first, last = lattice[cell - start], lattice[cell - start + 1]
    value: Plane = first + weight * (last - first)
    return value


def noise_plane(seed: int, y: Line, x: Line) -> Plane:
    """Return smooth noise in [0, 1) on a grid of rows ``y`` and columns ``x`` in lattice units; -> (len(y), len(x))."""
    (row, row_weight), (column, column_weight) = _weights(y), _weights(x)
    row_start, column_start = row.min(), column.min()
    lattice = hashed(
        seed,
        np.arange(row_start, row.max() + 2)[:, None],
        np.arange(column_start, column.max() + 2)[None, :],
    )
    row, column = row - row_start, column - column_start
    first = lattice[:, column]
    lines = first + column_weight * (lattice[:, column + 1] - first)
    plane = np.empty((len(y), len(x)), np.float32)
    # rows of one lattice cell lie together, so that whole blocks of them are computed from two lattice lines
    starts = [0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]
    for start, stop in pairwise(starts):
        top, bottom = lines[row[start]], lines[row[start] + 1]
        block = plane[start:stop]
        np.multiply(row_weight[start:stop, None], bottom - top, out=block)
        block += top
    return plane


def octaves_line(seed: int, position: Line, octaves: int, gain: float = 0.5, ridged: bool = False) -> Plane:
    """Return noise in [0, 1] along a line, summed over octaves; ``ridged`` folds each one into sharp crests."""
    total, weight, sum_of_weights = np.zeros(position.shape, np.float32), 1.0, 0.0
    for octave in range(octaves):
        value = noise_line(seed + octave, position * 2.0**octave + 0.37 * octave)
        if ridged:
            value = 1 - np.abs(2 * value - 1)
        total += np.float32(weight) * value
        sum_of_weights += weight
        weight *= gain
    return total / np.float32(sum_of_weights)


def octaves_plane(seed: int, y: Line, x: Line, octaves: int, gain: float = 0.5) -> Plane:
    """Return noise in [0, 1] on a grid, summed over octaves."""
    total, weight, sum_of_weights = np.zeros((len(y), len(x)), np.float32), 1.0, 0.0
    for octave in range(octaves):
        value = noise_plane(seed + octave, y * 2.0**octave + 0.37 * octave, x * 2.0**octave + 0.71 * octave)
        value *= np.float32(weight)
        total += value
        sum_of_weights += weight
        weight *= gain
    total /= np.float32(sum_of_weights)
    return total
