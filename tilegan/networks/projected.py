"""Discriminators that look with frozen features: what has seen the world knows outlines and flat shapes at once.

Source: A. Sauer et al. 2021, 'Projected GANs Converge Faster': features of a frozen network, mixed by random
convolutions across channels and scales that nothing trains, and small heads that learn on each scale.
"""

import math

import torch
from torch import nn

from tilegan.networks.discriminator import ChannelsLastInstanceNorm, SiameseDiscriminator, joined_cells
from tilegan.networks.efficientnet import CHANNELS, EfficientNetFeatures
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.style_memory import TEXTURES, StyleMemory
from tilegan.networks.styles import StyleGains, shares_in

SCALES = slice(1, None)  # those of strides 4, 8 and 16: the finest costs more than all others, and fine texture is
# judged by pixels


class RandomMixing(nn.Module):
    """Random 1 x 1 convolutions to as many channels on each scale, and 3 x 3 ones from coarse to fine.

    Nothing trains them, so that no scale can be passed over by the heads; they are kept with the discriminator's state.
    """

    def __init__(self, counts: tuple[int, ...], channels: int) -> None:
        super().__init__()
        for number, count in enumerate(counts):
            self.register_buffer(f"across_{number}", _normal(channels, count, 1))
            self.register_buffer(f"down_{number}", _normal(channels, channels, 3))
        self.scales = len(counts)

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Features of each scale, (N, C, h, w), finest first, each twice as fine as the next -> (N, channels, h, w)."""
        mixed: list[torch.Tensor] = []
        for number in reversed(range(self.scales)):
            found = nn.functional.conv2d(features[number], self.get_buffer(f"across_{number}"))
            if mixed:
                carried = nn.functional.interpolate(mixed[-1], scale_factor=2, mode="bilinear", align_corners=False)
                found = (found + carried.to(found.dtype)) / math.sqrt(2)
            mixed.append(nn.functional.conv2d(found, self.get_buffer(f"down_{number}"), padding=1))
        return mixed[::-1]


class JointDiscriminator(nn.Module):
    """Two judges: one of pixels from scratch (see ``SiameseDiscriminator``), and one that looks with frozen features.

    The latter alone is blind to fine texture, the former content with ridges laid over a photograph. Their vectors,
    each divided by the root of 2, make one.

    Attributes:
        features: frozen, of images; what a generator's content may be compared by as well.
        memory: of the statistics of these.
        textures: of those of color textures; None in trainings from before there were any.
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int],
        cell_values: int,
        width: int,
        inputs: int = 3,
        styles: int = 0,
        textures: bool = False,
    ) -> None:
        super().__init__()
        self.styles = styles
        self.pixels = SiameseDiscriminator(channels, cell_values, inputs, styles)
        self.features = EfficientNetFeatures.read()
        self.memory = StyleMemory(max(1, styles), 2 * sum(CHANNELS))
        self.textures = StyleMemory(max(1, styles), 3 * TEXTURES) if textures else None
        counts = CHANNELS[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_Head(width, cell_values, styles) for _ in counts)

    def forward(self, images: torch.Tensor, features: list[torch.Tensor] | None = None) -> torch.Tensor:
        """(N, inputs, H, W) in [-1, 1], H and W multiples of 16 from 32 up -> float32 (N, V).

        Args:
            images: as ``SiameseDiscriminator`` takes them.
            features: of the images' colors, if they are known already.
        """
        shares = shares_in(images, self.styles)
        found = self.features(images[:, :3]) if features is None else features
        mixed = self.mixing(found[SCALES])
        cells = [head(each, shares) for head, each in zip(self.heads, mixed, strict=True)]
        return torch.cat((self.pixels(images), joined_cells(cells)), 1) / math.sqrt(2)


class ProjectedDiscriminator(nn.Module):
    """A PatchGAN of pixels, and heads that look with frozen features: for methods whose judgements are maps.

    Each of them says for each 16 x 16 pixels how real they are, the finer ones on average.
    """

    def __init__(self, channels: int, layers: int, width: int, inputs: int = 3, styles: int = 0) -> None:
        super().__init__()
        self.styles = styles
        self.pixels = PatchDiscriminator(channels, layers, inputs, styles=styles)
        self.features = EfficientNetFeatures.read()
        counts = CHANNELS[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_Head(width, 0, styles) for _ in counts)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) in [-1, 1], H and W multiples of 16 from 32 up -> float32 (N, 4, H / 16, W / 16).

        The first judgement is of pixels, the others of features at strides 4, 8 and 16. The last ``styles`` of the
        inputs are planes of their shares (see ``networks.styles``).
        """
        shares = shares_in(images, self.styles)
        mixed = self.mixing(self.features(images[:, :3])[SCALES])
        judged = [self.pixels(images), *(head(each, shares) for head, each in zip(self.heads, mixed, strict=True))]
        cells = mixed[-1].shape[2:]
        return torch.cat([nn.functional.adaptive_avg_pool2d(each.float(), cells) for each in judged], 1)


class _Head(nn.Module):
    """Two 3 x 3 convolutions, between instance norms: contrast and palette are taken away here too."""

    def __init__(self, width: int, cell_values: int, styles: int) -> None:
        super().__init__()
        self.before = ChannelsLastInstanceNorm(width, affine=True)
        self.hidden = nn.Conv2d(width, width, 3, padding=1)
        self.between = ChannelsLastInstanceNorm(width, affine=True)
        self.gains = StyleGains(styles, width) if styles else None
        self.values = nn.Conv2d(width, 1 + cell_values, 3, padding=1)
        for layer in (self.hidden, self.values):
            nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, features: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) -> (N, 1 + cell_values, h, w)."""
        hidden = self.between(nn.functional.leaky_relu(self.hidden(self.before(features)), 0.2))
        if self.gains is not None:
            hidden = self.gains(hidden, shares)
        values: torch.Tensor = self.values(hidden)
        return values


def _normal(outputs: int, inputs: int, side: int) -> torch.Tensor:
    weight = torch.empty(outputs, inputs, side, side)
    return nn.init.kaiming_normal_(weight, nonlinearity="linear")
