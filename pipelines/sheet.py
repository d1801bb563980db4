"""Sample grids that are painted from one photograph, and written as one picture."""

from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from tilegan.errors import OutputError, SettingError
from tilegan.files import locate
from tilegan.images.formats.checks import check_export
from tilegan.images.formats.register import kind_of
from tilegan.images.opening import open_source
from tilegan.images.output import beside, check_output, name_beside
from tilegan.images.publish import move_to
from tilegan.images.readers.vsi import is_elsewhere, url_name

SHORT_SIDE = 512  # pixels, as in the training of the models
LONGEST = 4  # maximum aspect ratio; longer photographs are reduced further
KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}  # names of formats in Pillow


def sheet_path(photograph: str | Path, output: str | Path | None, word: str) -> Path:
    """Return the file of a grid: the output, or one beside the photograph, named ``<stem>.<word>.<ending>``.

    Raises:
        OutputError: nothing can be written beside the photograph.
    """
    if output is not None:
        return locate(output)
    if is_elsewhere(photograph):
        raise OutputError(f"no file can be written beside {photograph}: name an output")
    path = name_beside(Path(photograph), word)
    return path if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") else path.with_suffix(".png")


def reduced(photograph: str | Path, path: Path, overwrite: bool, short_side: int) -> NDArray[np.uint8]:
    """Read a photograph in the size of a grid, uint8 (h, w, 3), once it is certain that the grid can be written.

    Raises:
        SettingError: the short side is invalid.
        ImageError: the photograph cannot be read.
        OutputExistsError: the output exists.
        OutputError: the output is of another kind.
    """
    if short_side < 1:
        raise SettingError(f"no short side of {short_side} pixels: give at least 1")
    with closing(open_source(photograph)) as source:
        if check_output(path, overwrite, locate(url_name(str(photograph)))) not in KINDS:
            raise OutputError(f"cannot write a sample grid to {path}: use .png, .jpg or .webp")
        return source.thumbnail(_longest(source.height, source.width, short_side))


def write_sheet(sheet: Image, path: Path, overwrite: bool) -> None:
    """Write a grid; it appears as a whole.

    Raises:
        OutputExistsError: the output exists.
        OutputError: it cannot be written.
    """
    check_export(path, sheet.height, sheet.width)
    with beside(path) as folder:
        sheet.save(folder / "sheet", KINDS[kind_of(path)], quality=95)
        move_to(path, folder / "sheet", folder / "replaced", overwrite)


def _longest(height: int, width: int, short_side: int) -> int:
    """Return the longest side for a photograph whose short side is reduced; less for extreme aspect ratios."""
    short, long = sorted((height, width))
    return max(1, round(long * min(1, short_side / short, LONGEST * short_side / long)))
