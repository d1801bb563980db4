"""Pixels as files that browsers show."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.geometry import Pixels

MEDIA = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}  # by ending
QUALITY = 90  # of JPEG and WebP


def shown_levels(pixels: Pixels) -> NDArray[np.uint8]:
    """Return pixels as a screen shows them: of 16 bits the nearest of 8 bits."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def encoded(pixels: Pixels, ending: str, side: int | None = None) -> bytes:
    """Return the bytes of an image file.

    Args:
        pixels: uint8 or uint16 (h, w, 3), or (h, w, 4) with opacity.
        ending: a key of ``MEDIA``. PNG is lossless.
        side: of a square that the image is padded to at the bottom and right, transparent, in JPEG white; None for no
            padding.
    """
    levels = shown_levels(pixels)
    height, width, channels = levels.shape
    is_smaller = side is not None and (height, width) != (side, side)
    if is_smaller and channels == 3:
        levels = np.concatenate([levels, np.full((height, width, 1), 255, np.uint8)], axis=2)
    if is_smaller:
        assert side is not None
        levels = np.pad(levels, ((0, side - height), (0, side - width), (0, 0)))
    if ending == "jpg" and levels.shape[2] == 4:
        levels = on_white(levels)
    image, file = Image.fromarray(np.ascontiguousarray(levels)), io.BytesIO()
    if ending == "png":
        image.save(file, "PNG", compress_level=1)
    elif ending == "jpg":
        image.save(file, "JPEG", quality=QUALITY, subsampling=0)
    else:
        image.save(file, "WEBP", quality=QUALITY, method=2)
    return file.getvalue()


def on_white(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return colors (h, w, 3) of pixels with opacity (h, w, 4) in front of white."""
    opacity = levels[..., 3:].astype(np.uint32)
    mixed = (levels[..., :3] * opacity + 255 * (255 - opacity) + 127) // 255
    return mixed.astype(np.uint8)
