"""Make docs/images/inpaint.jpg: scratches and a wide hole are drawn in a photograph, and filled by a model.

python docs/scratches_picture.py PHOTO --model runs/fill -o docs/images/inpaint.jpg
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from tilegan.methods.holes import Holes
from tilegan.metrics.holes import diffused
from tilegan.pipelines import stylize

SIZE = (448, 300)  # of the photograph
DETAIL = (110, 84)  # of its parts, which are shown three times as large
LARGER = 3
GAP = 6
WHITE = 245  # level of what is missing


def row(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of the same size beside each other."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for pixels in pictures for part in (pixels, gap)][:-1], 1)


def filled(photo: np.ndarray, mask: np.ndarray, model: str) -> np.ndarray:
    """The photograph, filled by the model."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(photo).save(folder / "photo.png")
        Image.fromarray(mask).save(folder / "holes.png")
        stylize(folder / "photo.png", folder / "filled.png", model, mask=folder / "holes.png")
        return np.asarray(Image.open(folder / "filled.png"))


def part(pixels: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The part of an image in which most is missing after diffusion (h, w), enlarged."""
    width, height = DETAIL
    tops, lefts = (range(8, length - side, 12) for length, side in zip(missing.shape, (height, width), strict=True))
    amounts = {(missing[y : y + height, x : x + width].sum(), y, x) for y in tops for x in lefts}
    _, top, left = max(amounts)
    crop = pixels[top : top + height, left : left + width]
    return crop.repeat(LARGER, 0).repeat(LARGER, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photo")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the scratches")
    parser.add_argument("--width", type=int, default=8, help="of the widest, in pixels")
    parser.add_argument("--wide", type=int, default=16, help="least width of the wide hole, in pixels")
    parser.add_argument("--wide-seed", type=int, default=0, help="of the wide hole")
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    photo = np.asarray(Image.open(given.photo).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS))
    rows = []
    for mask in (
        Holes(given.width).draw((given.seed,), *photo.shape[:2]),
        Holes(given.wide).draw_wide((given.wide_seed,), *photo.shape[:2]),
    ):
        scratched = np.where(mask[..., None] > 0, np.uint8(WHITE), photo)
        made = filled(scratched, mask, given.model)
        if not rows:
            rows.append(row([scratched, made, photo]))
        smooth = diffused(photo, mask)
        missing = np.abs(smooth.astype(int) - photo).sum(2)
        rows.append(row([part(pixels, missing) for pixels in (scratched, smooth, made, photo)]))
    width = max(each.shape[1] for each in rows)
    rows = [np.pad(each, ((0, GAP), (0, width - each.shape[1]), (0, 0)), constant_values=255) for each in rows]
    Image.fromarray(np.concatenate(rows)[:-GAP]).save(given.output, quality=74, optimize=True)
