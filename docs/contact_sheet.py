"""Make docs/images/sheet.jpg: photographs above the same photographs repainted by a model.

python docs/contact_sheet.py MODEL SHORT_SIDE OUTPUT PHOTOGRAPH...
"""

import sys

import numpy as np
from PIL import Image

import tilegan
from tilegan.training.sheet import sample_sheet

HEIGHT, WIDTH, COLUMNS = 400, 600, 3


def cut(path: str, short_side: int) -> np.ndarray:
    """The middle of a photograph that was reduced to a short side."""
    image = Image.open(path).convert("RGB")
    factor = short_side / min(image.size)
    image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    left, top = (image.width - WIDTH) // 2, (image.height - HEIGHT) // 2
    return np.asarray(image)[top : top + HEIGHT, left : left + WIDTH]


if __name__ == "__main__":
    translator = tilegan.load(sys.argv[1])
    pictures = [cut(path, int(sys.argv[2])) for path in sys.argv[4:]]
    rows = []
    for first in range(0, len(pictures), COLUMNS):
        row = pictures[first : first + COLUMNS]
        rows += [row, [translator.translate(picture) for picture in row]]
    sample_sheet(rows).save(sys.argv[3], quality=90)
