"""Arrays as image files, and back."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def saved(path: Path, values: NDArray[Any]) -> Path:
    """Write an array to a path, by its ending; return the path."""
    Image.fromarray(values).save(path)
    return path


def opened(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image)


def blots(folder: Path, count: int, height: int, width: int, grain: int) -> Path:
    """Write images of noise in blots of ``grain`` pixels, the coarser, the bluer, to a new folder; return it."""
    folder.mkdir()
    for number in range(count):
        random = np.random.default_rng((grain, number))
        small = random.integers(0, 256, (height // grain, width // grain, 3), dtype=np.uint8)
        small[..., 0] //= grain
        Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def are_equal(one: NDArray[Any], other: NDArray[Any], most: int = 1) -> bool:
    """Whether images are equal, but for sums that are rounded otherwise (see docs/design.md): by ``most`` levels."""
    apart = np.abs(one.astype(int) - other)
    return bool(apart.max() <= most and (apart > 0).mean() < 1e-3)
