"""Discriminators of frozen features, which the caller has computed: alone, and together with patches of pixels."""

import torch
from torch import nn

from tilegan.networks.discriminator import ChannelsLastInstanceNorm
from tilegan.networks.efficientnet import CHANNELS
from tilegan.networks.initial import draw_weights
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.projected import SCALES, RandomMixing


class FeaturesDiscriminator(nn.Module):
    """One head on each scale of frozen features, mixed by random convolutions (see ``networks.projected``).

    Args:
        width: channels of mixed features and of heads.
        features: channels of the frozen features, from fine to coarse; the finest are not looked at.
    """

    def __init__(self, width: int, features: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        counts = features[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_head(width) for _ in counts)

    def of_features(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return scores of each scale of features (see ``networks.frozen``), from fine to coarse.

        (N, C, h, w) each -> float32 (N, 1, h, w) each, unbounded.
        """
        mixed = self.mixing(features[SCALES])
        return [head(each).float() for head, each in zip(self.heads, mixed, strict=True)]


class PatchAndFeaturesDiscriminator(FeaturesDiscriminator):
    """A PatchGAN on images of half the size, and one head on each scale of frozen features.

    Pixels alone accept ridges on top of a photograph; features tell strokes from relief. At half the size patches are
    twice as wide, and the grain of canvas and paint, which becomes rims of strokes, is hardly seen.

    Args:
        channels: see ``PatchDiscriminator``.
        layers: likewise.
        width: see ``FeaturesDiscriminator``.
        features: likewise.
    """

    def __init__(self, channels: int, layers: int, width: int, features: tuple[int, ...] = CHANNELS) -> None:
        super().__init__(width, features)
        self.patches = PatchDiscriminator(channels, layers)

    def forward(self, images: torch.Tensor, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return scores of patches, then of each scale of features from fine to coarse.

        (N, 3, H, W) in [-1, 1], and its frozen features (see ``networks.frozen``) -> float32 (N, 1, h, w) each,
        unbounded.
        """
        of_patches = self.patches(nn.functional.avg_pool2d(images.float(), 2))
        return [of_patches, *self.of_features(features)]


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
