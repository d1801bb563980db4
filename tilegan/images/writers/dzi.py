"""A Deep Zoom image: small tiles of all levels in folders, fetched one by one by viewers such as OpenSeadragon.

``name.dzi`` is a few lines of XML; the tile at a column and row of a level is ``name_files/LEVEL/COLUMN_ROW.jpg``, or
.png. Level 0 has one pixel, and each further level is twice as high and wide, up to full resolution. A tile covers
``TILE`` pixels a side, plus ``OVERLAP`` pixels where it has a neighbor.
"""

import io
import os
import re
from pathlib import Path

from PIL import Image

from tilegan.geometry import Pixels, Window, grid_shape, split
from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.provenance import KEY
from tilegan.images.stores.pyramid import halve
from tilegan.images.stores.store import Store
from tilegan.progress import Progress

TILE, OVERLAP = 254, 1
_AT_ONCE = 8 * TILE  # side of the squares read at once, in pixels


def write_dzi(
    path: Path, folder: Path, store: Store, options: ExportOptions, progress: Progress, made: str | None = None
) -> None:
    """Write an 8-bit store, with tiles in JPEG, or in PNG if they must be lossless or have opacity.

    Args:
        path: output file.
        folder: folder of its tiles, which must not exist.
        store: store with all levels.
        options: encoding of the tiles.
        progress: called with the output pixels done, phase 'export'.
        made: provenance, as ``Provenance.text``.

    Raises:
        OSError: a file cannot be written.
        ImageError: the store is damaged.
    """
    tiles = _Tiles(folder, "png" if options.lossless or store.channels == 4 else "jpg", options.quality)
    height, width = store.shape(0)
    deepest = (max(height, width) - 1).bit_length()
    total = sum(shape[0] * shape[1] for shape in map(store.shape, range(store.levels)))
    done = 0
    for level in range(store.levels):
        whole = Window(0, 0, *store.shape(level))
        for part in split(whole, _AT_ONCE):
            around = _grown(part, whole)
            tiles.write(deepest - level, part, whole, store.read(level, around), around)
            done += part.height * part.width
            progress("export", height * width * done // total, height * width)
    pixels = store.read(store.levels - 1, whole)
    for level in range(store.levels, deepest + 1):
        pixels = halve(pixels)
        whole = Window(0, 0, *pixels.shape[:2])
        tiles.write(deepest - level, whole, whole, pixels, whole)
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{tiles.ending}" '
        f'Overlap="{OVERLAP}" TileSize="{TILE}">\n  <Size Width="{width}" Height="{height}"/>\n</Image>\n'
        + (f"<!-- {KEY} {made} -->\n" if made is not None else "")
    )
    os.sync()  # there may be millions of tiles, too many to sync one by one


def comment_of_dzi(path: Path) -> str | None:
    """Return the provenance in a .dzi file written here; None if it has none.

    Raises:
        OSError: the file cannot be read.
    """
    found = re.search(rf"<!-- {KEY} (.*) -->", path.read_text())
    return found[1] if found else None


def has_all_tiles(path: Path, folder: Path) -> bool:
    """Whether the tile folder of a .dzi file holds as many tiles of each level as its size requires.

    Raises:
        OSError: the file cannot be read.
        ValueError: it was not written here.
    """
    found = re.search(r'Format="(\w+)".*<Size Width="(\d+)" Height="(\d+)"/>', path.read_text(), re.DOTALL)
    if found is None:
        raise ValueError(f"not a Deep Zoom image written by tilegan: {path}")
    ending, width, height = f".{found[1]}", int(found[2]), int(found[3])
    for level in reversed(range((max(height, width) - 1).bit_length() + 1)):
        tiles = folder / str(level)
        rows, columns = grid_shape(height, width, TILE)
        if not tiles.is_dir():
            return False
        with os.scandir(tiles) as entries:
            if sum(tile.name.endswith(ending) and tile.stat().st_size > 0 for tile in entries) != rows * columns:
                return False
        height, width = -(-height // 2), -(-width // 2)
    return True


def _grown(window: Window, whole: Window) -> Window:
    """Return a window extended by the overlap on all sides where it has neighbors."""
    top, left = max(0, window.top - OVERLAP), max(0, window.left - OVERLAP)
    bottom, right = min(whole.height, window.bottom + OVERLAP), min(whole.width, window.right + OVERLAP)
    return Window(top, left, bottom - top, right - left)


class _Tiles:
    """The folder of tiles.

    Attributes:
        ending: ending of their names, without the dot.
    """

    def __init__(self, folder: Path, ending: str, quality: int) -> None:
        self.ending = ending
        self._folder, self._quality = folder, quality

    def write(self, level: int, part: Window, whole: Window, pixels: Pixels, around: Window) -> None:
        """Write the tiles that cover a part of a level, from the pixels of a window around it."""
        folder = self._folder / str(level)
        folder.mkdir(parents=True, exist_ok=True)
        for cell in split(part, TILE):
            tile = _grown(cell, whole)
            top, left = tile.top - around.top, tile.left - around.left
            image = Image.fromarray(pixels[top : top + tile.height, left : left + tile.width])
            # not to a file directly: Pillow does not notice if the disk takes half of a JPEG
            encoded = io.BytesIO()
            if self.ending == "png":
                image.save(encoded, "PNG")
            else:
                image.save(encoded, "JPEG", quality=self._quality, subsampling=0)
            name = f"{cell.left // TILE}_{cell.top // TILE}.{self.ending}"
            (folder / name).write_bytes(encoded.getbuffer())
