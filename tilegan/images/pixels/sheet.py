"""Arrange pictures in a sample grid, with optional names beneath."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

GAP = 8
LETTERS = 32  # height of the letters of a name, in pixels


def sample_sheet(rows: Sequence[Sequence[NDArray[np.uint8]]]) -> Image.Image:
    """Arrange rows of pictures, uint8 (h, w, 3) each, on white; a row is as high as its highest picture."""
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    widths = [sum(picture.shape[1] + GAP for picture in row) for row in rows]
    sheet = Image.new("RGB", (max(widths) + GAP, sum(height + GAP for height in heights) + GAP), "white")
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        left = GAP
        for picture in row:
            sheet.paste(Image.fromarray(picture), (left, top))
            left += picture.shape[1] + GAP
        top += height + GAP
    return sheet


def with_name(picture: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Add a name below a picture, uint8 (h, w, 3); the result is higher by a line and at least as wide as the name."""
    font = ImageFont.load_default(LETTERS)
    height, width, _ = picture.shape
    wide = max(width, round(font.getlength(name) + 0.5))
    cell = Image.new("RGB", (wide, height + 2 * LETTERS), "white")
    cell.paste(Image.fromarray(picture), ((wide - width) // 2, 0))
    ImageDraw.Draw(cell).text((wide / 2, height + LETTERS / 4), name, "black", font, anchor="ma")
    return np.asarray(cell)
