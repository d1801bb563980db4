"""A WebP, encoded as a whole, in some 9 bytes of memory a pixel: there is no other way.

The format allows no more than 16,383 pixels a side.
"""

from pathlib import Path

from PIL import Image

from tilegan.geometry import Window, split
from tilegan.images.formats import ExportOptions
from tilegan.images.profile import srgb_profile
from tilegan.images.store import Store

_SIDE = 2048  # of the windows that are read at once, in pixels


def write_webp(path: Path, store: Store, options: ExportOptions) -> None:
    """Write a store of 8 bits, RGB or RGB and opacity.

    Args:
        path: the file.
        store: with level 0 complete.
        options: how it is encoded.

    Raises:
        OSError: the file cannot be written.
        ImageError: the store is damaged.
    """
    height, width = store.shape(0)
    image = Image.new("RGBA" if store.channels == 4 else "RGB", (width, height))
    for window in split(Window(0, 0, height, width), _SIDE):  # or the pixels would be held twice
        image.paste(Image.fromarray(store.read(0, window)), (window.left, window.top))
    managed = store.origin is not None and store.origin.color_managed
    said = {"icc_profile": srgb_profile()} if managed else {}
    # exact: colours of transparent pixels are kept
    image.save(path, "WEBP", quality=options.quality, lossless=options.lossless, exact=True, **said)
