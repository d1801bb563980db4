"""Make docs/images/stackgan.jpg: a photograph, and what a model paints of it by several texts.

python docs/words_picture.py PHOTO --model runs/told -o docs/images/stackgan.jpg "a text" "another text" ...
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tilegan.images.pixels.sheet import sample_sheet
from tilegan.settling import Choices
from tilegan.translator import load

LETTERS = 13  # height of the letters, in pixels
COLUMNS = 3


def with_text(pixels: np.ndarray, text: str) -> np.ndarray:
    """A picture with a text beneath."""
    cell = Image.new("RGB", (pixels.shape[1], pixels.shape[0] + 2 * LETTERS), "white")
    cell.paste(Image.fromarray(pixels), (0, 0))
    font = ImageFont.load_default(LETTERS)
    ImageDraw.Draw(cell).text((cell.width / 2, pixels.shape[0] + LETTERS / 3), text, "black", font, anchor="ma")
    return np.asarray(cell)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("photo")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--model", required=True)
    parser.add_argument("--short-side", type=int, default=240)
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    image = Image.open(given.photo).convert("RGB")
    factor = given.short_side / min(image.size)
    image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    photo, model = np.asarray(image), load(given.model)
    cells = [with_text(photo, "photograph")]
    cells += [with_text(model.settled(Choices(text=text)).translate(photo), text) for text in given.texts]
    rows = [cells[first : first + COLUMNS] for first in range(0, len(cells), COLUMNS)]
    sample_sheet(rows).save(given.output, quality=92)
