"""Discriminators on frozen features: a pretrained network recognizes outlines and flat shapes from the start.

Source: A. Sauer et al. 2021, 'Projected GANs Converge Faster': features of a frozen network, mixed across channels and
scales by random convolutions that are not trained, and small trained heads on each scale.
"""

import math
from collections.abc import Mapping

import torch
from torch import nn

from tilegan.networks.code_head import CodeHead
from tilegan.networks.codes import Codes
from tilegan.networks.discriminator import ChannelsLastInstanceNorm, SiameseDiscriminator, joined_cells
from tilegan.networks.efficientnet import CHANNELS, EfficientNetFeatures
from tilegan.networks.stroke_directions import DIRECTIONS
from tilegan.networks.style_memory import TEXTURES, StyleMemory
from tilegan.networks.styles import StyleGains, shares_in

SCALES = slice(1, None)  # strides 4, 8 and 16: the finest scale costs more than all others, and fine texture is
# left to the discriminator of pixels


class RandomMixing(nn.Module):
    """Random 1 x 1 convolutions to the same number of channels on each scale, and 3 x 3 ones from coarse to fine.

    They are not trained, so that the heads cannot ignore a scale; they are part of the discriminator's state.
    """

    def __init__(self, counts: tuple[int, ...], channels: int) -> None:
        super().__init__()
        for number, count in enumerate(counts):
            self.register_buffer(f"across_{number}", _normal(channels, count, 1))
            self.register_buffer(f"down_{number}", _normal(channels, channels, 3))
        self.scales = len(counts)

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Mix features of each scale, (N, C, h, w), finest first, by factors of 2 -> (N, channels, h, w)."""
        mixed: list[torch.Tensor] = []
        for number in reversed(range(self.scales)):
            found = nn.functional.conv2d(features[number], self.get_buffer(f"across_{number}"))
            if mixed:
                carried = nn.functional.interpolate(mixed[-1], scale_factor=2, mode="bilinear", align_corners=False)
                found = (found + carried.to(found.dtype)) / math.sqrt(2)
            mixed.append(nn.functional.conv2d(found, self.get_buffer(f"down_{number}"), padding=1))
        return mixed[::-1]


class JointDiscriminator(nn.Module):
    """Two discriminators: one of pixels (see ``SiameseDiscriminator``), and one of frozen features.

    The latter alone is blind to fine texture; the former alone accepts ridges on top of a photograph. Their vectors,
    each divided by the square root of 2, are concatenated.

    Attributes:
        features: frozen features of images; also used for content losses of the generator.
        memory: memory of the statistics of these features.
        textures: memory of the statistics of color textures; None in trainings of versions without them.
        directions: memory of the directions of strokes; likewise.
        code_head: recovers the codes of the generator; None if it has none.
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int],
        cell_values: int,
        width: int,
        inputs: int = 3,
        styles: int = 0,
        textures: bool = False,
        directions: bool = False,
        codes: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.styles = styles
        self.pixels = SiameseDiscriminator(channels, cell_values, inputs, styles)
        self.features = EfficientNetFeatures.read()
        self.memory = StyleMemory(max(1, styles), 2 * sum(CHANNELS))
        self.textures = StyleMemory(max(1, styles), 3 * TEXTURES) if textures else None
        self.directions = StyleMemory(max(1, styles), DIRECTIONS) if directions else None
        known = Codes.of(codes or {})
        self.code_head = CodeHead(known, 2 * sum(CHANNELS)) if known.values else None
        counts = CHANNELS[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_Head(width, cell_values, styles) for _ in counts)

    def forward(self, images: torch.Tensor, features: list[torch.Tensor] | None = None) -> torch.Tensor:
        """(N, inputs, H, W) in [-1, 1], H and W multiples of 16 from 32 up -> float32 (N, V).

        Args:
            images: as for ``SiameseDiscriminator``.
            features: frozen features of the images' color channels, if they are known already.
        """
        shares = shares_in(images, self.styles)
        found = self.features(images[:, :3]) if features is None else features
        mixed = self.mixing(found[SCALES])
        cells = [head(each, shares) for head, each in zip(self.heads, mixed, strict=True)]
        return torch.cat((self.pixels(images), joined_cells(cells)), 1) / math.sqrt(2)


class _Head(nn.Module):
    """Two 3 x 3 convolutions between instance norms, which remove contrast and palette here as well."""

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


DISCRIMINATORS = {"joint": JointDiscriminator}
