"""A discriminator that is told the caption: it scores whether an image is real, and whether the caption is its own.

Source: H. Zhang et al. 2017, 'StackGAN', section 3.4, and S. Reed et al. 2016, 'Generative Adversarial Text to Image
Synthesis': an image and a caption are judged together. There both are compressed to a grid of features; here they are
points of one space, whose inner product is added to the scores (T. Miyato and M. Koyama 2018, 'cGANs with Projection
Discriminator'), so that captions can be found for an image. Features of images are frozen ones, since a hundred
captioned paintings are too few to learn to see from.
"""

from typing import NamedTuple

import torch
from torch import nn

from tilegan.networks.discriminator import ChannelsLastInstanceNorm
from tilegan.networks.efficientnet import CHANNELS, EfficientNetFeatures
from tilegan.networks.projected import SCALES, RandomMixing
from tilegan.networks.style_memory import TEXTURES, StyleMemory, channel_statistics

BANDS = 3  # rows of means of the deepest features: what is sky, middle or ground
GRID = (4, 3)  # mean colors: of such rows and columns
DESCRIBED = 2 * sum(CHANNELS) + BANDS * CHANNELS[-1] + 3 * GRID[0] * GRID[1] + 3  # values of a description
SHOWN = 0.5  # share of a description that is not dropped in training
FIRST_SCALE = 1.6  # logarithm of the first factor of the cosine of image and caption
MOST_SCALE = 2.0  # of the largest: a space of few captions is sure of too much, and its generator learns that only


class Judged(NamedTuple):
    """The findings of a discriminator about images, without a caption.

    Attributes:
        cells: scores of realness of the cells of each scale, float32 (N, 1, h, w).
        points: the images as points of the space of captions, float32 (N, values), of length 1.
    """

    cells: list[torch.Tensor]
    points: torch.Tensor


class MatchingDiscriminator(nn.Module):
    """Scores of cells by frozen features, and a space in which images lie near their captions.

    The cells see features through instance norms, so that they judge strokes; colors are judged with the caption only.

    Args:
        words: number of words of captions.
        width: channels of the heads.
        values: dimensions of the space of images and captions.
        textures: whether it remembers color textures, which trainings of earlier versions did not.

    Attributes:
        features: frozen features of images.
        memory: memory of the statistics of these features.
        textures: memory of the statistics of color textures; None without.
    """

    def __init__(self, words: int, width: int, values: int, textures: bool = False) -> None:
        super().__init__()
        self.features = EfficientNetFeatures.read()
        self.memory = StyleMemory(1, 2 * sum(CHANNELS))
        self.textures = StyleMemory(1, 3 * TEXTURES) if textures else None
        counts = CHANNELS[SCALES]
        self.mixing = RandomMixing(counts, width)
        self.heads = nn.ModuleList(_Cells(width) for _ in counts)
        self.scales = RunningScales(DESCRIBED)
        self.place = nn.Sequential(nn.Dropout(1 - SHOWN), nn.Linear(DESCRIBED, values))
        self.caption = nn.Linear(words, values, bias=False)
        nn.init.normal_(self.caption.weight, std=values**-0.5)
        self.scale = nn.Parameter(torch.tensor(FIRST_SCALE))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, images: torch.Tensor, features: list[torch.Tensor] | None = None) -> Judged:
        """Judge images without a caption.

        Args:
            images: float (N, 3, H, W) in [-1, 1], H and W multiples of 16 from 32 up.
            features: their frozen features, if they are known already.
        """
        found = self.features(images) if features is None else features
        mixed = self.mixing(found[SCALES])
        cells = [head(each) for head, each in zip(self.heads, mixed, strict=True)]
        points = self.place(self.scales(described(images, found)))
        return Judged(cells, nn.functional.normalize(points.float(), dim=1))

    def matches(self, points: torch.Tensor, bags: torch.Tensor) -> torch.Tensor:
        """Return how well captions match images: a factor times the cosine of their points, plus a constant.

        Args:
            points: float (N, values), from ``forward``.
            bags: float (N, ..., words), captions.

        Returns:
            float32 (N, ...), unbounded; above 0 if they match.
        """
        captions = nn.functional.normalize(self.caption(bags).float(), dim=-1)
        cosines = torch.einsum("nv,n...v->n...", points, captions)
        return self.scale.clamp(max=MOST_SCALE).exp() * cosines + self.bias


class RunningScales(nn.Module):
    """Divides values by the standard deviations of what it has seen, after subtracting the means."""

    mean: torch.Tensor
    square: torch.Tensor
    count: torch.Tensor

    def __init__(self, values: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("square", torch.ones(values))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def see(self, rows: torch.Tensor) -> None:
        """Take rows (N, values) into account: all alike at first, then with a decay of 1 / 256."""
        self.count += 1
        share = 1 / min(int(self.count), 256)
        self.mean.lerp_(rows.mean(0), share)
        self.square.lerp_(rows.square().mean(0), share)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """(N, values) -> (N, values)."""
        deviations = (self.square - self.mean.square()).clamp(min=0).sqrt() + 1e-2
        return (rows - self.mean) / deviations


def described(images: torch.Tensor, features: list[torch.Tensor]) -> torch.Tensor:
    """Return a description of images by numbers: statistics of features, and where which colors and objects are.

    Args:
        images: float (N, 3, H, W) in [-1, 1].
        features: their frozen features, finest first.

    Returns:
        float32 (N, values).
    """
    rows = nn.functional.adaptive_avg_pool2d(features[-1].float(), (BANDS, 1)).flatten(1)
    colors = nn.functional.adaptive_avg_pool2d(images.float(), GRID).flatten(1)
    spreads = (images.float().var((2, 3)) + 1e-6).sqrt()
    return torch.cat((channel_statistics(features), rows, colors, spreads), 1)


class _Cells(nn.Module):
    """Two 3 x 3 convolutions between instance norms, which remove contrast and palette."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = ChannelsLastInstanceNorm(width, affine=True)
        self.hidden = nn.Conv2d(width, width, 3, padding=1)
        self.between = ChannelsLastInstanceNorm(width, affine=True)
        self.scores = nn.Conv2d(width, 1, 3, padding=1)
        for layer in (self.hidden, self.scores):
            nn.init.kaiming_normal_(layer.weight, 0.2, nonlinearity="leaky_relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) -> float32 (N, 1, h, w)."""
        hidden = nn.functional.leaky_relu(self.hidden(self.before(features)), 0.2)
        scores: torch.Tensor = self.scores(self.between(hidden))
        return scores.float()


DISCRIMINATORS = {"matching": MatchingDiscriminator}
