"""Random crops of a folder of images: crop number k is a pure function of the folder, the settings, a seed and k."""

import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import DatasetError, ImageError, SkippedImageWarning
from tilegan.images.source import open_source
from tilegan.networks.context import thumbnail_of

MIN_DEVIATION = 2.5  # levels of 255: below this a crop is a flat area that teaches nothing
DRAWS = 8  # how often a crop without information is drawn again


@dataclass(frozen=True)
class TrainingImage:
    """A file that is large enough to be cropped.

    Attributes:
        path: the file.
        height, width: in pixels, once it is reduced.
        number: its place among all files of the folder, by name, usable or not.
    """

    path: Path
    height: int
    width: int
    number: int


class Crop(NamedTuple):
    """A crop and what it is a part of, or several of them one after the other.

    Attributes:
        pixels: uint8 (side, side, 3).
        thumbnail: uint8 (64, 64, 3), of the whole image (see ``networks.context``), mirrored if the crop is.
    """

    pixels: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]


def find_images(folder: Path, side: int, short_side: int) -> list[TrainingImage]:
    """The images below a folder, in order of their names, that have at least ``side`` pixels either way.

    Of most formats only headers are read. Hidden files are passed over silently, others that are no image or too small
    with a ``SkippedImageWarning`` each.

    Raises:
        DatasetError: the folder does not exist or none of its files can be used.
    """
    if not folder.is_dir():
        raise DatasetError(f"no folder '{folder}': give a folder of images")
    found = []
    for number, path in enumerate(_files(folder)):
        try:
            source = open_source(path)
        except ImageError as error:
            warnings.warn(f"skipped: {error}", SkippedImageWarning, stacklevel=2)
            continue
        height, width = source.height, source.width
        source.close()
        if min(height, width) < side:
            message = f"skipped: {path} is {width} x {height} pixels: both sides must have at least {side}"
            warnings.warn(message, SkippedImageWarning, stacklevel=2)
            continue
        factor = min(1.0, short_side / min(height, width))
        found.append(TrainingImage(path, round(height * factor), round(width * factor), number))
    if not found:
        raise DatasetError(f"no usable image in '{folder}': put images there that have at least {side} x {side} pixels")
    return found


def hold_out(images: list[TrainingImage], every: int) -> tuple[list[TrainingImage], list[TrainingImage]]:
    """Part what is trained on from what is held out: every ``every``-th file of the folder; 0 holds none out.

    Raises:
        DatasetError: nothing is left to train on.
    """
    parts: tuple[list[TrainingImage], list[TrainingImage]] = ([], [])
    for image in images:
        parts[every > 0 and image.number % every == every - 1].append(image)
    if not parts[0]:
        raise DatasetError(f"the only usable images of '{images[0].path.parent}' are held out: hold out fewer, or none")
    return parts


def _files(folder: Path) -> Iterable[Path]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


class Crops:
    """Square crops from reduced images, which are kept in memory as far as a budget goes.

    Args:
        images: from ``find_images``.
        side: side of a crop, in pixels.
        budget: bytes of reduced images to keep; beyond it the images used longest ago are decoded again when needed.
        seed: chooses the sequence of crops.
    """

    def __init__(self, images: list[TrainingImage], side: int, budget: int, seed: int) -> None:
        self.images = images
        self.side = side
        self.budget = budget
        self.seed = seed
        self._kept: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self._bytes = 0
        self._unreadable: set[int] = set()
        self._lock = threading.Lock()

    def crop(self, number: int) -> Crop:
        """Crop ``number``: a random window of a random image, mirrored or not.

        A window with nearly no variance is drawn again, up to eight times; an image that does not decode is reported
        once by a ``SkippedImageWarning`` and replaced by another one.

        Args:
            number: 0 and up. Images smaller than the side give what they have.

        Raises:
            DatasetError: none of the images decodes.
        """
        random = np.random.default_rng((self.seed, number))
        draws = 0
        while draws < DRAWS:
            index = int(random.integers(len(self.images)))
            image = self._reduced(index)
            if image is None:
                if len(self._unreadable) == len(self.images):
                    raise DatasetError(f"no image in '{self.images[0].path.parent}' can be decoded")
                continue
            draws += 1
            height, width = (min(self.side, length) for length in image.shape[:2])
            top = random.integers(image.shape[0] - height + 1)
            left = random.integers(image.shape[1] - width + 1)
            window = image[top : top + height, left : left + width]
            mirrored = random.random() < 0.5
            if window.std() >= MIN_DEVIATION:
                break
        crop = Crop(window, self._thumbnails[index])
        return Crop(*(pixels[:, ::-1] for pixels in crop)) if mirrored else crop

    def batch(self, numbers: range) -> Crop:
        """The crops of these numbers: uint8 (N, side, side, 3) and (N, 64, 64, 3)."""
        return Crop(*map(np.stack, zip(*map(self.crop, numbers), strict=True)))

    def _reduced(self, index: int) -> NDArray[np.uint8] | None:
        """A reduced image, uint8 (height, width, 3), or None if it does not decode."""
        with self._lock:
            if index in self._unreadable:
                return None
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
            try:
                image = read_reduced(self.images[index])
            except ImageError as error:
                warnings.warn(f"skipped: {error}", SkippedImageWarning, stacklevel=2)
                self._unreadable.add(index)
                return None
            self._kept[index] = image
            self._thumbnails.setdefault(index, thumbnail_of(image))
            self._bytes += image.nbytes
            while self._bytes > self.budget and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
            return image


def batches(crops: Sequence[Crops], steps: range, part: range, size: int) -> Iterator[tuple[Crop, ...]]:
    """The crops of each step, each made while the step before it is computed.

    Args:
        crops: of each domain.
        steps: numbers of the steps.
        part: which crops of each step are wanted.
        size: crops in each step.

    Yields:
        those of each domain, N together.
    """

    def make(step: int) -> tuple[Crop, ...]:
        numbers = range(step * size + part.start, step * size + part.stop)
        return tuple(each.batch(numbers) for each in crops)

    with ThreadPoolExecutor(1, thread_name_prefix="crops") as executor:
        following = executor.submit(make, steps.start) if steps else None
        for step in steps:
            assert following is not None
            made = following.result()
            following = executor.submit(make, step + 1) if step + 1 < steps.stop else None
            yield made


def read_reduced(image: TrainingImage) -> NDArray[np.uint8]:
    """Decode and reduce one image: uint8 (height, width, 3).

    Huge images are first thinned out to twice the wanted size while they are read.

    Raises:
        ImageError: the file does not decode.
    """
    source = open_source(image.path)
    try:
        thumbnail = source.thumbnail(2 * max(image.height, image.width))
    finally:
        source.close()
    if thumbnail.shape[:2] == (image.height, image.width):
        return thumbnail
    reduced = Image.fromarray(thumbnail).resize((image.width, image.height), Image.Resampling.LANCZOS)
    return np.asarray(reduced)
