"""Statistics of a whole image of any size for a model's instance norms, in bounded memory.

Norm after norm, in the order in which they are reached, all of the image is streamed through the part of the network
before it, in windows with a halo, with all earlier norms frozen already. So each norm costs a pass that ends at it.
"""

from collections.abc import Callable

import torch

from tilegan.devices import plain_memory_errors, precision_name
from tilegan.geometry import Pixels, Window, round_up, split
from tilegan.inference.blocks import block_window
from tilegan.networks.statistics import Moments, features_at, norms_of
from tilegan.progress import Progress
from tilegan.translator import Translator

THUMBNAIL, GLOBAL = STATISTICS = ("thumbnail", "global")
# Longest side of a thumbnail, in pixels: that of URST's code. An image that is no larger is its own thumbnail.
SIDE = 1024
# Of the windows that statistics are gathered from, in input pixels: always the same, since sums of other windows differ
# in their last bits; so small that a pass in float32 takes no more memory than those that translate.
WINDOW = 512


def with_global_statistics(
    translator: Translator,
    read: Callable[[Window], Pixels],
    height: int,
    width: int,
    window: int,
    progress: Progress,
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
            block = read(block_window(part, made.stride, made.halo))
            with plain_memory_errors():
                pixels = torch.from_numpy(block)[None].to(made.device)
                own = part.height, part.width
                moments.add(features_at(made.generator, norm, pixels, made.halo, own))
            done += part.height * part.width
            progress("statistics", done, total)
        moments.settle(norm)
    return made.place(str(translator.device), precision_name(translator.precision))
