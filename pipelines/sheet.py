"""Sample grids that are painted from one photograph, and written as one picture."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import OutputError, SettingError
from tilegan.files import locate
from tilegan.images.formats.checks import check_export
from tilegan.images.formats.register import kind_of
from tilegan.images.opening import open_source
from tilegan.images.output import beside, check_output, name_beside
from tilegan.images.pixels.sheet import sample_sheet
from tilegan.images.publish import move_to
from tilegan.images.readers.vsi import is_elsewhere, url_name

SHORT_SIDE = 512  # pixels, as in the training of the models
LONGEST = 4  # maximum aspect ratio; longer photographs are reduced further
KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}  # names of formats in Pillow


@dataclass(frozen=True)
class Sheet:
    """A written sample grid.

    Attributes:
        output: the file.
        height: height of the grid, in pixels.
        width: its width.
        seconds: duration.
    """

    output: Path
    height: int
    width: int
    seconds: float


class Drawing:
    """A sample grid that is being made of one photograph.

    Attributes:
        picture: the photograph in the size of the grid, uint8 (h, w, 3).
    """

    def __init__(
        self, photograph: str | Path, output: str | Path | None, word: str, short_side: int, overwrite: bool
    ) -> None:
        """Read and reduce a photograph, once it is certain that the grid can be written.

        Args:
            photograph: an image of any kind and size.
            output: the file; None for one beside the photograph, named ``<stem>.<word>.<ending>``.
            word: see above.
            short_side: short side to which the photograph is reduced, in pixels; smaller ones stay unchanged.
            overwrite: replace an existing output.

        Raises:
            SettingError: the short side is invalid.
            ImageError: the photograph cannot be read.
            OutputExistsError: the output exists.
            OutputError: the output is of another kind, or nothing can be written beside the photograph.
        """
        self._started, self._overwrite = time.perf_counter(), overwrite
        self._path = _path(photograph, output, word)
        if short_side < 1:
            raise SettingError(f"no short side of {short_side} pixels: give at least 1")
        with closing(open_source(photograph)) as source:
            if check_output(self._path, overwrite, locate(url_name(str(photograph)))) not in KINDS:
                raise OutputError(f"cannot write a sample grid to {self._path}: use .png, .jpg or .webp")
            self.picture = source.thumbnail(_longest(source.height, source.width, short_side))

    def write(self, rows: list[list[NDArray[np.uint8]]]) -> Sheet:
        """Write the grid of these cells, uint8 (h, w, 3); it appears as a whole.

        Raises:
            OutputExistsError: the output exists.
            OutputError: it cannot be written.
        """
        sheet, path = sample_sheet(rows), self._path
        check_export(path, sheet.height, sheet.width)
        with beside(path) as folder:
            sheet.save(folder / "sheet", KINDS[kind_of(path)], quality=95)
            move_to(path, folder / "sheet", folder / "replaced", self._overwrite)
        return Sheet(path, sheet.height, sheet.width, time.perf_counter() - self._started)


def _path(photograph: str | Path, output: str | Path | None, word: str) -> Path:
    if output is not None:
        return locate(output)
    if is_elsewhere(photograph):
        raise OutputError(f"no file can be written beside {photograph}: name an output")
    path = name_beside(Path(photograph), word)
    return path if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") else path.with_suffix(".png")


def _longest(height: int, width: int, short_side: int) -> int:
    """Return the longest side for a photograph whose short side is reduced; less for extreme aspect ratios."""
    short, long = sorted((height, width))
    return max(1, round(long * min(1, short_side / short, LONGEST * short_side / long)))
