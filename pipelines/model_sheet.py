"""Paint a photograph with every bundled model, in one sample grid, to choose from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.images.pixels.sheet import with_name
from tilegan.pipelines.models import models
from tilegan.pipelines.sheet import SHORT_SIDE, Drawing, Sheet
from tilegan.progress import Progress, silent
from tilegan.translator import load

COLUMNS = 4


@dataclass(frozen=True)
class SheetResult(Sheet):
    """The written sample grid.

    Attributes:
        output: the file.
        height: height of the grid, in pixels.
        width: its width.
        seconds: duration.
        names: names of models and styles in order; the photograph comes first.
    """

    names: tuple[str, ...]


def model_sheet(
    photograph: str | Path,
    output: str | Path | None = None,
    *,
    short_side: int = SHORT_SIDE,
    device: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SheetResult:
    """Paint a reduced photograph with every bundled model and style, with their names beneath.

    Args:
        photograph: an image of any kind and size.
        output: .png, .jpg or .webp; default beside the photograph, of its kind or else a PNG, named
            ``<stem>.models.<ending>``.
        short_side: short side to which the photograph is reduced, in pixels; smaller ones stay unchanged.
        device: device of the models.
        precision: precision of the models.
        overwrite: replace an existing output.
        progress: called with the source pixels done, phase 'sheet'.

    Raises:
        ImageError: the photograph cannot be read.
        SettingError: the short side, the device or the precision is invalid.
        ModelError: a bundled file is damaged.
        OutputExistsError: the output exists.
        OutputError: it cannot be written.
    """
    tell = progress or silent
    drawing = Drawing(photograph, output, "models", short_side, overwrite)
    picture = drawing.picture
    names = [model.name for model in models() if not model.styles]
    cells, pixels = [with_name(picture, "photograph")], picture[..., 0].size
    for number, name in enumerate(names):
        tell("sheet", number * pixels, len(names) * pixels)
        cells.append(with_name(load(name, device, precision).translate(picture), name))
    tell("sheet", len(names) * pixels, len(names) * pixels)
    return SheetResult(**vars(drawing.write(_rows(cells))), names=tuple(names))


def _rows(cells: list[NDArray[np.uint8]]) -> list[list[NDArray[np.uint8]]]:
    return [cells[first : first + COLUMNS] for first in range(0, len(cells), COLUMNS)]
