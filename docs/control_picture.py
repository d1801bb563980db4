"""Make docs/images/control.jpg from the files and results of docs/control.md: maps, what they make, and their edges.

python docs/control_picture.py FOLDER -o docs/images/control.jpg
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, GAP = 900, 6
EDGES = {"both": ((860, 290), (2950, 2205)), "half": ((1952, 500),)}  # left and top of parts at full size
HEIGHT = 190  # of these


def read(path: Path) -> Image.Image:
    """An image in colors; numbers of strokes as shades of gray."""
    image = Image.open(path)
    if path.name == "strokes.png":
        image = image.point(lambda number: 30 * number)
    return image.convert("RGB")


def row(pictures: list[Image.Image]) -> np.ndarray:
    """Pictures beside each other, together as wide as the page."""
    width = (WIDTH - GAP * (len(pictures) - 1)) // len(pictures)
    height = round(pictures[0].height * width / pictures[0].width)
    resized = [np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS)) for picture in pictures]
    gap = np.full((height, GAP, 3), 255, np.uint8)
    joined = np.concatenate([part for pixels in resized for part in (pixels, gap)][:-1], axis=1)
    return np.pad(joined, ((0, GAP), (0, WIDTH - joined.shape[1]), (0, 0)), constant_values=255)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    names = ("photo.jpg", "eagle.png", "strokes.png", "half.png")
    maps = [read(given.folder / name).resize((410, 300), Image.Resampling.BILINEAR) for name in names]
    results = {name: read(given.folder / f"{name}.jpg") for name in EDGES}
    side = (WIDTH - 2 * GAP) // 3
    parts = [
        results[name].crop((left, top, left + side, top + HEIGHT))
        for name, places in EDGES.items()
        for left, top in places
    ]
    rows = [row(maps), row(list(results.values())), row(parts)]
    Image.fromarray(np.concatenate(rows)[:-GAP]).save(given.output, quality=66, optimize=True)
