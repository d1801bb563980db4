"""The usable training images of a folder, reduced."""

import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import DatasetError, ImageError, SkippedImageWarning
from tilegan.files import files_below
from tilegan.geometry import Window
from tilegan.images.instances import PLANES, InstanceMap
from tilegan.images.labels import check_depth
from tilegan.images.opening import open_source
from tilegan.images.readers.masked import filled_thumbnail
from tilegan.images.source import Source
from tilegan.training.derive import derived

REACH = 64  # distance in pixels from which invalid ones are filled, as large as usual halos
STRIP = 256  # rows of a label map per read


@dataclass(frozen=True)
class TrainingImage:
    """An image file that is large enough for crops.

    Attributes:
        path: the file.
        height, width: reduced size in pixels.
        number: its index among all files of the folder in order of names, usable or not.
        half: 'left' or 'right' if only that half of the file is used.
        derived: derivation that is applied to it, one of ``names.DERIVATIONS``; '' for none.
        style: index of its style if there are several.
        instances: path of its instance map, if it is a label map with one.
        captions: its captions, if images have some.
    """

    path: Path
    height: int
    width: int
    number: int
    half: str = ""
    derived: str = ""
    style: int = 0
    instances: Path | None = None
    captions: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """Return the number of channels, including those of instances."""
        return 3 if self.instances is None else 3 + PLANES


def find_images(folder: Path, side: int, short_side: int) -> list[TrainingImage]:
    """Find the images below a folder, in order of names, whose sides are at least ``side`` pixels.

    For most formats only headers are read. Hidden files are skipped silently, files that are no images or too small
    with a ``SkippedImageWarning`` each.

    Raises:
        DatasetError: the folder does not exist or has no usable file.
    """
    if not folder.is_dir():
        raise DatasetError(f"no folder '{folder}': give a folder of images")
    found = []
    for number, path in enumerate(files_below(folder)):
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


def count_files(images: list[TrainingImage]) -> int:
    """Return the number of files of images: a painting has several sizes (see ``training.painting``)."""
    return len({image.path for image in images})


def hold_out(images: list[TrainingImage], every: int) -> tuple[list[TrainingImage], list[TrainingImage]]:
    """Split images into training and held-out images: every ``every``-th file of the folder; 0 holds none out.

    Raises:
        DatasetError: no training image is left, in the folder or for one of its styles.
    """
    parts: tuple[list[TrainingImage], list[TrainingImage]] = ([], [])
    for image in images:
        parts[every > 0 and image.number % every == every - 1].append(image)
    if {image.style for image in parts[0]} != {image.style for image in images}:
        raise DatasetError(f"the only usable images of '{images[0].path.parent}' are held out: hold out fewer, or none")
    return parts


def read_reduced(image: TrainingImage, labels: bool = False) -> NDArray[np.uint8]:
    """Decode and reduce one image; see ``read_masked``."""
    return read_masked(image, labels)[0]


def read_masked(image: TrainingImage, labels: bool = False) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Decode and reduce one image: uint8 (height, width, 3), or 5 with instances (see ``images.instances``).

    Invalid pixels are filled as in ``stylize``. The second result is bool (height, width), True for pixels that are not
    filled, or None if all are valid, and for label maps. Huge images are subsampled to twice the wanted size while they
    are read.

    Args:
        image: from ``find_images``.
        labels: whether it is a label map, which is subsampled, since the mean of two labels is no label.

    Raises:
        ImageError: the file does not decode, or has more than 8 bits and is a label map.
    """
    source = open_source(image.path)
    try:
        if labels:
            return _with_instances(_labels(source, image), image), None
        side = 2 * max(image.height, image.width * (2 if image.half else 1))
        thumbnail, valid = filled_thumbnail(source, side, REACH)
    finally:
        source.close()
    if image.half:
        middle = thumbnail.shape[1] // 2
        part = slice(middle) if image.half == "left" else slice(-middle, None)
        thumbnail, valid = thumbnail[:, part], None if valid is None else valid[:, part]
    if thumbnail.shape[:2] != (image.height, image.width):
        resized = Image.fromarray(thumbnail).resize((image.width, image.height), Image.Resampling.LANCZOS)
        thumbnail = np.asarray(resized)
    if valid is not None:
        valid = valid[np.ix_(_nearest(image.height, len(valid)), _nearest(image.width, valid.shape[1]))]
    return derived(thumbnail, image.derived) if image.derived else thumbnail, valid


def _labels(source: Source, image: TrainingImage) -> NDArray[np.uint8]:
    """Read a label map or half of it, reduced."""
    check_depth(source.dtype, f"{image.path} has values")
    width = source.width // 2 if image.half else source.width
    return _thinned_out(source, image, source.width - width if image.half == "right" else 0, width)


def _with_instances(labels: NDArray[np.uint8], image: TrainingImage) -> NDArray[np.uint8]:
    """Append instances to a reduced label map, if it has an instance map."""
    if image.instances is None:
        return labels
    with closing(InstanceMap(image.instances)) as instances:
        return np.concatenate((labels, _thinned_out(instances, image, 0, instances.width)), -1)


def _thinned_out(source: Source | InstanceMap, image: TrainingImage, left: int, width: int) -> NDArray[np.uint8]:
    """Subsample to the nearest pixel, so that values are preserved."""
    rows = _nearest(image.height, source.height)
    columns = left + _nearest(image.width, width)
    strips = []
    for top in range(0, source.height, STRIP):
        strip = Window(top, 0, min(STRIP, source.height - top), source.width)
        inside = rows[(rows >= strip.top) & (rows < strip.bottom)] - top
        strips.append(source.read(strip)[np.ix_(inside, columns)].astype(np.uint8))
    return np.concatenate(strips)


def _nearest(count: int, length: int) -> NDArray[np.intp]:
    """Return the indices of the middle pixels of ``count`` equal parts of ``length`` pixels."""
    return (2 * np.arange(count, dtype=np.intp) + 1) * length // (2 * count)
