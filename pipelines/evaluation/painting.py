"""One painting as the targets of an evaluation: its parts, in place of several paintings."""

from itertools import zip_longest

import numpy as np

from tilegan.errors import DatasetError
from tilegan.metrics.sets import Picture
from tilegan.training.images import TrainingImage, read_reduced

MOST = 4  # parts along a side

Named = tuple[str, Picture]


def parts_of_painting(painting: TrainingImage, least: int) -> list[Named]:
    """Return the parts of a painting, with their names: a grid without gaps, of up to 4 x 4.

    White and black squares of a chessboard alternate, so that neighbors are in different halves of the targets.

    Args:
        painting: from ``training.painting.find_painting``.
        least: minimum side of a part, in pixels.

    Raises:
        ImageError: it does not decode.
        DatasetError: it is too small for two parts.
    """
    pixels = read_reduced(painting)
    rows, columns = (min(MOST, length // least) for length in pixels.shape[:2])
    if rows * columns < 2:
        height, width, _ = pixels.shape
        raise DatasetError(
            f"{painting.path} has {width} x {height} pixels, and parts of it are compared: they need {least} x {least} "
            "each"
        )
    tops, lefts = (
        np.linspace(0, length, count + 1).astype(int)
        for length, count in zip(pixels.shape[:2], (rows, columns), strict=True)
    )
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    halves = ([cell for cell in cells if sum(cell) % 2 == color] for color in (0, 1))
    return [
        (
            f"row {row + 1}, column {column + 1}",
            pixels[tops[row] : tops[row + 1], lefts[column] : lefts[column + 1]],
        )
        for pair in zip_longest(*halves)
        for row, column in filter(None, pair)
    ]
