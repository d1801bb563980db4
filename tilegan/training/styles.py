"""Several styles: a folder with one subfolder of images per style."""

import warnings
from dataclasses import replace
from pathlib import Path

from tilegan.errors import DatasetError, SkippedImageWarning
from tilegan.training.images import TrainingImage, find_images


def style_names(folder: Path) -> list[str]:
    """Return the sorted names of the styles of a folder, those of its subfolders.

    Raises:
        DatasetError: there are fewer than two.
    """
    if not folder.is_dir():
        raise DatasetError(f"no folder '{folder}': several styles need one with a subfolder of images for each")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2:
        raise DatasetError(f"several styles need a folder each in '{folder}': it has {len(names)}")
    return names


def find_styles(folder: Path, side: int, short_side: int) -> list[TrainingImage]:
    """Find the images of a folder of styles, each with the index of its style, numbered within each style.

    Files outside the subfolders of styles are skipped with a ``SkippedImageWarning`` each.

    Raises:
        DatasetError: there are fewer than two styles, or one has no usable image.
    """
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            warnings.warn(f"skipped: {path} lies in no style's folder", SkippedImageWarning, stacklevel=2)
    return [
        replace(image, style=style)
        for style, name in enumerate(style_names(folder))
        for image in find_images(folder / name, side, short_side)
    ]
