"""Norms over groups of channels and all positions (group norm, and layer norm of images), settled as instance norms.

(Wu and He 2018, 'Group Normalization'; Ba et al. 2016, 'Layer Normalization'.) Mean and variance of a group follow
from those of its channels, so that the statistics of ``norms`` settle them as well.
"""

import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from tilegan.errors import ModelError
from tilegan.norms.interpolated import Grid
from tilegan.norms.layers import FROZEN, FrozenNorm, InterpolatedNorm, Norm


def of_groups(mean: torch.Tensor, variance: torch.Tensor, groups: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance of the group of each channel, from those of the channels, (C,) each."""
    means, variances = (each.reshape(groups, -1) for each in (mean, variance))
    whole = means.mean(1, keepdim=True)
    spread = (variances + (means - whole).square()).mean(1, keepdim=True)
    return whole.expand_as(means).flatten(), spread.expand_as(means).flatten()


class GroupNorm(Norm):
    """Normalize each group of channels of each image over all positions, then scale each channel."""

    def __init__(self, channels: int, groups: int, epsilon: float) -> None:
        super().__init__(channels, epsilon)
        self.groups = groups

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        normal = F.group_norm(features.float(), self.groups, eps=self.epsilon)
        return normal.to(features.dtype) * self.gain


class FrozenGroupNorm(FrozenNorm):
    """A group norm with the statistics of one image."""

    def __init__(self, channels: int, groups: int, epsilon: float) -> None:
        super().__init__(channels, epsilon)
        self.groups = groups

    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics from those of the channels, float64 (C,) each; call once."""
        super().settle(*of_groups(mean, variance, self.groups), cell)


class InterpolatedGroupNorm(InterpolatedNorm):
    """A group norm with statistics for each cell of an image."""

    def __init__(self, channels: int, grid: Grid, groups: int, epsilon: float) -> None:
        super().__init__(channels, grid, epsilon)
        self.groups = groups

    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics of a cell (row, column) from those of the channels, float64 (C,) each."""
        super().settle(*of_groups(mean, variance, self.groups), cell)


def group_norm(norm: str, channels: int, groups: int, epsilon: float) -> Norm:
    """Create a group norm by the kind of the instance norms of its network (see ``norms.layers.norm_layer``).

    Raises:
        ModelError: the channels cannot be divided into such groups.
    """
    if not 0 < groups <= channels or channels % groups:
        raise ModelError(f"{channels} channels cannot be divided into {groups} groups")
    grid = Grid.named(norm)
    if grid is not None:
        return InterpolatedGroupNorm(channels, grid, groups, epsilon)
    return (FrozenGroupNorm if norm == FROZEN else GroupNorm)(channels, groups, epsilon)
