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
