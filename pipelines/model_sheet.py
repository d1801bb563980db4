"""Paint a photograph with every bundled model, in one sample grid, to choose from."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import OutputError, SettingError
from tilegan.files import locate
from tilegan.images.formats.checks import check_export
from tilegan.images.opening import open_source
from tilegan.images.output import beside, check_output, name_beside
from tilegan.images.pixels.sheet import sample_sheet, with_name
from tilegan.images.publish import move_to
from tilegan.images.readers.vsi import is_elsewhere, url_name
from tilegan.pipelines.models import models
from tilegan.progress import Progress, silent
from tilegan.translator import load

SHORT_SIDE = 512  # pixels, as in the training of the models
LONGEST = 4  # maximum aspect ratio; longer photographs are reduced further
COLUMNS = 4
KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}  # names of formats in Pillow


@dataclass(frozen=True)
class SheetResult:
    """The written sample grid.

    Attributes:
        output: the file.
        names: names of models and styles in order; the photograph comes first.
        height: height of the grid, in pixels.
        width: its width.
        seconds: duration.
    """

    output: Path
    names: tuple[str, ...]
    height: int
    width: int
    seconds: float


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
    started = time.perf_counter()
    if short_side < 1:
        raise SettingError(f"no short side of {short_side} pixels: give at least 1")
    tell = progress or silent
    path = _output_path(photograph, output)
    with closing(open_source(photograph)) as source:
        kind = check_output(path, overwrite, locate(url_name(str(photograph))))
        if kind not in KINDS:
            raise OutputError(f"cannot write a sample grid to {path}: use .png, .jpg or .webp")
        picture = source.thumbnail(_longest(source.height, source.width, short_side))
    names = [model.name for model in models() if not model.styles]
    cells, pixels = [with_name(picture, "photograph")], picture[..., 0].size
    for number, name in enumerate(names):
        tell("sheet", number * pixels, len(names) * pixels)
        cells.append(with_name(load(name, device, precision).translate(picture), name))
    tell("sheet", len(names) * pixels, len(names) * pixels)
    sheet = sample_sheet(_rows(cells))
    check_export(path, sheet.height, sheet.width)
    with beside(path) as folder:
        sheet.save(folder / "sheet", KINDS[kind], quality=95)
        move_to(path, folder / "sheet", folder / "replaced", overwrite)
    return SheetResult(path, tuple(names), sheet.height, sheet.width, time.perf_counter() - started)


def _output_path(photograph: str | Path, output: str | Path | None) -> Path:
    if output is not None:
        return locate(output)
    if is_elsewhere(photograph):
        raise OutputError(f"no file can be written beside {photograph}: name an output")
    path = name_beside(Path(photograph), "models")
    return path if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") else path.with_suffix(".png")


def _longest(height: int, width: int, short_side: int) -> int:
    """Return the longest side for a photograph whose short side is reduced; less for extreme aspect ratios."""
    short, long = sorted((height, width))
    return max(1, round(long * min(1, short_side / short, LONGEST * short_side / long)))


def _rows(cells: list[NDArray[np.uint8]]) -> list[list[NDArray[np.uint8]]]:
    return [cells[first : first + COLUMNS] for first in range(0, len(cells), COLUMNS)]
