"""Label maps: images whose colors are labels."""

from typing import Any

import numpy as np

from tilegan.errors import ImageError, TileganError


def check_depth(
    dtype: np.dtype[Any], what: str, cure: str = "save it with 8 bits", kind: type[TileganError] = ImageError
) -> None:
    """Refuse label maps of more than 8 bits, which would be stretched to 8 bits differently for each file.

    Args:
        dtype: dtype of the values.
        what: their owner, for the message.
        cure: how to mend it, for the message.
        kind: class of the error.

    Raises:
        ImageError: the values have more than 8 bits; or the error of another ``kind``.

    Args:
        dtype: type of the values.
        what: what has them, for the message.
        cure: how to mend it, likewise.
        kind: type of the error.

    Raises:
        ImageError: the values have more than 8 bits; or the error of another ``kind``.
    """
    if dtype.itemsize > 1:
        raise kind(f"not a label map: {what} of {dtype}: {cure}")
