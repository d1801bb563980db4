"""Random crops of a folder of images: crop number k is a pure function of the folder, the settings, a seed and k."""

import threading
import warnings
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import DatasetError, ImageError, SkippedImageWarning
from tilegan.geometry import Window
from tilegan.networks.context import thumbnail_of
from tilegan.training.images import TrainingImage, read_masked

MIN_DEVIATION = 2.5  # 8-bit values: below this a crop is a flat area without information
LEAST_VALID = 0.5  # least share of valid pixels in a crop: with fewer, filled pixels would be learned
DRAWS = 8  # maximum number of draws of a crop with too little information
NO_CAPTIONS = np.zeros((0, 0), np.float32)


class Crop(NamedTuple):
    """A crop with its thumbnail and style, or several crops stacked.

    Attributes:
        pixels: uint8 (side, side, 3), 4 for images with holes and their mask, or 5 for label maps with
            instances.
        thumbnail: uint8 (64, 64, 3), of the whole image (see ``networks.context``), mirrored if the crop is.
        style: index of its style.
        captions: float32 (1 + K, words), a caption of its image and K of others, as vectors (see ``networks.words``);
            without captions (0, 0).
    """

    pixels: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]
    style: NDArray[np.int_]
    captions: NDArray[np.float32] = NO_CAPTIONS


class CropPosition(NamedTuple):
    """Position of a crop.

    Attributes:
        image: index of the image.
        window: window in the reduced image.
        mirrored: whether the crop is flipped horizontally.
    """

    image: int
    window: Window
    mirrored: bool


class Crops:
    """Square crops from reduced images, which are cached in memory up to a budget.

    Args:
        images: from ``find_images``.
        side: side of a crop, in pixels.
        budget: bytes of reduced images to cache; the least recently used ones are decoded again when needed.
        seed: seed of the sequence of crops.
        labels: whether the images are label maps.
    """

    def __init__(self, images: list[TrainingImage], side: int, budget: int, seed: int, labels: bool = False) -> None:
        self.images = images
        self.side = side
        self.budget = budget
        self.seed = seed
        self.labels = labels
        self._kept: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self._valid: dict[int, NDArray[np.uint8]] = {}  # masks of images with invalid pixels
        self._bytes = 0
        self._unreadable: set[int] = set()
        self._lock = threading.Lock()

    def crop(self, number: int) -> Crop:
        """Return crop ``number``: a random window of a random image, possibly mirrored.

        Args:
            number: 0 or more. Crops of images smaller than the side are smaller.

        Raises:
            DatasetError: none of the images decodes.
        """
        return self.take(self.position(number))

    def position(self, number: int, partner: "Crops | None" = None) -> CropPosition:
        """Return the position of crop ``number``.

        A window with nearly no variance, or with mostly invalid pixels, is drawn again, up to eight times; an image
        that does not decode is reported once by a ``SkippedImageWarning`` and replaced by another one.

        Args:
            number: 0 or more.
            partner: corresponding images, which must decode as well.

        Raises:
            DatasetError: none of the images decodes.
        """
        random = np.random.default_rng((self.seed, number))
        draws = 0
        while draws < DRAWS:
            index = int(random.integers(len(self.images)))
            image = self._reduced(index)
            if image is None or (partner is not None and partner._reduced(index) is None):
                unreadable = self._unreadable | (set() if partner is None else partner._unreadable)
                if len(unreadable) == len(self.images):
                    raise DatasetError(f"no image in '{self.images[0].path.parent}' can be decoded")
                continue
            draws += 1
            height, width = (min(self.side, length) for length in image.shape[:2])
            top = int(random.integers(image.shape[0] - height + 1))
            left = int(random.integers(image.shape[1] - width + 1))
            position = CropPosition(index, Window(top, left, height, width), bool(random.random() < 0.5))
            if self._is_hidden(position) or (partner is not None and partner._is_hidden(position)):
                continue
            if position.window.of(image).std(axis=(0, 1)).max() >= MIN_DEVIATION:
                break
        return position

    def take(self, position: CropPosition) -> Crop:
        """Return the crop at a position of an image that decodes."""
        image = self._reduced(position.image)
        assert image is not None
        step = -1 if position.mirrored else 1
        window = image[position.window.top : position.window.bottom, position.window.left : position.window.right]
        style = np.array(self.images[position.image].style)
        return Crop(window[:, ::step], self._thumbnails[position.image][:, ::step], style)

    def _is_hidden(self, position: CropPosition) -> bool:
        """Return whether most pixels of a crop are invalid, in an image that decodes."""
        valid = self._valid.get(position.image)
        return valid is not None and bool(position.window.of(valid).mean() < LEAST_VALID)

    def _reduced(self, index: int) -> NDArray[np.uint8] | None:
        """Return a reduced image, uint8 (height, width, 3 or 5), or None if it does not decode."""
        with self._lock:
            if index in self._unreadable:
                return None
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
            try:
                image, valid = read_masked(self.images[index], self.labels)
            except ImageError as error:
                warnings.warn(f"skipped: {error}", SkippedImageWarning, stacklevel=2)
                self._unreadable.add(index)
                return None
            self._kept[index] = image
            if valid is not None:
                self._valid[index] = valid.view(np.uint8)
            self._thumbnails.setdefault(index, thumbnail_of(image[..., :3]))
            self._bytes += image.nbytes
            while self._bytes > self.budget and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
            return image
