"""Statistics of a whole image of any size for a model's instance norms, in bounded memory.

Norm after norm, in the order in which they are reached, all of the image is streamed through the part of the network
before it, in windows with a halo, with all earlier norms frozen already. So each norm costs a pass that ends at it.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from tilegan.devices import plain_memory_errors, precision_name
from tilegan.errors import SettingError
from tilegan.geometry import Pixels, Window, reflect, round_up, split
from tilegan.images.source import Source
from tilegan.inference.blocks import block_window, read_block, read_filled
from tilegan.networks.statistics import Moments, features_at, norms_of
from tilegan.progress import Progress, silent
from tilegan.translator import Translator

# Of each tile (only in ``combo`` mode), of a thumbnail of the image, or of the whole image.
TILE, THUMBNAIL, GLOBAL = STATISTICS = ("tile", "thumbnail", "global")
SETTLED = (THUMBNAIL, GLOBAL)  # those that are the same for all windows
# Longest side of a thumbnail, in pixels: that of URST's code. An image that is no larger is its own thumbnail.
SIDE = 1024
# Of the windows that statistics are gathered from, in input pixels: always the same, since sums of other windows differ
# in their last bits; so small that a pass in float32 takes no more memory than those that translate.
WINDOW = 512


def choose_statistics(translator: Translator, seams: str, asked: str | None) -> str:
    """What a translator's norms take their statistics from.

    By default that is a thumbnail, which costs no more for larger images, or in ``combo`` mode each tile, as in
    training.

    Args:
        translator: the model.
        seams: 'exact' or 'combo'.
        asked: one of ``STATISTICS``; None for the default.

    Returns:
        One of ``STATISTICS``; '' for a model that needs none.

    Raises:
        SettingError: there are no such statistics, or the model needs none, or they do not go with the seams.
    """
    if asked is not None and asked not in STATISTICS:
        raise SettingError(f"no statistics '{asked}': use {', '.join(STATISTICS)}")
    if not translator.needs_statistics:
        if asked is not None:
            raise SettingError(f"the model '{translator.name}' needs no statistics of images: leave '{asked}' out")
        return ""
    if asked == TILE and seams == "exact":
        raise SettingError("with statistics of each tile nothing is exact: use seams combo, or thumbnail or global")
    return asked or (THUMBNAIL if seams == "exact" else TILE)


def settled(
    translator: Translator, statistics: str, source: Source, window: int, progress: Progress = silent
) -> Translator:
    """The translator for one image, whose statistics are the same for all windows.

    Args:
        translator: one that needs statistics.
        statistics: 'thumbnail' or 'global'.
        source: the image, open.
        window: largest side of what is run at once, in pixels; a thumbnail that is no larger is run as a whole.
        progress: told of phase 'statistics'.

    Returns:
        A translator that can be exact, on the same device and in the same precision.

    Raises:
        ImageError: the image is damaged.
        ModelError: its norms cannot be settled (see ``networks.statistics``).
        MemoryError: not even such a window fits.
    """
    if statistics == THUMBNAIL:
        thumbnail = source.thumbnail(SIDE)
        height, width, _ = thumbnail.shape
        if max(height, width) <= window:
            return translator.with_statistics_of(thumbnail)
        return with_global_statistics(translator, partial(_mirrored, thumbnail), height, width, window, progress)
    reach = translator.frozen().halo
    read = partial(read_filled, source, reach=reach) if source.origin.opacity else partial(read_block, source)
    return with_global_statistics(translator, read, source.height, source.width, window, progress)


def _mirrored(pixels: Pixels, window: Window) -> Pixels:
    rows = reflect(window.top, window.bottom, pixels.shape[0])
    return pixels[np.ix_(rows, reflect(window.left, window.right, pixels.shape[1]))]


def with_global_statistics(
    translator: Translator,
    read: Callable[[Window], Pixels],
    height: int,
    width: int,
    window: int,
    progress: Progress = silent,
) -> Translator:
    """The translator whose norms have the statistics of a whole image, as in a pass over all of it at once.

    Args:
        translator: one that needs statistics.
        read: the pixels, uint8 or uint16 (h, w, 3), of a window that may lie outside the image, which is mirrored
            there.
        height: of the image, in pixels.
        width: of the image, in pixels.
        window: largest side of what is run at once, in pixels.
        progress: told the pixels that were looked at, of those of all norms, as phase 'statistics'.

    Returns:
        A translator that can be exact, on the same device and in the same precision.

    Raises:
        ModelError: its norms cannot be settled (see ``networks.statistics``).
        MemoryError: not even such a window fits.
    """
    made = translator.frozen("float32")
    side = round_up(min(window, WINDOW), made.stride)
    norms = norms_of(made.generator, made.stride)
    done, total = 0, len(norms) * height * width
    progress("statistics", done, total)
    for norm in norms:
        moments = Moments()
        for part in split(Window(0, 0, height, width), side):
            block = made.seen(read(block_window(part, made.stride, made.halo)))
            with plain_memory_errors():
                pixels = torch.tensor(block)[None].to(made.device)  # a copy: what is read may be read-only
                own = part.height, part.width
                moments.add(features_at(made.generator, norm, pixels, made.halo, own))
            done += part.height * part.width
            progress("statistics", done, total)
        moments.settle(norm)
    return made.place(str(translator.device), precision_name(translator.precision))
