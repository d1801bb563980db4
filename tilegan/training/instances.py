"""Maps of instances of a folder of label maps: files of the same names, in which each object has its own number.

They are PNG or TIFF of one band with 8 or 16 bits; 0 stands for no object.
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tilegan.errors import DatasetError, ImageError
from tilegan.files import files_below
from tilegan.images.instances import InstanceMap
from tilegan.images.source import open_source
from tilegan.training.images import TrainingImage
from tilegan.training.pairs import by_name, some

ENDINGS = (".png", ".tif", ".tiff")


def find_instance_maps(images: list[TrainingImage], folder: Path, instances: Path) -> list[TrainingImage]:
    """Label maps, each with the map of its instances: the file of the same name up to its ending, of the same size.

    They are PNG or TIFF. Files of other names are passed over: they may be of label maps that cannot be used.

    Args:
        images: the label maps, or halves of files that are.
        folder: theirs.
        instances: that of the maps of their instances.

    Raises:
        DatasetError: the folder is missing, or two files in it have the same name; or a label map has none, or one of
            another size, or one that is no map of instances.
    """
    if not instances.is_dir():
        raise DatasetError(f"no folder '{instances}': give a folder of maps of instances")
    files = by_name(instances, (path for path in files_below(instances) if path.suffix.lower() in ENDINGS))
    wanted = by_name(folder, (image.path for image in images))
    if missing := [name for name in wanted if name not in files]:
        raise DatasetError(f"label maps without a map of instances of the same name in '{instances}': {some(missing)}")
    found = [replace(image, instances=files[name]) for name, image in zip(wanted, images, strict=True)]
    if other := [name for name, image in zip(wanted, found, strict=True) if not _fits(image)]:
        raise DatasetError(f"label maps and maps of instances of different sizes: {some(other)}: both need the same")
    return found


def _fits(image: TrainingImage) -> bool:
    """Whether a label map and the map of its instances have the same size."""
    assert image.instances is not None
    try:
        with closing(InstanceMap(image.instances)) as numbers, closing(open_source(image.path)) as labels:
            width = labels.width // 2 if image.half else labels.width
            return (numbers.height, numbers.width) == (labels.height, width)
    except ImageError as error:
        raise DatasetError(str(error)) from error
