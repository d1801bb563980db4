"""The label table of a set of label maps, with the color of each label: read from a file, or found in the maps."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import DatasetError, ImageError, SettingError
from tilegan.images.readers.header import read_header
from tilegan.training.images import TrainingImage, read_reduced

Table = list[list[int]]  # 8-bit red, green and blue of each label

MOST = 256  # labels
TOO_MANY = 2**20  # different colors: noise in label maps produces fewer
LOOKED_AT = 1000  # images, evenly spread, that are searched for labels
LOSSY = ("JPEG", "WEBP")  # formats that change colors
EVEN = 24  # maximum difference of 8-bit values within 3 x 3 pixels of one label
APART = 32  # minimum distance of two labels of a lossy format, in 8-bit values
NEAR = 8  # 8-bit values: pixels closer to the color of a label certainly belong to it
LEAST = 5e-4  # least share of all pixels for a color of areas to be a label
SURE = 0.7  # least share of pixels of a lossy label map that are near to the color of a label
LIKE_NEXT = 0.5  # least share of pixels of other label maps that are equal to their right neighbor

CURE = "give others, or --labels with a table"


def read_table(path: str | Path) -> Table:
    """Read a table from a text file: one label per line, ``r,g,b[,name]``, or ``value[,name]`` for 8-bit rasters.

    Empty lines and lines that begin with # are ignored.

    Raises:
        SettingError: the file cannot be read, a line is invalid, or two labels are equal.
    """
    table: Table = []
    for number, line in _lines(path):
        color = _color(line)
        if color is None:
            raise SettingError(f"{path}, line {number}: '{line}' is no label: give r,g,b or a value, 0 to 255")
        if color in table:
            raise SettingError(f"{path}, line {number}: '{line}' occurs twice: each label needs its own color")
        table.append(color)
    if not 2 <= len(table) <= MOST:
        raise SettingError(f"{path} has {len(table)} labels: a table needs 2 to {MOST}")
    return table


def read_names(path: str | Path) -> list[str]:
    """Read the names of the labels from such a file, '' for lines without one; empty if no line has a name.

    Raises:
        SettingError: the file cannot be read.
    """
    names = [",".join(_parts(line)[1]) for _, line in _lines(path)]
    return names if any(names) else []


def _lines(path: str | Path) -> list[tuple[int, str]]:
    """Return the lines of a table that define a label, and their numbers, from 1."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"no table of labels: {path}: give a text file with a color or a number a line") from error
    return [(number, line) for number, line in enumerate(map(str.strip, lines), 1) if line and line[0] != "#"]


def _parts(line: str) -> tuple[list[str], list[str]]:
    """Split a line into the parts of the color and the rest."""
    parts = [part.strip() for part in line.split(",")]
    count = 3 if len(parts) >= 3 and parts[1].isdigit() else 1
    return parts[:count], parts[count:]


def _color(line: str) -> list[int] | None:
    """Parse the color of a line of a table; None if it is invalid."""
    numbers, _ = _parts(line)
    if not all(part.isdecimal() and int(part) <= 255 for part in numbers):
        return None
    levels = [int(part) for part in numbers]
    return levels if len(levels) == 3 else levels * 3


def find_table(images: list[TrainingImage]) -> Table:
    """Find the table of label maps, sorted by color.

    In lossless formats each color is a label. JPEG changes colors and blurs the edges between them: there labels are
    the most frequent colors of even areas, with all colors within 32 8-bit values. Labels with closer colors, and those
    that occur only as thin lines, need a table from the user.

    Args:
        images: images of one folder; a sample is read if there are more than 1,000.

    Raises:
        DatasetError: they are no label maps, or none decodes.
    """
    folder = images[0].path.parent
    counts: dict[int, int] = {}
    even: dict[int, int] = {}
    alike, pixels, lossy = 0, 0, False
    for image in images[:: -(-len(images) // LOOKED_AT)]:
        try:
            levels = read_reduced(image, labels=True)[..., :3]
        except ImageError:
            continue  # training reports it
        codes = _codes(levels)
        pixels += codes.size
        alike += int((codes[:, 1:] == codes[:, :-1]).sum())
        _count(counts, codes)
        _count(even, codes[1:-1, 1:-1][_spread(levels) <= EVEN])
        lossy = lossy or read_header(image.path).format in LOSSY
        if len(counts) > TOO_MANY:
            break
    if not pixels:
        raise DatasetError(f"no image in '{folder}' can be decoded")
    colors, found = _colors(counts), alike >= LIKE_NEXT * pixels
    if lossy or len(counts) > MOST:
        colors = _modes(even, pixels) if len(counts) <= TOO_MANY else colors[:0]
        found = _share_near(counts, colors) >= SURE
    if not found or not 2 <= len(colors) <= MOST:
        raise DatasetError(f"the images in '{folder}' are no label maps, even areas of 2 to {MOST} colors: {CURE}")
    table: Table = sorted(colors.tolist())
    return table


def _codes(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return a number for each color, (h, w, 3) -> (h, w)."""
    codes: NDArray[np.int64] = levels.astype(np.int64) @ np.array([2**16, 2**8, 1])
    return codes


def _colors(codes: Iterable[int]) -> NDArray[np.int64]:
    """Return the colors of such numbers, (n,) -> (n, 3)."""
    numbers = np.array(list(codes), np.int64)
    return np.stack((numbers >> 16, numbers >> 8 & 255, numbers & 255), 1)


def _count(counts: dict[int, int], codes: NDArray[np.int64]) -> None:
    for code, count in zip(*(each.tolist() for each in np.unique(codes, return_counts=True)), strict=True):
        counts[code] = counts.get(code, 0) + count


def _spread(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the maximum difference of 3 x 3 pixels in any channel: (h, w, 3) -> (h - 2, w - 2)."""
    low, high = levels.astype(np.int64), levels.astype(np.int64)
    for axis in (0, 1):
        inner = levels.shape[axis] - 2
        low = np.minimum.reduce([low.take(range(start, start + inner), axis) for start in range(3)])
        high = np.maximum.reduce([high.take(range(start, start + inner), axis) for start in range(3)])
    spread: NDArray[np.int64] = (high - low).max(2)
    return spread


def _modes(counts: dict[int, int], pixels: int) -> NDArray[np.int64]:
    """Return colors that are the most frequent ones within ``APART``, of large enough areas: (n, 3)."""
    colors, shares = _colors(counts), np.array(list(counts.values())) / pixels
    modes = []
    while len(shares):
        mode = colors[shares.argmax()]
        around = np.abs(colors - mode).max(1) < APART
        if shares[around].sum() >= LEAST:
            modes.append(mode)
        colors, shares = colors[~around], shares[~around]
    return np.array(modes, np.int64).reshape(-1, 3)


def _share_near(counts: dict[int, int], colors: NDArray[np.int64]) -> float:
    """Return the share of pixels whose colors are within ``NEAR`` of one of ``colors``."""
    present, numbers = _colors(counts), np.array(list(counts.values()))
    near = np.zeros(len(present), np.bool_)
    for color in colors:
        near |= np.abs(present - color).max(1) <= NEAR
    return float(numbers[near].sum() / numbers.sum())
