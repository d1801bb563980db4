"""Recovery of the codes of a generator from its images."""

from dataclasses import dataclass

import torch
from torch import nn

from tilegan.networks.codes import Codes

LEAST_DEVIATION = 0.25  # of a recovered code: more precision would be won by ever larger effects, and a code that is
# found first would be worth more than all others
NOISE = 0.25  # of changes of statistics: codes whose effects are smaller, which are hardly visible, are not recovered
REMEMBERED = 512  # paintings from which codes are recovered: the few of one step are not enough to find what differs
FEWEST = 32  # paintings without which nothing is recovered


class CodeHead(nn.Module):
    """Recovers codes from the change of statistics of frozen features, from a painting with default codes to another.

    Both are of the same source: how paintings of different sources differ hides the effects that codes have at first.
    Then nothing would be recovered from them, and a code from which nothing is recovered learns no effect. (The bound
    of InfoGAN holds given the source as well, since codes are drawn independently of it.) Statistics have no positions:
    codes have to control the manner of painting and not the content. Since any change would be enough without noise,
    there is some.

    Codes are recovered by the linear map with the least squares on the latest paintings, their statistics with noise:
    ridge regression, whose penalty is the variance of the noise (Bishop 1995, 'Training with Noise is Equivalent to
    Tikhonov Regularization'). How precise it is on other paintings is known from leaving out each of them in turn. (A
    network that was trained on them told them apart far better than new ones.)
    """

    rows: torch.Tensor
    values: torch.Tensor
    count: torch.Tensor

    def __init__(self, codes: Codes, statistics: int) -> None:
        super().__init__()
        self.codes = codes
        self.register_buffer("rows", torch.zeros(REMEMBERED, statistics))
        self.register_buffer("values", torch.zeros(REMEMBERED, codes.values))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))  # of all so far

    @torch.no_grad()
    def remember(self, statistics: torch.Tensor, values: torch.Tensor) -> None:
        """Replace the oldest entries by statistics (N, values) and their codes (N, codes)."""
        places = (int(self.count) + torch.arange(len(statistics), device=self.rows.device)) % REMEMBERED
        self.rows[places], self.values[places] = statistics.float(), values.float()
        self.count += len(statistics)

    def forward(self, statistics: torch.Tensor, seed: int) -> "Recovered":
        """Recover codes from statistics (N, values), from ``changed_statistics``, with noise from a seed."""
        count, free = len(statistics), self.codes.continuous
        if self.count < FEWEST:
            unknown = statistics.new_zeros(count, self.codes.values).float()
            return Recovered(unknown[:, :free], unknown[:, :free] + 3**-0.5, unknown[:, free:])
        random = torch.Generator().manual_seed(seed)
        noise = NOISE * torch.randn(statistics.shape, generator=random).to(statistics.device)
        with torch.autocast(statistics.device.type, enabled=False):
            fit = self.fitted()
            found = fit.values + (statistics.float() + noise - fit.statistics) @ fit.weights
        deviations = fit.variances[:free].sqrt().clamp(min=LEAST_DEVIATION).expand(count, -1)
        # as for Gaussian distributions around one-hot vectors: their sum is known, so that there is one dimension less
        common = fit.variances[free:].sum() / max(1, self.codes.categorical - 1)
        return Recovered(found[:, :free], deviations, found[:, free:] / common.clamp(min=LEAST_DEVIATION**2))

    @torch.no_grad()
    def fitted(self) -> "Fit":
        """Fit codes to the statistics of all paintings that are remembered; at least two."""
        known = min(int(self.count), REMEMBERED)
        rows, values = self.rows[:known], self.values[:known]
        middle, center = rows.mean(0), values.mean(0)
        penalty = known * NOISE**2
        inverse = torch.linalg.inv((rows - middle) @ (rows - middle).T + penalty * torch.eye(known).to(rows))
        solved = inverse @ (values - center)
        weights = (rows - middle).T @ solved
        # errors are penalty * solved; that of a painting grows by 1 / (1 - leverage) when it is left out
        errors = penalty * solved / (penalty * inverse.diagonal() - 1 / known)[:, None]
        variances = errors.square().mean(0) + NOISE**2 * weights.square().sum(0)
        return Fit(middle, center, weights, variances)


@dataclass(frozen=True)
class Fit:
    """A linear map from statistics to codes: ``values + (x - statistics) @ weights``.

    Attributes:
        statistics: float32 (statistics,), mean of the paintings.
        values: float32 (codes,), mean of their codes.
        weights: float32 (statistics, codes).
        variances: float32 (codes,), mean squared errors for other paintings, with noise.
    """

    statistics: torch.Tensor
    values: torch.Tensor
    weights: torch.Tensor
    variances: torch.Tensor


@dataclass(frozen=True)
class Recovered:
    """Distributions of codes that a head derives from images.

    Attributes:
        means: float32 (N, continuous), means of Gaussian distributions.
        deviations: float32 (N, continuous), their standard deviations.
        scores: float32 (N, categorical), logits of the categories.
    """

    means: torch.Tensor
    deviations: torch.Tensor
    scores: torch.Tensor


def changed_statistics(sources: list[torch.Tensor], translations: list[torch.Tensor]) -> torch.Tensor:
    """Return how means and deviations of channels change, relative to the deviations, so that all weigh alike.

    Args:
        sources: frozen features of images, (N, C, h, w) each.
        translations: the same of the images that they became.

    Returns:
        float32 (N, 2 x all channels): differences of means, divided by the deviation of both images together, and
            logarithms of the ratios of deviations.
    """
    parts = []
    for before, after in zip(sources, translations, strict=True):
        moved = after.float().mean((2, 3)) - before.float().mean((2, 3))
        first, second = (each.float().var((2, 3)) + 1e-6 for each in (before, after))
        parts += [moved / (first + second).sqrt(), (second / first).log() / 2]
    return torch.cat(parts, 1)
