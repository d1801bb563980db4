"""Captions of training images: a table of files and captions, or the names of files and folders."""

import csv
import io
import warnings
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import DatasetError, TileganWarning
from tilegan.files import files_below
from tilegan.networks.words import LEAST, Vocabulary, words_of
from tilegan.training.images import TrainingImage
from tilegan.training.options import NAMES

HEADER = ["file", "caption"]
OTHERS = 15  # captions of other images that each image is compared with
LEAST_LETTERS = 3  # of a word in the name of a file: shorter ones are abbreviations and remains of numbers


def captioned(images: list[TrainingImage], folder: Path, captions: str) -> list[TrainingImage]:
    """Return the images that have captions, with them.

    Args:
        images: images below the folder.
        folder: the folder.
        captions: path of a table, or 'names' for the words of the names of files and folders.

    Raises:
        DatasetError: the table cannot be read or does not fit, or fewer than two images have captions.
    """
    found = _of_names(images, folder) if captions == NAMES else _of_table(Path(captions), folder)
    made = [
        replace(image, captions=found[place])
        for image in images
        if (place := image.path.relative_to(folder).as_posix()) in found
    ]
    if len(made) < 2:
        raise DatasetError(
            f"{len(made)} usable images in '{folder}' have captions by {captions}: at least 2 are needed"
        )
    if len(made) < len(images):
        message = f"{len(images) - len(made)} of {len(images)} images in '{folder}' have no caption: they are left out"
        warnings.warn(message, TileganWarning, stacklevel=2)
    return made


def vocabulary_of(images: Sequence[TrainingImage]) -> Vocabulary:
    """Return the words of the captions of images.

    Raises:
        DatasetError: no word occurs twice.
    """
    found = Vocabulary.of(caption for image in images for caption in image.captions)
    if not found.words:
        raise DatasetError(
            f"no word occurs in {LEAST} captions, so that none can be learned (function words, such as 'with', are not "
            "counted): give more captions"
        )
    return found


class CaptionDraws:
    """Draws captions of images as vectors: one of the image's own, and some of other images.

    Args:
        images: images with captions, at least two.
        words: the known words.
        seed: seed of the draws.
    """

    def __init__(self, images: Sequence[TrainingImage], words: Sequence[str], seed: int) -> None:
        known = Vocabulary(tuple(words))
        self.bags = [np.stack([known.bag(caption).numpy() for caption in image.captions]) for image in images]
        self.seed = seed

    def drawn(self, image: int, number: int) -> NDArray[np.float32]:
        """Return the captions of crop ``number``, which is of the image with this index: float32 (1 + 15, words)."""
        random = np.random.default_rng((self.seed, number, 1))
        others = (image + random.integers(1, len(self.bags), OTHERS)) % len(self.bags)
        rows = [self.bags[index][random.integers(len(self.bags[index]))] for index in (image, *others)]
        return np.stack(rows)


def _of_names(images: list[TrainingImage], folder: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for image in images:
        place = image.path.relative_to(folder)
        words = [word for word in words_of(place.with_suffix("").as_posix()) if len(word) >= LEAST_LETTERS]
        if words:
            found[place.as_posix()] = (" ".join(words),)
    return found


def _of_table(path: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    """Read a table: captions by the name of the file below the folder."""
    found: dict[str, tuple[str, ...]] = {}
    known = dict.fromkeys(each.relative_to(folder).as_posix() for each in files_below(folder))
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        if len(row) != len(HEADER):
            raise DatasetError(f"{where}: {len(row)} columns, not file and caption: put captions with commas in quotes")
        name, caption = PurePosixPath(row[0].strip().replace("\\", "/")).as_posix(), row[1].strip()
        if not words_of(caption):
            raise DatasetError(f"{where}: no words in the caption of '{name}': write some, or leave the line out")
        if name not in found and name not in known:
            near = get_close_matches(name, known, 1)
            cure = f"did you mean {near[0]}?" if near else "names are those below the folder of targets"
            raise DatasetError(f"{where}: no file '{name}' in '{folder}': {cure}")
        found[name] = (*found.get(name, ()), caption)
    if not found:
        raise DatasetError(f"{path} has no captions: give a line for each, after the header file,caption")
    return found


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the numbers and columns of the lines after the header; empty lines are ignored."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"no table of captions {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no text in UTF-8 (byte {error.start}): save it in this encoding") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: {error}") from error
    if not rows or [cell.strip().lower() for cell in rows[0][1]] != HEADER:
        raise DatasetError(f"{path} does not begin with the line file,caption: give the columns these names")
    return rows[1:]
