"""Views of an image that are compared with those of a painting: frozen features at two scales, and mean colors at four.

Of the image itself the finest of four features are left out: with those of EfficientNet-Lite0, at stride 2, strokes get
thin bright and dark rims, like a relief. Of the image at half its size the coarsest are left out.
"""

import torch
from torch import nn

from tilegan.networks.frozen import FrozenFeatures

WHOLE, HALVED = slice(1, None), slice(None, -1)  # features of the image, and of half its size: at the same strides
COLOR_STRIDES = (2, 4, 8, 16)
TONES = 3  # channels that each view has at its end
TONE_CELL = 16  # pixels: side of the squares whose mean colors tell regions apart


def view_channels(frozen: FrozenFeatures) -> tuple[int, ...]:
    """Return the channels of each view."""
    return (*frozen.channels[WHOLE], *frozen.channels[HALVED], *(3 for _ in COLOR_STRIDES))


def views(frozen: FrozenFeatures, images: torch.Tensor, features: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return the views of images, float (N, C, h, w), with ``view_channels`` as C.

    Args:
        frozen: the network.
        images: float (N, 3, H, W) in [-1, 1].
        features: its features of ``images``.
    """
    images = images.float()
    colors = [nn.functional.avg_pool2d(images, stride) for stride in COLOR_STRIDES]
    return [*features[WHOLE], *frozen(nn.functional.avg_pool2d(images, 2))[HALVED], *colors]


def with_tones(found: list[torch.Tensor], tones: torch.Tensor) -> list[torch.Tensor]:
    """Append tones (N, 3, h, w) to the channels of views, repeated at each place of their cells."""
    return [torch.cat((each, nn.functional.interpolate(tones, each.shape[2:])), 1) for each in found]
