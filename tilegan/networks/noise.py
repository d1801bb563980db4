"""Noise that is independent of tiling: a function of a seed, a plane and the position of a cell in the image.

Even areas contain nothing from which a network could start a stroke; noise does. So that windows remain equal to the
whole image, the values are not a stream of random numbers but a hash of their position, computed with integers only:
the same on every machine and device.
"""

import torch

SPREAD = 8  # cells: side of the squares of drifting noise
_BITS = 2**32 - 1
_DEVIATION = (4 * (256**2 - 1) / 12) ** 0.5  # standard deviation of the sum of four bytes


def cell_noise(seed: int, places: torch.Tensor, planes: int, rows: int, columns: int) -> torch.Tensor:
    """Return nearly normal noise with mean 0 and variance 1, independent for each cell.

    Args:
        seed: 0 or more.
        places: int64 (N, 3): row and column of the first cell of each window, which may be negative, and a number that
            selects other noise, such as the factor by which a copy of the image is reduced.
        planes: number of planes.
        rows: rows of cells of a window.
        columns: columns of cells of a window.

    Returns:
        float32 (N, planes, rows, columns), on the device of ``places``: the sum of the four bytes of a hash (an
        Irwin-Hall distribution) minus its mean, divided by its standard deviation.
    """
    number, device = places.new_tensor(seed), places.device
    state = _hash(places[:, 2, None] ^ _hash(number))
    state = _hash(state ^ torch.arange(planes, device=device))[:, :, None]
    state = _hash(state ^ (places[:, :1] + torch.arange(rows, device=device))[:, None])[..., None]
    state = _hash(state ^ (places[:, 1:2] + torch.arange(columns, device=device))[:, None, None])
    total = (state & 255) + (state >> 8 & 255) + (state >> 16 & 255) + (state >> 24)
    return (total - 510).float() * (1 / _DEVIATION)


def _hash(values: torch.Tensor) -> torch.Tensor:
    """Return a 32-bit hash of each integer, int64 -> int64 in [0, 2**32).

    C. Wellons' 'lowbias32' (2018, 'Prospecting for Hash Functions'). Products overflow 64 bits; their lower 32 bits,
    which are the only ones used, remain correct.
    """
    values = values & _BITS
    values = (values ^ values >> 16) * 0x7FEB352D & _BITS
    values = (values ^ values >> 15) * 0x846CA68B & _BITS
    return values ^ values >> 16


def drifting_noise(
    seed: int, places: torch.Tensor, planes: int, rows: int, columns: int, spread: int = SPREAD
) -> torch.Tensor:
    """Return noise that varies slowly: ``cell_noise`` of squares of ``spread`` x ``spread`` cells, interpolated.

    Args:
        seed: as for ``cell_noise``, as are the others.
        places: likewise.
        planes: likewise.
        rows: likewise.
        columns: likewise.
        spread: side of the squares, in cells.

    Returns:
        float32 (N, planes, rows, columns), between the values at the corners of the squares, weighted by
        3 t^2 - 2 t^3 with t the distance from a corner along an axis in squares.
    """
    first = torch.cat((places[:, :2].div(spread, rounding_mode="floor"), places[:, 2:]), 1)
    values = cell_noise(seed, first, planes, (rows - 2) // spread + 3, (columns - 2) // spread + 3)
    for axis, count in ((2, rows), (3, columns)):
        along = places[:, axis - 2, None] % spread + torch.arange(count, device=places.device)
        shape = [len(places), 1, 1, 1]
        shape[axis] = count
        sizes = list(values.shape)
        sizes[axis] = count
        below = along.div(spread, rounding_mode="floor").reshape(shape)
        part = ((along % spread).float() / spread).reshape(shape)
        low, high = (values.gather(axis, (below + more).expand(sizes)) for more in (0, 1))
        values = torch.lerp(low, high, part * part * (3 - 2 * part))
    return values
