"""Noise that is independent of tiling: a function of a seed, a plane and the position of a cell in the image.

Even areas contain nothing from which a network could start a stroke; noise does. So that windows remain equal to the
whole image, the values are not a stream of random numbers but a hash of their position, computed with integers only:
the same on every machine and device.
"""

import torch

from tilegan.tiling.places import current_pass

SPREAD = 8  # cells: side of the squares of drifting noise
PLACES = 2**24  # in training, windows are placed at random in a square of this many cells
_EVEN_BYTES = 0xFF00FF
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
    pairs = (state & _EVEN_BYTES) + (state >> 8 & _EVEN_BYTES)
    total = (pairs & 0xFFFF) + (pairs >> 16)
    return (total - 510).float() * (1 / _DEVIATION)


def _hash(values: torch.Tensor) -> torch.Tensor:
    """Return a 32-bit hash of the lower 32 bits of each integer: int32, of which negative ones stand for 2^31 and more.

    C. Wellons' 'lowbias32' (2018, 'Prospecting for Hash Functions'). There may be one for each pixel, so it is computed
    in 32 bits and in place, which takes half of the time. Products overflow; their lower 32 bits remain correct.
    """
    values = values.to(torch.int32, copy=True)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B - 2**32)):
        values.bitwise_xor_(_shifted(values, shift)).mul_(factor)
    return values.bitwise_xor_(_shifted(values, 16))


def _shifted(values: torch.Tensor, shift: int) -> torch.Tensor:
    """Shift to the right without the sign, which ``>>`` repeats."""
    return (values >> shift).bitwise_and_(2 ** (32 - shift) - 1)


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


def known_places(cells: torch.Tensor, side: int, training: bool) -> torch.Tensor | None:
    """Return the positions of windows of cells in their image.

    Args:
        cells: (N, C, h, w), in the center of the images of the pass (see ``tiling.places``).
        side: of a cell, in pixels.
        training: whether positions are drawn at random if they are not known.

    Returns:
        int64 (N, 3): row, column and copy of the first cell of each window, as ``cell_noise`` takes them, on the device
        of the cells; None if they are not known.
    """
    running = current_pass()
    if running is None:
        return torch.randint(PLACES, (len(cells), 3), device=cells.device) if training else None
    lost = [(pixels // side - left) // 2 for pixels, left in zip(running.sides, cells.shape[2:], strict=True)]
    first = running.places[:, :2].div(side, rounding_mode="floor") + torch.tensor(lost)
    return torch.cat((first, running.places[:, 2:]), 1).to(cells.device)
