"""Tiles of an image at halved resolutions: which pixels of which level a tile shows.

Level 0 is full resolution; each further level has half the height and width, rounded up, as in a store. Zooms count the
other way round: zoom 0 shows the whole image in one tile, the largest zoom shows level 0.
"""

from dataclasses import dataclass

from tilegan.geometry import Window


def level_shape(height: int, width: int, level: int) -> tuple[int, int]:
    """Return height and width of a level in pixels; those of level 0 are given."""
    return -(-height >> level), -(-width >> level)


@dataclass(frozen=True)
class TileGrid:
    """The tiles of an image.

    Attributes:
        height: of the image, in pixels.
        width: likewise.
        tile: side of a tile in pixels.
    """

    height: int
    width: int
    tile: int = 256

    @property
    def max_zoom(self) -> int:
        """Return the zoom of full resolution: the least at which the whole image fits into the tile of zoom 0."""
        return max(0, (-(-max(self.height, self.width) // self.tile) - 1).bit_length())

    def level(self, zoom: int) -> int:
        """Return the level that a zoom shows."""
        return self.max_zoom - zoom

    def shape(self, zoom: int) -> tuple[int, int]:
        """Return rows and columns of tiles of a zoom."""
        height, width = level_shape(self.height, self.width, self.level(zoom))
        return -(-height // self.tile), -(-width // self.tile)

    def window(self, zoom: int, column: int, row: int) -> Window | None:
        """Return the pixels of its level that a tile shows, cut at the image; None where there is no such tile."""
        if not 0 <= zoom <= self.max_zoom:
            return None
        return cell(level_shape(self.height, self.width, self.level(zoom)), self.tile, column, row)


def cell(shape: tuple[int, int], side: int, column: int, row: int, overlap: int = 0) -> Window | None:
    """Return a cell of a grid over an image, cut at its edges.

    Args:
        shape: height and width of the image in pixels.
        side: of a cell in pixels.
        column: of the cell.
        row: of the cell.
        overlap: pixels of each neighbor that are shown as well.

    Returns:
        The window; None where there is no such cell.
    """
    height, width = shape
    top, left = row * side, column * side
    if not (0 <= top < height and 0 <= left < width):
        return None
    first, start = max(0, top - overlap), max(0, left - overlap)
    bottom, right = min(height, top + side + overlap), min(width, left + side + overlap)
    return Window(first, start, bottom - first, right - start)
