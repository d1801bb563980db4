"""The first layers of generators that paint: textures and fine details, which are to be painted, are removed."""

from torch import nn

from tilegan.networks.blurs import box_blur
from tilegan.networks.kuwahara import Kuwahara


def squinting(channels: int, squint: int, washes: int) -> nn.Sequential:
    """Return fixed layers that remove textures and details: (N, channels, h, w) -> the same.

    Args:
        channels: of the image.
        squint: side of the box by which it is blurred, twice, in pixels; 0 for no blur.
        washes: side of the filter that flattens textures before (see ``networks.kuwahara``), in pixels; 0 for none.
    """
    return nn.Sequential(*([Kuwahara(washes)] if washes else []), *box_blur(channels, squint))
