"""The normalization layers of generators, by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.names import BATCH, CHANNEL, INSTANCE
from tilegan.norms.interpolated import Between, Grid, mixed_moments
from tilegan.tiling.places import Shrunk, current_pass

FROZEN: Literal["frozen"] = "frozen"
EPSILON = 1e-5  # added to variances, as in the code of Ulyanov et al. and in torch
BAND = 2**18  # values that interpolated statistics normalize at once: as many rows as fit into CPU caches


class Norm(nn.Module):
    """Base class: one gain per channel, (1, C, 1, 1), so that weights of one norm fit the others."""

    def __init__(self, channels: int, epsilon: float = EPSILON) -> None:
        super().__init__()
        self.epsilon = epsilon  # added to variances
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        raise NotImplementedError


def channel_norm(features: torch.Tensor) -> torch.Tensor:
    """Divide each pixel's channels by their root mean square: exact under any tiling. (N, C, h, w) -> the same shape.

    (Zhang and Sennrich, 2019, 'Root Mean Square Layer Normalization', over channels only.)
    """
    # in float32: on CPUs, rsqrt of bfloat16 rounds the last values of a tensor differently
    scale = torch.rsqrt(features.square().mean(1, keepdim=True).float() + 1e-6)
    return features * scale.to(features.dtype)


class ChannelNorm(Norm):
    """``channel_norm`` with a gain for each channel."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        normal = channel_norm(features)
        return normal * self.gain if torch.is_grad_enabled() else normal.mul_(self.gain)  # without a new tensor


