"""Training examples of each step: crops of two folders, corresponding or not, or of one folder."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import means
from tilegan.methods.base import HOLED, PAIRED, REDUCED
from tilegan.methods.holes import HOLE, Holes, Mask
from tilegan.training.crops import Crop, Crops
from tilegan.training.pairs import Domains

GRAY = 128  # level of the colors in holes


class Examples(Protocol):
    """A source of training examples."""

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """Return crops ``number`` of sources and of targets."""
        ...


class Unpaired(NamedTuple):
    """Crops of two unrelated folders."""

    sources: Crops
    targets: Crops

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        return self.sources.crop(number), self.targets.crop(number)


class Styled(NamedTuple):
    """Crops of sources, and of targets of several styles in turn."""

    sources: Crops
    targets: list[Crops]

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        return self.sources.crop(number), self.targets[number % len(self.targets)].crop(number // len(self.targets))


class Paired(NamedTuple):
    """Crops at the same positions of image pairs, chosen where the targets are not flat."""

    sources: Crops
    targets: Crops

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``."""
        position = self.targets.position(number, self.sources)
        return self.sources.take(position), self.targets.take(position)


class Reduced(NamedTuple):
    """Crops of one folder as targets, and reductions of the same crops as sources.

    Attributes:
        targets: crops whose side is a multiple of ``scale``.
        scale: side of the squares of pixels whose means are the pixels of sources.
    """

    targets: Crops
    scale: int

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``; crops of images smaller than a crop are cropped to multiples of the scale."""
        crop = self.targets.crop(number)
        small, pixels = reduced(crop.pixels, self.scale)
        return crop._replace(pixels=small), crop._replace(pixels=pixels)


class Holed(NamedTuple):
    """Crops of one folder as targets, and the same crops with holes and their mask as sources.

    Attributes:
        targets: the crops.
        holes: the kind of holes; those of a crop are determined by its number and the seed of the crops.
    """

    targets: Crops
    holes: Holes

    def crops(self, number: int) -> tuple[Crop, Crop]:
        """See ``Examples``; sources have four channels."""
        crop = self.targets.crop(number)
        mask = self.holes.draw_for_training(self.targets.seed, number, *crop.pixels.shape[:2])
        return crop._replace(pixels=with_holes(crop.pixels, mask)), crop


def with_holes(pixels: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    """Return an image (h, w, 3) that is gray in holes, and its mask (h, w), as uint8 (h, w, 4)."""
    return np.dstack((np.where(mask[..., None] == HOLE, np.uint8(GRAY), pixels), mask))


def reduced(pixels: NDArray[np.uint8], scale: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return an image (h, w, C) reduced by averaging ``scale`` x ``scale`` pixels, and the part that was used."""
    height, width = (side // scale * scale for side in pixels.shape[:2])
    whole = pixels[:height, :width]
    return means(whole, scale), whole


def examples_of(
    kind: str,
    images: Domains,
    side: int,
    scale: int,
    budget: int,
    seed: int,
    styles: int = 0,
    labels: bool = False,
    holes: Holes | None = None,
) -> Examples:
    """Return the training examples of a method.

    Args:
        kind: one of ``methods.base.EXAMPLES``.
        images: images of sources and of targets; for reductions and images with holes, the targets twice.
        side: side of the crops of sources, in pixels.
        scale: factor by which targets are larger.
        budget: bytes of reduced images to cache in memory, for both domains together.
        seed: seed of the crops.
        styles: number of styles of unpaired targets; 0 for one.
        labels: whether the sources are label maps.
        holes: the holes of sources; None unless the method learns to fill them.
    """
    if kind == HOLED:
        assert holes is not None
        return Holed(Crops(images[1], side, budget, 2 * seed + 1), holes)
    if kind == REDUCED:
        return Reduced(Crops(images[1], side * scale, budget, 2 * seed + 1), scale)
    sources = Crops(images[0], side, budget // 2, 2 * seed, labels)
    targets = Crops(images[1], side, budget // 2, 2 * seed + 1)
    if styles:
        by_style = [[image for image in images[1] if image.style == number] for number in range(styles)]
        return Styled(sources, [Crops(some, side, budget // 2 // styles, 2 * seed + 1) for some in by_style])
    return Paired(sources, targets) if kind == PAIRED else Unpaired(sources, targets)


def batches(examples: Examples, steps: range, part: range, size: int) -> Iterator[tuple[Crop, Crop]]:
    """Yield the crops of each step, which are prepared during the previous step.

    Args:
        examples: source of the crops.
        steps: numbers of the steps.
        part: indices of the wanted crops of each step.
        size: number of crops per step.

    Yields:
        N crops of sources and N of targets, stacked.
    """

    def make(step: int) -> tuple[Crop, Crop]:
        numbers = range(step * size + part.start, step * size + part.stop)
        sources, targets = zip(*map(examples.crops, numbers), strict=True)
        return _stacked(sources), _stacked(targets)

    with ThreadPoolExecutor(1, thread_name_prefix="crops") as executor:
        following = executor.submit(make, steps.start) if steps else None
        for step in steps:
            assert following is not None
            made = following.result()
            following = executor.submit(make, step + 1) if step + 1 < steps.stop else None
            yield made


def _stacked(crops: Iterable[Crop]) -> Crop:
    return Crop(*map(np.stack, zip(*crops, strict=True)))
