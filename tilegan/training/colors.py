"""Colors of a folder of images, without strokes and grain."""

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import DatasetError, ImageError
from tilegan.geometry import means
from tilegan.methods.color_map import CELL
from tilegan.training.images import TrainingImage, read_masked

IMAGES = 48  # at most, since each has to be decoded
CELLS = 256  # per image, so that all have the same weight


def tones_of(images: list[TrainingImage]) -> NDArray[np.uint8]:
    """Return mean colors of random squares of 16 x 16 pixels from images spread evenly over the folder: uint8 (n, 3).

    Images that do not decode are skipped; they are reported when crops are taken.

    Raises:
        DatasetError: none of the selected images decodes.
    """
    random = np.random.default_rng(0)
    found = []
    count = min(IMAGES, len(images))
    for number in range(count):
        try:
            image, valid = read_masked(images[number * len(images) // count])
        except ImageError:
            continue
        height, width = (side // CELL * CELL for side in image.shape[:2])
        cells = means(image[:height, :width], CELL).reshape(-1, 3)
        if valid is not None:
            whole = means(valid[:height, :width, None] * np.uint8(255), CELL).reshape(-1) == 255
            cells = cells[whole] if whole.any() else cells
        found.append(cells[random.integers(len(cells), size=CELLS)])
    if not found:
        raise DatasetError(f"no image in '{images[0].path.parent}' can be decoded")
    return np.concatenate(found)
