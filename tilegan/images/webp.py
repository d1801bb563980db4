"""A WebP, encoded as a whole, in some 12 bytes of memory a pixel: there is no other way.

The format allows no more than 16,383 pixels a side.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from tilegan.geometry import Window
from tilegan.images.formats import ExportOptions
from tilegan.images.origin import Origin
from tilegan.images.profile import profile_of
from tilegan.images.store import Store


def write_webp(path: Path, store: Store, options: ExportOptions) -> None:
    """Write a store of 8 bits, RGB or RGB and opacity.

    Args:
        path: the file.
        store: with level 0 complete; EXIF of its origin, XMP and the profile of its colours are written too.
        options: how it is encoded.

    Raises:
        OSError: the file cannot be written.
        ImageError: the store is damaged.
    """
    height, width = store.shape(0)
    image = Image.fromarray(store.read(0, Window(0, 0, height, width)))
    origin = store.origin or Origin()
    told = {"icc_profile": profile_of(origin), "exif": origin.metadata.exif, "xmp": origin.metadata.xmp.encode()}
    said: dict[str, Any] = {name: block for name, block in told.items() if block}
    # exact: colours of transparent pixels are kept
    image.save(path, "WEBP", quality=options.quality, lossless=options.lossless, exact=True, **said)
