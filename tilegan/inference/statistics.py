"""Statistics of images of any size, or of each of their cells, for a model's instance norms, in bounded memory.

For each norm, in the order of execution, the whole image is streamed through the part of the network before it, in
windows with a halo, with the statistics of all earlier norms fixed. So each norm costs a pass that ends at it. One pass
would suffice if each cell passed all norms by itself, as tiles do in the paper of ``norms.interpolated``: but then a
norm would use means and deviations of other features than those of its input, and a cell would have to fit into memory.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import torch

from tilegan.devices import plain_memory_errors, precision_name
from tilegan.errors import SettingError
from tilegan.geometry import Pixels, Window, round_up, split
from tilegan.images.readers.masked import filled_thumbnail
from tilegan.images.source import Source
from tilegan.inference.blocks import Held, block_window, read_block, read_filled
from tilegan.names import COMBO, EXACT, GLOBAL, INTERPOLATED, STATISTICS, THUMBNAIL, TILE
from tilegan.norms.interpolated import Grid
from tilegan.norms.statistics import Moments, features_at, norms_of
from tilegan.progress import Progress, silent
from tilegan.tiling.places import Place
from tilegan.translator import Translator

STREAMED = (GLOBAL, INTERPOLATED)  # those that need a pass over the whole image
SETTLED = (THUMBNAIL, *STREAMED)  # those that are independent of windows
# Longest side of a thumbnail, in pixels: that of URST's code. An image that is no larger is its own thumbnail.
SIDE = 1024
# Of the windows that statistics are gathered from, in input pixels: always the same, since sums of other windows differ
# in their last bits; so small that a pass in float32 takes no more memory than those of stylization.
WINDOW = 512


def choose_statistics(translator: Translator, seams: str, asked: str | None) -> str:
    """Select the statistics of a translator's norms.

    By default they are those of a thumbnail, whose cost is independent of the image size, or of the whole image if it
    is a label map, since a mean of labels is no label; in ``combo`` mode those of each tile, as in training.

    Args:
        translator: the model.
        seams: 'exact', 'combo' or 'blend'.
        asked: one of ``names.STATISTICS``; None for the default.

    Returns:
        One of ``names.STATISTICS``; '' for a model that needs none.

    Raises:
        SettingError: there are no such statistics, the model needs none, or they cannot be combined with the seams or
            with label maps.
    """
    if asked is not None and asked not in STATISTICS:
        raise SettingError(f"no statistics '{asked}': use {', '.join(STATISTICS)}")
    if not translator.needs_statistics:
        if asked is not None:
            raise SettingError(f"the model '{translator.name}' needs no statistics of images: leave '{asked}' out")
        return ""
    if asked == TILE and seams == EXACT:
        raise SettingError(
            f"with statistics of each tile nothing is exact: use seams combo or blend, or {', '.join(SETTLED)}"
        )
    labels = bool(translator.architecture.get("labels"))
    if asked == THUMBNAIL and labels:
        raise SettingError(f"a thumbnail mixes the labels of a label map: use {GLOBAL} or {INTERPOLATED} statistics")
    if asked is not None or seams == COMBO:
        return asked or TILE
    return GLOBAL if labels else THUMBNAIL


def unsettled(translator: Translator, statistics: str, height: int, width: int, precision: str = "") -> Translator:
    """Return the translator for an image without statistics values, with the same size and speed.

    Args:
        translator: a translator that needs statistics.
        statistics: one of ``SETTLED``.
        height: height of the image, in pixels.
        width: width of the image, in pixels.
        precision: name of the dtype; by default that of the translator.
    """
    grid = Grid.of(height, width, translator.stride)
    # an image of one cell has its global statistics
    return translator.frozen(precision, grid if statistics == INTERPOLATED and grid.cells > 1 else None)


def settled(
    translator: Translator, statistics: str, source: Source, window: int, progress: Progress = silent
) -> Translator:
    """Return the translator for one image, with statistics that are independent of windows.

    Args:
        translator: a translator that needs statistics.
        statistics: one of ``SETTLED``.
        source: the open image.
        window: maximum side of one pass, in pixels; a thumbnail of at most this size is run as a whole.
        progress: called with phase 'statistics'.

    Returns:
        A translator that can be exact, on the same device and in the same precision.

    Raises:
        ImageError: the image is damaged.
        ModelError: its norms cannot be settled (see ``norms.statistics``).
        MemoryError: not even such a window fits.
    """
    if statistics == THUMBNAIL:
        thumbnail, _ = filled_thumbnail(source, SIDE)
        height, width, _ = thumbnail.shape
        if max(height, width) <= window:
            return translator.with_statistics_of(thumbnail)
        read = partial(read_block, Held(thumbnail))
        return with_streamed_statistics(translator, GLOBAL, read, height, width, window, progress)
    reach = translator.frozen().halo
    read = partial(read_filled, source, reach=reach) if source.origin.opacity else partial(read_block, source)
    return with_streamed_statistics(translator, statistics, read, source.height, source.width, window, progress)


def with_streamed_statistics(
    translator: Translator,
    statistics: str,
    read: Callable[[Window], Pixels],
    height: int,
    width: int,
    window: int,
    progress: Progress = silent,
) -> Translator:
    """Return the translator with the statistics of a whole image, as in a single pass over it, or of its cells.

    Args:
        translator: a translator that needs statistics.
        statistics: one of ``STREAMED``.
        read: the pixels, uint8 or uint16 (h, w, 3), of a window that may lie outside the image, which is padded by
            reflection.
        height: height of the image, in pixels.
        width: width of the image, in pixels.
        window: maximum side of one pass, in pixels.
        progress: called with the processed pixels, of those for all norms, as phase 'statistics'.

    Returns:
        A translator that can be exact, on the same device and in the same precision.

    Raises:
        ModelError: its norms cannot be settled (see ``norms.statistics``).
        MemoryError: not even such a window fits.
    """
    made = unsettled(translator, statistics, height, width, "float32")
    side = round_up(min(window, WINDOW), made.stride)
    norms = norms_of(made.generator, made.stride)
    done, total = 0, len(norms) * height * width
    progress("statistics", done, total)
    for norm in norms:
        for index, cell in _cells(made, height, width):
            moments = Moments()
            for part in split(cell, side):
                extent = block_window(part, made.stride, made.halo)
                block = made.seen(read(extent))
                with plain_memory_errors():
                    pixels = torch.tensor(block)[None].to(made.device)  # a copy, since blocks may be read-only
                    own, place = (part.height, part.width), Place(extent.top, extent.left)
                    moments.add(features_at(made.generator, norm, pixels, made.halo, own, place))
                done += part.height * part.width
                progress("statistics", done, total)
            moments.settle(norm, index)
    return made.place(str(translator.device), precision_name(translator.precision))


def _cells(translator: Translator, height: int, width: int) -> Iterator[tuple[tuple[int, int], Window]]:
    """Yield row and column of each cell of an image, and its window."""
    grid = Grid.named(translator.architecture["norm"])
    if grid is None:
        yield (0, 0), Window(0, 0, height, width)
        return
    for row, column in product(range(grid.rows), range(grid.columns)):
        top, left = row * grid.cell, column * grid.cell
        bottom = height if row == grid.rows - 1 else top + grid.cell
        right = width if column == grid.columns - 1 else left + grid.cell
        yield (row, column), Window(top, left, bottom - top, right - left)
