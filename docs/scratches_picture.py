"""Make docs/images/inpaint.jpg: scratches are drawn in a photograph, and filled by a model.

python docs/scratches_picture.py PHOTO --model runs/fill -o docs/images/inpaint.jpg
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from tilegan.methods.holes import Holes
from tilegan.pipelines import stylize

SIZE = (448, 300)  # of the photograph
DETAIL = (146, 96)  # of its parts, which are shown three times as large
GAP = 6


def row(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of the same size beside each other."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for pixels in pictures for part in (pixels, gap)][:-1], 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photo")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the scratches")
    parser.add_argument("--width", type=int, default=8, help="of the widest, in pixels")
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    photo = np.asarray(Image.open(given.photo).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS))
    mask = Holes(given.width).draw((given.seed,), *photo.shape[:2])
    scratched = np.where(mask[..., None] > 0, np.uint8(245), photo)
    with TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(scratched).save(folder / "scratched.png")
        Image.fromarray(mask).save(folder / "holes.png")
        stylize(folder / "scratched.png", folder / "filled.png", given.model, mask=folder / "holes.png")
        filled = np.asarray(Image.open(folder / "filled.png"))
    width, height = DETAIL
    places = sorted(
        (
            (mask[top : top + height, left : left + width].sum(), top, left)
            for top in (20, 180)
            for left in (20, 160, 280)
        ),
    )
    _, top, left = places[-1]
    parts = [
        np.asarray(
            Image.fromarray(image[top : top + height, left : left + width]).resize(
                (3 * width, 3 * height), Image.Resampling.NEAREST
            )
        )
        for image in (scratched, filled, photo)
    ]
    above = row([scratched, filled, photo])
    below = row(parts)
    below = np.pad(below, ((GAP, 0), (0, above.shape[1] - below.shape[1]), (0, 0)), constant_values=255)
    Image.fromarray(np.concatenate((above, below))).save(given.output, quality=82, optimize=True)
