"""Several styles: a folder with a folder of images for each."""

from dataclasses import replace
from pathlib import Path

from tilegan.errors import DatasetError
from tilegan.training.images import TrainingImage, find_images


def style_names(folder: Path) -> list[str]:
    """The names of the styles of a folder, sorted: those of the folders in it.

    Raises:
        DatasetError: there are fewer than two.
    """
    if not folder.is_dir():
        raise DatasetError(f"no folder '{folder}': give one with a folder of images for each style")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2:
        raise DatasetError(f"several styles need a folder each in '{folder}': it has {len(names)}")
    return names


def find_styles(folder: Path, side: int, short_side: int) -> list[TrainingImage]:
    """The images of a folder of styles, each with the number of its own.

    Raises:
        DatasetError: there are fewer than two styles, or one has no usable image, or an image lies in none.
    """
    names = style_names(folder)
    found = []
    for image in find_images(folder, side, short_side):
        name = image.path.relative_to(folder).parts[0]
        if name not in names:
            raise DatasetError(f"{image.path} lies in no style's folder: move it into one")
        found.append(replace(image, style=names.index(name)))
    for number, name in enumerate(names):
        if not any(image.style == number for image in found):
            raise DatasetError(f"no usable image in '{folder / name}': put images there, or remove the folder")
    return found
