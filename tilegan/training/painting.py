"""A single image file as the target of a training: one painting, in two sizes."""

from pathlib import Path

from tilegan.errors import DatasetError, ImageError
from tilegan.images.opening import open_source
from tilegan.training.images import TrainingImage

FACTORS = (1.4, 1.0)  # of the short side, so that strokes of two sizes are seen; finer ones become ridges


def find_painting(path: Path, side: int, short_side: int) -> list[TrainingImage]:
    """Return a painting in each of the sizes of which both sides have at least ``side`` pixels.

    All have the number 0, so that none is ever held out (see ``images.hold_out``).

    Args:
        path: the file.
        side: minimum side, in pixels.
        short_side: short side of the smaller size, in pixels; the painting is never enlarged.

    Raises:
        DatasetError: the file is no image, or is too small.
    """
    try:
        source = open_source(path)
    except ImageError as error:
        raise DatasetError(f"cannot learn from one painting: {error}") from error
    height, width = source.height, source.width
    source.close()
    if min(height, width) < side:
        raise DatasetError(
            f"cannot learn from {path}: it is {width} x {height} pixels, and crops need {side} x {side}: give a larger "
            "image, or a smaller --tile-size"
        )
    full = short_side / min(height, width)
    factors = sorted({min(1.0, full * factor) for factor in FACTORS}, reverse=True)
    sizes = [(round(height * factor), round(width * factor)) for factor in factors]
    return [TrainingImage(path, *size, number=0) for size in sizes if min(size) >= side]
