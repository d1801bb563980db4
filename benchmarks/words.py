"""What the words of a model change, and whether they do what the paintings with these words look like.

    python benchmarks/words.py MODEL PHOTOS PAINTINGS CAPTIONS [--photos 8] [--least 6] [--short-side 160]

Every photograph is painted without a text and with each word alone that occurs in as many captions. Printed are, for
each word: the mean change of a value, in 8-bit levels; how far it moves the mean color, in units of Lab; how far the
mean color of the paintings with this word lies from that of all paintings; and the cosine of the two directions. At the
end: the mean cosine, and the share of words above 0, of those whose paintings lie at least 5 units away; and the mean
cosine with the directions of other words, which chance would give.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from tilegan.files import files_below
from tilegan.metrics.lab import to_lab
from tilegan.networks.words import words_of
from tilegan.settling import Choices
from tilegan.translator import load

FAR = 5.0  # units of Lab


def picture(path: Path, short_side: int) -> np.ndarray:
    """An image reduced to a short side."""
    with Image.open(path) as image:
        factor = short_side / min(image.size)
        size = round(image.width * factor), round(image.height * factor)
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def mean_color(pixels: np.ndarray) -> np.ndarray:
    """The mean color in Lab, (3,)."""
    return to_lab(pixels.reshape(-1, 3)).mean(0)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """The cosine of the angle between two vectors."""
    return float(first @ second / max(np.linalg.norm(first) * np.linalg.norm(second), 1e-9))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("photographs")
    parser.add_argument("paintings")
    parser.add_argument("captions")
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--least", type=int, default=6, help="captions in which a word occurs")
    parser.add_argument("--short-side", type=int, default=160)
    given = parser.parse_args()
    captions = defaultdict(list)
    with Path(given.captions).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            captions[row["file"]].append(row["caption"])
    colors = {name: mean_color(picture(Path(given.paintings) / name, 64)) for name in captions}
    every = np.mean(list(colors.values()), 0)
    of_words = defaultdict(list)
    for name, texts in captions.items():
        for word in {word for text in texts for word in words_of(text)}:
            of_words[word].append(colors[name])
    model = load(given.model)
    counts = {word: sum(word in words_of(text) for texts in captions.values() for text in texts) for word in of_words}
    words = [word for word in model.vocabulary.words if counts.get(word, 0) >= given.least]
    files = files_below(Path(given.photographs))
    photographs = [picture(path, given.short_side) for path in files[:: max(1, len(files) // given.photos)]]
    plain = [model.settled(Choices()).translate(pixels) for pixels in photographs]
    print("word           levels  moved Lab (L, a, b)      paintings (L, a, b)      cosine")
    moved, wanted, levels = {}, {}, {}
    for word in words:
        told = model.settled(Choices(text=word))
        painted = [told.translate(pixels) for pixels in photographs]
        pairs = list(zip(painted, plain, strict=True))
        levels[word] = np.mean([np.abs(first.astype(float) - second).mean() for first, second in pairs])
        moved[word] = np.mean([mean_color(first) - mean_color(second) for first, second in pairs], 0)
        wanted[word] = np.mean(of_words[word], 0) - every
        numbers = [" ".join(f"{value:7.1f}" for value in part[word]) for part in (moved, wanted)]
        found = cosine(moved[word], wanted[word])
        print(f"{word:<14} {levels[word]:6.1f}  {numbers[0]}  {numbers[1]}  {found:6.2f}", flush=True)
    far = [word for word in words if np.linalg.norm(wanted[word]) >= FAR]
    found = [cosine(moved[word], wanted[word]) for word in far]
    others = [cosine(moved[word], wanted[other]) for word in far for other in far if other != word]
    print(
        f"{len(words)} words, mean change {np.mean(list(levels.values())):.1f} levels of {len(photographs)} photographs"
    )
    above = np.mean([value > 0 for value in found])
    print(f"{len(far)} words of far colors: mean cosine {np.mean(found):.2f}, above 0 {above:.0%}")
    print(f"with the directions of other words: mean cosine {np.mean(others):.2f}")
