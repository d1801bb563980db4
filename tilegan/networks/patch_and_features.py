"""A discriminator of patches of pixels and, in addition, of frozen features, which the caller has computed."""

import torch
from torch import nn

from tilegan.networks.discriminator import ChannelsLastInstanceNorm
from tilegan.networks.efficientnet import CHANNELS
from tilegan.networks.initial import draw_weights
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.projected import SCALES, RandomMixing


class PatchAndFeaturesDiscriminator(nn.Module):
    """A PatchGAN on images of half the size, and one head on each scale of frozen features.

    Features are mixed by random convolutions (see ``networks.projected``).

    Pixels alone accept ridges on top of a photograph; features tell strokes from relief. At half the size patches are
    twice as wide, and the grain of canvas and paint, which becomes rims of strokes, is hardly seen.

    Args:
        channels: see ``PatchDiscriminator``.
        layers: likewise.
        width: channels of mixed features and of heads.
        features: channels of the frozen features, from fine to coarse; the finest are not looked at.
    """

    def __init__(self, channels: int, layers: int, width: int, features: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(channels, layers)
        counts = features[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_head(width) for _ in counts)

    def forward(self, images: torch.Tensor, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return scores of patches, then of each scale of features from fine to coarse.

        (N, 3, H, W) in [-1, 1], and its frozen features (see ``networks.frozen``) -> float32 (N, 1, h, w) each,
        unbounded.
        """
        mixed = self.mixing(features[SCALES])
        of_patches = self.patches(nn.functional.avg_pool2d(images.float(), 2))
        return [of_patches, *(head(each).float() for head, each in zip(self.heads, mixed, strict=True))]


def _head(width: int) -> nn.Sequential:
    made = nn.Sequential(
        ChannelsLastInstanceNorm(width, affine=True),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(0.2),
        ChannelsLastInstanceNorm(width, affine=True),
        nn.Conv2d(width, 1, 3, padding=1),
    )
    draw_weights(made)
    return made


DISCRIMINATORS = {"patch-and-features": PatchAndFeaturesDiscriminator}
