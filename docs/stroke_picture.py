"""Make docs/images/stroke.jpg: a part of a photograph at its full size, painted without and with --stroke 8, and all.

python docs/stroke_picture.py PHOTOGRAPH -o docs/images/stroke.jpg --at 900,2900
"""

import argparse

import dask.array as da
import numpy as np
from PIL import Image

import tilegan

SIDE, GAP = 408, 8
WIDTH = 3 * SIDE + 2 * GAP


def reduced(pixels: np.ndarray, width: int) -> np.ndarray:
    """A picture of another width."""
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS))


def row(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one height beside each other."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photograph")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--at", default="0,0", help="top and left of the part, in pixels")
    parser.add_argument("--model", default="vangogh")
    given = parser.parse_args()
    top, left = map(int, given.at.split(","))
    Image.MAX_IMAGE_PIXELS = None
    photograph = np.asarray(Image.open(given.photograph).convert("RGB"))
    chunked = da.from_array(photograph, chunks=(2048, 2048, 3))
    painted = [np.asarray(tilegan.stylize_array(chunked, given.model, stroke=stroke)) for stroke in (1, 8)]
    parts = row([pixels[top : top + SIDE, left : left + SIDE] for pixels in (photograph, *painted)])
    whole = row([reduced(pixels, (WIDTH - GAP) // 2) for pixels in (photograph, painted[1])])
    rows = [parts, np.full((GAP, WIDTH, 3), 255, np.uint8), whole]
    Image.fromarray(np.concatenate(rows)).save(given.output, quality=90)
