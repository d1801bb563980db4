"""Instance maps of a folder of label maps: files of the same names, in which each object has its own number.

They are PNG or TIFF of one band with 8 or 16 bits; 0 stands for no object.
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tilegan.errors import DatasetError, ImageError
from tilegan.files import files_below
from tilegan.images.instances import InstanceMap
from tilegan.images.opening import open_source
from tilegan.training.images import TrainingImage
from tilegan.training.pairs import by_name, listed

ENDINGS = (".png", ".tif", ".tiff")


def find_instance_maps(images: list[TrainingImage], folder: Path, instances: Path) -> list[TrainingImage]:
    """Return label maps with their instance maps: files of the same name except the extension, and of the same size.

    They are PNG or TIFF. Files of other names are skipped: they may belong to label maps that cannot be used.

    Args:
        images: the label maps, or halves of files.
        folder: folder of the label maps.
        instances: folder of the instance maps.

    Raises:
        DatasetError: the folder is missing, or two files in it have the same name; or a label map has no instance map,
            one of another size, or an invalid one.
    """
    if not instances.is_dir():
        raise DatasetError(f"no folder '{instances}': give a folder of instance maps")
    files = by_name(instances, (path for path in files_below(instances) if path.suffix.lower() in ENDINGS))
    wanted = by_name(folder, (image.path for image in images))
    if missing := [name for name in wanted if name not in files]:
        raise DatasetError(f"label maps without an instance map of the same name in '{instances}': {listed(missing)}")
    found = [replace(image, instances=files[name]) for name, image in zip(wanted, images, strict=True)]
    if other := [name for name, image in zip(wanted, found, strict=True) if not _fits(image)]:
        raise DatasetError(f"label maps and instance maps of different sizes: {listed(other)}: both need the same")
    return found


def _fits(image: TrainingImage) -> bool:
    """Return whether a label map and its instance map have the same size."""
    assert image.instances is not None
    try:
        with closing(InstanceMap(image.instances)) as numbers, closing(open_source(image.path)) as labels:
            width = labels.width // 2 if image.half else labels.width
            return (numbers.height, numbers.width) == (labels.height, width)
    except ImageError as error:
        raise DatasetError(str(error)) from error
