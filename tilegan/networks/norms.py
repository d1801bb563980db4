"""The normalisations that a generator can be made with: the only place that knows them by name."""

from typing import Literal

import torch
from torch import nn

from tilegan.errors import ModelError

CHANNEL: Literal["channel"] = "channel"
INSTANCE: Literal["instance"] = "instance"
FROZEN: Literal["frozen"] = "frozen"
EPSILON = 1e-5  # added to variances, as in Ulyanov et al.'s code and in torch


class Norm(nn.Module):
    """What all of them have: one gain a channel, (1, C, 1, 1), so that weights of one fit the others."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        raise NotImplementedError


def channel_norm(features: torch.Tensor) -> torch.Tensor:
    """Divide each pixel's channels by their root mean square: exact under any tiling. (N, C, h, w) -> the same shape.

    (Zhang and Sennrich, 2019, 'Root Mean Square Layer Normalization', over channels only.)
    """
    # in float32: a CPU's rsqrt of bfloat16 rounds the last values of a tensor in another way than the others
    scale = torch.rsqrt(features.square().mean(1, keepdim=True).float() + 1e-6)
    return features * scale.to(features.dtype)


class ChannelNorm(Norm):
    """``channel_norm``, and a gain for each channel."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        return channel_norm(features) * self.gain


class InstanceNorm(Norm):
    """Give each channel of each image mean 0 and variance 1 over all of its places, then scale it.

    (Ulyanov et al. 2017, 'Improved Texture Networks: Maximizing Quality and Diversity in Feed-forward Stylization and
    Texture Synthesis': the norm of most papers on styles.) It looks at whole images, so that no halo makes windows
    equal to the whole; see ``networks.statistics`` for remedies.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        return nn.functional.instance_norm(features.float(), eps=EPSILON).to(features.dtype) * self.gain


class FrozenNorm(Norm):
    """An instance norm whose statistics are settled: ``(features - mean) * gain``, exact under any tiling.

    The gain holds the learnt gain over the deviation. Until ``settle`` is called the mean is 0 and the gain the learnt
    one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.mean = nn.Parameter(torch.zeros(1, channels, 1, 1), requires_grad=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        return (features - self.mean) * self.gain

    @torch.no_grad()
    def settle(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        """Take over statistics, float64 (C,) each; once."""
        gain = self.gain.double().cpu().flatten() * torch.rsqrt(variance + EPSILON)
        self.mean.copy_(mean.reshape_as(self.mean))
        self.gain.copy_(gain.reshape_as(self.gain))


NORMS: dict[str, type[Norm]] = {CHANNEL: ChannelNorm, INSTANCE: InstanceNorm, FROZEN: FrozenNorm}


def norm_layer(norm: str, channels: int) -> Norm:
    """A normalisation by its name.

    Raises:
        ModelError: there is none of that name.
    """
    if norm not in NORMS:
        raise ModelError(f"no norm '{norm}': there are {', '.join(NORMS)}")
    return NORMS[norm](channels)
