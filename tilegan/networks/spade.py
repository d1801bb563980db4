"""The generator of SPADE: at every scale a label map defines gains and shifts of the features."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from tilegan.names import CHANNEL
from tilegan.networks.labels import Labels
from tilegan.norms.layers import norm_layer
from tilegan.tiling.unpadded import trim_to

WIDEST = 16  # maximum multiple of the channels at full size, as in the paper
SEEN = 2  # pixels by which gains and shifts see the surrounding labels, per side


def convolution(before: int, after: int) -> nn.Conv2d:
    """Return a 3 x 3 convolution with replication padding: at the smallest scale a tile may have a single pixel."""
    return nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate")


class Spade(nn.Module):
    """Spatially-adaptive normalization: a norm with gains and shifts that convolutions compute from labels.

    (Park et al. 2019, 'Semantic Image Synthesis with Spatially-Adaptive Normalization', equation 1. The norm is over
    the channels of each pixel, so that tiles are exact in training too and there are no statistics, which would be
    those of few crops. The paper has a batch norm, which ``norm`` can select. Gains of the norm itself are not
    trained.)
    """

    def __init__(self, channels: int, labels: int, hidden: int, norm: str = CHANNEL) -> None:
        super().__init__()
        self.norm = norm_layer(norm, channels)
        self.norm.gain.requires_grad_(False)
        self.shared = convolution(labels, hidden)
        self.modulation = convolution(hidden, 2 * channels)

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) and labels (N, labels, h, w) -> (N, C, h, w).

        Without padding, labels may be larger, and the result is smaller unless they are larger by ``SEEN`` per side.
        """
        hidden = nn.functional.relu(self.shared(_around(features, labels)), inplace=True)
        gain, shift = self.modulation(hidden).chunk(2, 1)
        made: torch.Tensor = self.norm(trim_to(features, gain)) * (1 + gain) + shift
        return made


def _around(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Crop the labels to those that a norm of these features sees."""
    height, width = (side + 2 * SEEN for side in features.shape[-2:])
    top, left = max(0, labels.shape[-2] - height) // 2, max(0, labels.shape[-1] - width) // 2
    return labels[..., top : labels.shape[-2] - top, left : labels.shape[-1] - left]


class SpadeBlock(nn.Module):
    """features + conv(lrelu(spade(conv(lrelu(spade(features)))))), 3 x 3; a 1 x 1 skip where the channels change."""

    def __init__(self, before: int, after: int, labels: int, hidden: int, norm: str = CHANNEL) -> None:
        super().__init__()
        within = min(before, after)
        self.norms = nn.ModuleList(Spade(channels, labels, hidden, norm) for channels in (before, within))
        self.convolutions = nn.ModuleList((convolution(before, within), convolution(within, after)))
        self.skip = nn.Identity() if before == after else nn.Conv2d(before, after, 1, bias=False)

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Features (N, before, h, w) and labels (N, labels, h, w) -> (N, after, h, w)."""
        made = features
        for norm, layer in zip(self.norms, self.convolutions, strict=True):
            made = layer(nn.functional.leaky_relu(norm(made, labels), 0.2, inplace=True))
        skipped: torch.Tensor = self.skip(trim_to(features, made))
        return skipped + made


class SpadeGenerator(nn.Module):
    """Starts from the labels of every 2^downs-th pixel and doubles the size between residual blocks, up to full size.

    (Park et al. 2019, section 3 and appendix A: 5 doublings and a skip with a norm of its own; a random vector, or one
    computed from an image, may select among several results. Here there is none, since it would have to be the same for
    all of a huge image: a label map always gives the same result, and areas of one label are uniform except near their
    edges.)

    Float (N, 3, h, w) in [-1, 1], a label map, -> the same shape and range; h and w are multiples of 2^downs.

    Args:
        channels: channels at full size; twice as many at half size, and so on.
        downs: number of halvings from full size to the size at which it starts.
        hidden: channels between the labels and the gains and shifts.
        labels: the color of each label (see ``networks.labels``).
        label_names: names of the labels, for display.
        norm: norm of the features, one of ``norms.layers``.
    """

    def __init__(
        self,
        channels: int,
        downs: int,
        hidden: int,
        labels: Sequence[Sequence[int]],
        label_names: Sequence[str] = (),  # noqa: ARG002 - kept in the architecture
        norm: str = CHANNEL,
    ) -> None:
        super().__init__()
        self.labels = Labels(labels)
        counts = [channels * min(2**power, WIDEST) for power in reversed(range(downs + 1))]
        self.head = convolution(len(labels), counts[0])
        self.blocks = nn.ModuleList(
            SpadeBlock(before, after, len(labels), hidden, norm) for before, after in pairwise([counts[0], *counts])
        )
        self.tail = convolution(channels, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> (N, 3, h, w), both in [-1, 1]."""
        labels = self.labels(image)
        steps = [2**power for power in reversed(range(len(self.blocks)))]
        features = self.head(labels[..., :: steps[0], :: steps[0]])
        for number, (block, step) in enumerate(zip(self.blocks, steps, strict=True)):
            if number:
                features = nn.functional.interpolate(features, scale_factor=2)
            features = block(features, labels[..., ::step, ::step])
        return torch.tanh(self.tail(nn.functional.leaky_relu(features, 0.2, inplace=True)))


GENERATORS = {"spade": SpadeGenerator}