class InstanceNorm(Norm):
    """Normalize each channel of each image to mean 0 and variance 1 over all positions, then scale it.

    (Ulyanov et al. 2017, 'Improved Texture Networks: Maximizing Quality and Diversity in Feed-forward Stylization and
    Texture Synthesis': the norm of most papers on style transfer.) It depends on the whole image, so that no halo makes
    windows equal to the whole; ``norms.statistics`` resolves this.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        # not nn.functional.instance_norm, which refuses a single position, where the result is 0
        normal = torch.instance_norm(features.float(), None, None, None, None, True, 0.0, self.epsilon, True)
        return normal.to(features.dtype) * self.gain


class BatchNorm(Norm):
    """Normalize each channel to mean 0 and variance 1 over all positions of a batch in training, then scale it.

    In inference the statistics are running averages from training, the same for all images: exact under any tiling.
    (Ioffe and Szegedy 2015, 'Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
    Shift'.)
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.mean: torch.Tensor
        self.variance: torch.Tensor
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("variance", torch.ones(1, channels, 1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w); in training more than one value for each channel."""
        if not self.training:
            gain = self.gain.float() * torch.rsqrt(self.variance.float() + EPSILON)
            return (features - self.mean) * gain.to(features.dtype)
        averages = self.mean.flatten(), self.variance.flatten()  # views, which torch updates
        normal = nn.functional.batch_norm(features.float(), *averages, training=True, eps=EPSILON)
        return normal.to(features.dtype) * self.gain


@contextmanager
def batch_norms_in_use(network: nn.Module) -> Iterator[None]:
    """Within the context, batch norms use their running averages, as in inference, without updating them."""
    learning = [layer for layer in network.modules() if isinstance(layer, BatchNorm) and layer.training]
    for layer in learning:
        layer.eval()
    try:
        yield
    finally:
        for layer in learning:
            layer.train()


class SettledNorm(Norm):
    """An instance norm with fixed statistics, of the whole image or of each of its cells."""

    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics of a cell (row, column), float64 (C,) each; call once per cell."""
        raise NotImplementedError


class FrozenNorm(SettledNorm):
    """One cell, the whole image: ``(features - mean) * gain``, exact under any tiling.

    The gain is the learned gain divided by the deviation. Until ``settle`` is called, the mean is 0 and the gain the
    learned one.
    """

    def __init__(self, channels: int, epsilon: float = EPSILON) -> None:
        super().__init__(channels, epsilon)
        self.mean = nn.Parameter(torch.zeros(1, channels, 1, 1), requires_grad=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        return (features - self.mean) * self.gain

    @torch.no_grad()
    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics, float64 (C,) each; call once."""
        assert cell == (0, 0)
        gain = self.gain.double().cpu().flatten() * torch.rsqrt(variance + self.epsilon)
        self.mean.copy_(mean.reshape_as(self.mean))
        self.gain.copy_(gain.reshape_as(self.gain))


class InterpolatedNorm(SettledNorm, Shrunk):
    """An instance norm with statistics for each cell of an image, which are interpolated for each pixel.

    This keeps local contrast, and borders of cells are not visible (see ``norms.interpolated``). It is exact under any
    tiling if the pass has the positions of its windows. A pass without them, which only determines or probes
    dependencies, uses the center of the first cell everywhere.
    """

    def __init__(self, channels: int, grid: Grid, epsilon: float = EPSILON) -> None:
        super().__init__(channels, epsilon)
        self.grid = grid
        shape = (1, channels, grid.rows, grid.columns)
        self.mean = nn.Parameter(torch.zeros(shape), requires_grad=False)
        self.variance = nn.Parameter(torch.ones(shape), requires_grad=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, C, h, w)."""
        running = current_pass()
        if running is None:
            return (features - self.mean[..., :1, :1]) * (self.variance[..., :1, :1] + self.epsilon).rsqrt() * self.gain
        count, channels, height, width = features.shape
        down = Between.of(running, 0, height, self.lost, self.grid)
        across = Between.of(running, 1, width, self.lost, self.grid)
        means, variances = (table.flatten(0, 1) for table in self._columns(across))
        pairs = torch.stack([down.before, down.after]) * count + torch.arange(count)[:, None]
        pairs = pairs.flatten(1)
        share = down.share.reshape(-1, 1, 1).to(features.device)
        # rows of all windows, channels last, as in generators
        values = features.permute(0, 2, 3, 1).reshape(-1, width, channels)
        output = torch.empty_like(values)
        band = max(1, BAND // (width * channels))
        for first in range(0, len(values), band):
            rows = slice(first, first + band)
            between = pairs[:, rows]
            if bool((between == between[:, :1]).all()):
                between = between[:, :1]  # the same cells for all rows, the usual case: nothing is copied
            before, after = between.to(features.device)
            mean, variance = mixed_moments(
                (means[before], means[after]), (variances[before], variances[after]), share[rows]
            )
            gain = variance.rsqrt_().mul_(self.gain.flatten())
            output[rows] = mean.sub_(values[rows]).neg_().mul_(gain)
        return output.reshape(count, height, width, channels).permute(0, 3, 1, 2)

    def _columns(self, across: Between) -> tuple[torch.Tensor, torch.Tensor]:
        """Return means, and variances plus ``epsilon``, of columns for each row of cells, float32 (rows, N, w, C)."""
        before, after, share = (each.to(self.mean.device) for each in across)
        means, variances = (each[0].float().permute(1, 2, 0) for each in (self.mean, self.variance))
        pairs = [(each[:, before], each[:, after]) for each in (means, variances + self.epsilon)]
        return mixed_moments(pairs[0], pairs[1], share[..., None])

    @torch.no_grad()
    def settle(self, mean: torch.Tensor, variance: torch.Tensor, cell: tuple[int, int] = (0, 0)) -> None:
        """Set the statistics of a cell (row, column), float64 (C,) each."""
        self.mean[0, :, cell[0], cell[1]] = mean.to(self.mean)
        self.variance[0, :, cell[0], cell[1]] = variance.to(self.variance)


NORMS: dict[str, type[Norm]] = {CHANNEL: ChannelNorm, INSTANCE: InstanceNorm, BATCH: BatchNorm, FROZEN: FrozenNorm}


def norm_layer(norm: str, channels: int, epsilon: float = EPSILON) -> Norm:
    """Create a normalization layer by its name, or by that of a grid (see ``norms.interpolated.Grid``).

    Args:
        norm: its name.
        channels: number of channels.
        epsilon: added to variances by norms whose statistics are those of an image.

    Raises:
        ModelError: there is no such norm.
    """
    if norm in NORMS:
        made = NORMS[norm](channels)
        made.epsilon = epsilon
        return made
    grid = Grid.named(norm)
    if grid is None:
        raise ModelError(f"no norm '{norm}': there are {', '.join(NORMS)}")
    return InterpolatedNorm(channels, grid, epsilon)
