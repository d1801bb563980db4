"""Image pairs: two folders with files of the same names, or files that contain both images side by side."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tilegan.errors import DatasetError, SettingError, SkippedImageWarning
from tilegan.names import DERIVATIONS, DIRECTIONS, PAIRINGS, SIDE_BY_SIDE
from tilegan.training.images import TrainingImage, find_images

SHOWN = 5  # names in a message
FULL = 2**31  # a short side for which no image is reduced

Domains = tuple[list[TrainingImage], list[TrainingImage]]


def find_pairs(source: Path, target: Path, side: int, short_side: int) -> Domains:
    """Find the images of two folders with the same file names, except extensions, and the same sizes.

    Raises:
        DatasetError: a folder is missing, has no usable image, or two files of the same name; or a file has no partner,
            or one of another size.
    """
    first, second = (_by_name(folder, find_images(folder, side, short_side)) for folder in (source, target))
    if first.keys() != second.keys():
        alone = [f"{name} only in '{folder}'" for folder, name in _alone(source, target, first, second)]
        raise DatasetError(f"files without a partner of the same name: {listed(alone)}: rename or remove them")
    other = [name for name in first if _size(first[name]) != _size(second[name])]
    if other:
        raise DatasetError(f"pairs of different sizes: {listed(other)}: both images of a pair need the same size")
    # with equal numbers, so that the same pairs are held out whatever else is in the folders
    return list(first.values()), [replace(second[name], number=image.number) for name, image in first.items()]


def find_halves(folder: Path, side: int, short_side: int, direction: str) -> Domains:
    """Find the left and right halves of a folder's images: sources and targets, or vice versa.

    Args:
        folder: folder of images, each of which contains two of the same size side by side.
        side: minimum side of each half, in pixels.
        short_side: short side to which halves are reduced, in pixels.
        direction: 'a-to-b' if sources are on the left, or 'b-to-a'.

    Raises:
        DatasetError: the folder is missing or has no usable image.
    """
    left, right = [], []
    for image in find_images(folder, side, short_side=FULL):
        width = image.width // 2
        if min(image.height, width) < side:
            message = f"skipped: {image.path} is {image.width} x {image.height} pixels: halves need {side} x {side}"
            warnings.warn(message, SkippedImageWarning, stacklevel=2)
            continue
        factor = min(1.0, short_side / min(image.height, width))
        half = replace(image, height=round(image.height * factor), width=round(width * factor))
        left.append(replace(half, half="left"))
        right.append(replace(half, half="right"))
    if not left:
        raise DatasetError(f"no usable image in '{folder}': halves need {side} x {side} pixels")
    return (left, right) if direction == DIRECTIONS[0] else (right, left)


def derive_pairs(folder: Path, side: int, short_side: int, derive: str) -> Domains:
    """Return sources derived from a folder's images, and these images as targets.

    Args:
        folder: folder of images.
        side: minimum side of each image, in pixels.
        short_side: short side to which images are reduced, in pixels.
        derive: how sources are derived: one of ``names.DERIVATIONS``.

    Raises:
        DatasetError: the folder is missing or has no usable image.
    """
    images = find_images(folder, side, short_side)
    return [replace(image, derived=derive) for image in images], images


def check_pairing(paired: str, direction: str, derive: str = "") -> None:
    """Check that pairing, direction and derivation are valid; '' is for no pairs and no derivation.

    Raises:
        SettingError: one is unknown, or they cannot be combined.
    """
    if derive not in ("", *DERIVATIONS):
        raise SettingError(f"no derivation '{derive}': use {' or '.join(DERIVATIONS)}")
    if derive and paired:
        raise SettingError(f"sources derived from targets are paired already: leave out {paired}")
    if paired not in ("", *PAIRINGS):
        raise SettingError(f"no pairing '{paired}': use {' or '.join(PAIRINGS)}")
    if direction not in DIRECTIONS:
        raise SettingError(f"no direction '{direction}': use {' or '.join(DIRECTIONS)}")
    if direction != DIRECTIONS[0] and paired != SIDE_BY_SIDE:
        raise SettingError(f"direction {direction} is for images side by side: swap the two folders instead")


def by_name(folder: Path, paths: Iterable[Path]) -> dict[str, Path]:
    """Return files by their relative names without extensions, in order.

    Raises:
        DatasetError: two files have the same name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise DatasetError(f"{found[name]} and {path} have the same name: keep one of them")
        found[name] = path
    return found


def _by_name(folder: Path, images: list[TrainingImage]) -> dict[str, TrainingImage]:
    return dict(zip(by_name(folder, (image.path for image in images)), images, strict=True))


def _alone(source: Path, target: Path, first: Iterable[str], second: Iterable[str]) -> list[tuple[Path, str]]:
    names = (set(first), set(second))
    return [(source, name) for name in sorted(names[0] - names[1])] + [
        (target, name) for name in sorted(names[1] - names[0])
    ]


def _size(image: TrainingImage) -> tuple[int, int]:
    return image.height, image.width


def listed(names: list[str]) -> str:
    """Join the first names and the number of the others."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
