"""Make docs/images/sheet.jpg: a row of photographs, and below each what models make of it.

python docs/contact_sheet.py PHOTOGRAPH... -o docs/images/sheet.jpg --models vangogh monet
"""

import argparse

import numpy as np
from PIL import Image

import tilegan
from tilegan.images.pixels.sheet import sample_sheet

HEIGHT, WIDTH = 420, 600


def cut(path: str, short_side: int) -> np.ndarray:
    """The middle of a photograph that was reduced to a short side."""
    image = Image.open(path).convert("RGB")
    factor = short_side / min(image.size)
    image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    left, top = (image.width - WIDTH) // 2, (image.height - HEIGHT) // 2
    return np.asarray(image)[top : top + HEIGHT, left : left + WIDTH]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photographs", nargs="+")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--short-side", type=int, default=512)
    given = parser.parse_args()
    pictures = [cut(path, given.short_side) for path in given.photographs]
    models = [tilegan.load(name) for name in given.models]
    rows = [pictures, *([model.translate(picture) for picture in pictures] for model in models)]
    sample_sheet(rows).save(given.output, quality=82)
