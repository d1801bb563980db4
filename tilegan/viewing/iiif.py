"""Requests of the IIIF Image API 3, level 2: which part of an image, at which size, turned how.

See https://iiif.io/api/image/3.0/.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tilegan.geometry import Pixels, Window
from tilegan.viewing.encode import shown_levels
from tilegan.viewing.site import Site

LONGEST, LARGEST = 4096, 2**22  # pixels a side and in all of what is answered
TURNS = {"0": 0, "90": 1, "180": 2, "270": 3}  # by a quarter, clockwise
FORMATS = ("jpg", "png")
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"


class RequestError(ValueError):
    """A request that has another form, or asks for something that there is not; its message is one line."""


@dataclass(frozen=True)
class ImageRequest:
    """A part of an image at a size.

    Attributes:
        region: in pixels of level 0.
        height, width: of what is answered, before it is turned.
        turns: quarter turns, clockwise.
    """

    region: Window
    height: int
    width: int
    turns: int

    @property
    def level(self) -> int:
        """Return the level from which it is made: the last one in which the region has as many pixels."""
        region, level = self.region, 0
        deepest = (max(region.height, region.width) - 1).bit_length()
        while level < deepest and (
            self.height <= -(-region.height >> level + 1) and self.width <= -(-region.width >> level + 1)
        ):
            level += 1
        return level

    def window(self) -> Window:
        """Return the window of the level that the region touches."""
        factor = 2**self.level
        top, left = self.region.top // factor, self.region.left // factor
        return Window(top, left, -(-self.region.bottom // factor) - top, -(-self.region.right // factor) - left)

    def of(self, pixels: Pixels) -> Pixels:
        """Return the answer from the pixels of the window: resized, turned, uint8 (h, w, 3 or 4)."""
        levels, window, factor = shown_levels(pixels), self.window(), 2**self.level
        top, left = self.region.top / factor - window.top, self.region.left / factor - window.left
        if (self.height, self.width) != levels.shape[:2] or top or left:
            bottom, right = top + self.region.height / factor, left + self.region.width / factor
            box = left, top, min(right, window.width), min(bottom, window.height)
            image = Image.fromarray(np.ascontiguousarray(levels))
            levels = np.asarray(image.resize((self.width, self.height), Image.Resampling.BICUBIC, box))
        return np.ascontiguousarray(np.rot90(levels, -self.turns))


def parsed(parts: Sequence[str], height: int, width: int) -> ImageRequest:
    """Return what a request asks for.

    Args:
        parts: of its path: region, size, rotation and quality.
        height: of level 0 of the image in pixels.
        width: likewise.

    Raises:
        RequestError: it is none, or asks for more than is answered.
    """
    region, size, rotation, quality = parts
    if rotation not in TURNS:
        raise RequestError(f"no rotation '{rotation}': give 0, 90, 180 or 270")
    if quality not in ("default", "color"):
        raise RequestError(f"no quality '{quality}': give default")
    window = _region(region, height, width)
    rows, columns = _size(size, window)
    if max(rows, columns) > LONGEST or rows * columns > LARGEST:
        raise RequestError(f"{columns} x {rows} pixels are more than is answered at once")
    return ImageRequest(window, rows, columns, TURNS[rotation])


def information(site: Site, address: str) -> dict[str, Any]:
    """Return the image information of a layer of a site, at an address without a slash at its end."""
    tiles = site.tiles
    factors = [2**level for level in range(tiles.max_zoom + 1)]
    small = [factor for factor in factors if tiles.height * tiles.width / factor**2 <= LARGEST]
    shapes = [(-(-tiles.height // factor), -(-tiles.width // factor)) for factor in reversed(small)]
    return {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": address,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": tiles.width,
        "height": tiles.height,
        "maxWidth": LONGEST,
        "maxHeight": LONGEST,
        "maxArea": LARGEST,
        "sizes": [{"width": columns, "height": rows} for rows, columns in shapes if max(rows, columns) <= LONGEST],
        "tiles": [{"width": site.tile, "height": site.tile, "scaleFactors": factors}],
        "extraQualities": ["color"],
        "extraFeatures": ["sizeUpscaling"],
    }


def _region(text: str, height: int, width: int) -> Window:
    if text == "full":
        return Window(0, 0, height, width)
    if text == "square":
        side = min(height, width)
        return Window((height - side) // 2, (width - side) // 2, side, side)
    pixels = re.fullmatch(r"(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})", text)
    shares = re.fullmatch(rf"pct:({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})", text)
    if pixels is not None:
        left, top, across, down = map(int, pixels.groups())
    elif shares is not None:
        share = [float(number) / 100 for number in shares.groups()]
        left, top = round(share[0] * width), round(share[1] * height)
        across, down = round(share[2] * width), round(share[3] * height)
    else:
        raise RequestError(f"no region '{text}': give full, square, x,y,w,h or pct:x,y,w,h")
    bottom, right = min(top + down, height), min(left + across, width)
    if top >= bottom or left >= right:
        raise RequestError(f"no pixels in region '{text}'")
    return Window(top, left, bottom - top, right - left)


def _size(text: str, region: Window) -> tuple[int, int]:
    """Return the height and width that are asked for of a region."""
    enlarges, plain = text.startswith("^"), text.removeprefix("^")
    height, width = _wanted(plain, region, enlarges=enlarges)
    if height < 1 or width < 1:
        raise RequestError(f"no pixels of size '{text}'")
    if not enlarges and (height > region.height or width > region.width):
        raise RequestError(f"size '{text}' is larger than the region: '^{plain}' enlarges")
    return height, width


def _wanted(text: str, region: Window, *, enlarges: bool) -> tuple[int, int]:
    height, width = region.height, region.width
    if text == "max":
        most = min(LONGEST / max(height, width), (LARGEST / (height * width)) ** 0.5)
        factor = most if enlarges else min(1.0, most)
        return max(1, int(height * factor)), max(1, int(width * factor))
    found = re.fullmatch(rf"(?:pct:({_NUMBER}))|(!?)(\d{{0,9}}),(\d{{0,9}})", text)
    if found is None or text in (",", "!,"):
        raise RequestError(f"no size '{text}': give max, w, or ,h or w,h or !w,h or pct:n")
    share, confined, across, down = found.groups()
    if share is not None:
        return round(height * float(share) / 100), round(width * float(share) / 100)
    if confined:
        if not (across and down):
            raise RequestError(f"no size '{text}': give !w,h")
        factor = min(int(across) / width, int(down) / height)
        factor = factor if enlarges else min(1.0, factor)
        return max(1, round(height * factor)), max(1, round(width * factor))
    if not down:
        return max(1, round(height * int(across) / width)), int(across)
    if not across:
        return int(down), max(1, round(width * int(down) / height))
    return int(down), int(across)
