"""The siamese discriminator, which maps an image to a vector."""

import math
from itertools import pairwise, zip_longest

import torch
from torch import nn

from tilegan.networks.styles import StyleGains, shares_in


class SiameseDiscriminator(nn.Module):
    """Strided convolutions; the cells of each stage, of 4, 8 and 16 pixels, give a part of the image's vector.

    Each cell gives a direction and, separately, a length, so that realism can be learned as easily as by a
    discriminator with one output; their product is the cell's part of the vector. Small cells see single strokes, the
    largest about 80 pixels around them, so that several of them see each seam of a joined image. The squared length of
    the vector is the mean over the stages of the mean over their cells, independent of the size of the image. No dense
    layer follows: with a hundred target images it would overfit.

    Instance norms are suitable here, since tiling need not be exact: they remove contrast and palette, by which
    photographs and paintings are so easy to distinguish that strokes are ignored. Without any norm, with batch norm,
    with half of either, or with the largest cells alone, the generator had changed only colors after 1,500 steps; with
    instance norms it had strokes.
    """

    def __init__(self, channels: tuple[int, int, int, int], cell_values: int, inputs: int = 3, styles: int = 0) -> None:
        super().__init__()
        self.styles = styles
        self.gains = nn.ModuleList(StyleGains(styles, count) for count in channels[1:] if styles)
        first = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * inputs, channels[0], 3, padding=1), nn.LeakyReLU(0.2))
        stages = [_stage(before, after) for before, after in pairwise(channels)]
        stages[0] = nn.Sequential(first, stages[0])
        self.stages = nn.ModuleList(stages)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        self.heads = nn.ModuleList(nn.Conv2d(count, 1 + cell_values, 3, padding=1) for count in channels[1:])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) in [-1, 1], H and W multiples of 16 from 32 up -> float32 (N, V).

        The last ``styles`` input channels are planes with the shares of styles (see ``networks.styles``).

        V = 21 * cell_values * H/16 * W/16.
        """
        parts = []
        features = images
        shares = shares_in(images, self.styles)
        for stage, head, gains in zip_longest(self.stages, self.heads, self.gains):
            features = stage(features)
            if gains is not None:
                features = gains(features, shares)
            parts.append(head(features))
        return joined_cells(parts)


def joined_cells(stages: list[torch.Tensor]) -> torch.Tensor:
    """Return the vectors of images from the cells of several stages: a length before softplus, and a direction.

    Args:
        stages: float (N, 1 + values, h, w) each.

    Returns:
        float32 (N, V): its squared length is the mean over the stages of the mean over their cells' squared lengths.
    """
    parts = []
    for values in stages:
        cells = nn.functional.softplus(values[:, :1]) * nn.functional.normalize(values[:, 1:], dim=1)
        parts.append(cells.flatten(1) / math.sqrt(len(stages) * cells.shape[2] * cells.shape[3]))
    return torch.cat(parts, 1).float()


def _stage(before: int, after: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False)  # the norm has a bias
    return nn.Sequential(convolution, ChannelsLastInstanceNorm(after, affine=True), nn.LeakyReLU(0.2))


class ChannelsLastInstanceNorm(nn.InstanceNorm2d):
    """An instance norm that keeps channels last; after that of torch, later layers would convert again."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w), channels last in memory."""
        return super().forward(features).contiguous(memory_format=torch.channels_last)


DISCRIMINATORS = {"siamese": SiameseDiscriminator}
