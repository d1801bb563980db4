"""Draw the maps of docs/control.md for a photograph of an eagle before a blue background.

python docs/control_maps.py PHOTOGRAPH -o FOLDER --crop 2600,300,4100,3000 --inside 1480,1010 --ridge 2000

Writes photo.jpg, the crop; eagle.png, a mask of what is not blue around a point inside; strokes.png, large strokes
above a row and small ones below it; half.png, the full style on the left and half of it on the right.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

REDUCED = 4  # the mask is drawn on a reduced copy, as by hand
GROUND = 128  # levels of the mask before it is filled from the point inside


def mask_of(photograph: Image.Image, inside: tuple[int, int]) -> Image.Image:
    """A mask of the pixels that are dark or not blue, connected with a point, at a quarter of the size."""
    small = photograph.reduce(REDUCED)
    red, _, blue = (np.asarray(band).astype(int) for band in small.split())
    known = Image.fromarray(np.where((blue - red < 18) & (blue < 190), GROUND, 0).astype(np.uint8))
    closed = known.filter(ImageFilter.MaxFilter(13)).filter(ImageFilter.MinFilter(11))
    ImageDraw.floodfill(closed, (inside[0] // REDUCED, inside[1] // REDUCED), 255)
    return closed.point(lambda level: 255 if level == 255 else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photograph")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--crop", required=True, help="left, top, width and height")
    parser.add_argument("--inside", required=True, help="a point of the crop in the eagle")
    parser.add_argument("--ridge", type=int, required=True, help="row of the crop above which strokes are large")
    given = parser.parse_args()
    left, top, width, height = map(int, given.crop.split(","))
    Image.MAX_IMAGE_PIXELS = None
    photograph = Image.open(given.photograph).convert("RGB").crop((left, top, left + width, top + height))
    given.output.mkdir(parents=True, exist_ok=True)
    photograph.save(given.output / "photo.jpg", quality=95)
    x, y = map(int, given.inside.split(","))
    mask = mask_of(photograph, (x, y))
    mask.save(given.output / "eagle.png")
    strokes = np.full(mask.size[::-1], 8, np.uint8)
    strokes[given.ridge // REDUCED :] = 2
    Image.fromarray(strokes).save(given.output / "strokes.png")
    half = np.full((30, 41), 255, np.uint8)
    half[:, 21:] = 128
    Image.fromarray(half).save(given.output / "half.png")
