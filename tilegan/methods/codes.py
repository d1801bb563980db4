"""The losses of codes that nobody labels: how much of them can be recovered from a translation.

Source: X. Chen et al. 2016, 'InfoGAN'. The mutual information of codes c and images x = G(c) has the lower bound
``I(c; x) >= H(c) + E log Q(c | x)`` (Barber and Agakov 2003, 'The IM Algorithm'), where Q is a distribution that is
derived from x. The entropy H(c) of the drawn codes is constant, so that the generator minimizes ``-E log Q(c | x)``: a
cross-entropy for categories, and the negative log-likelihood of Gaussian distributions for continuous codes (appendix C
there). Q is fitted to earlier images (see ``networks.code_head``).
"""

import math

import torch
from torch import nn

from tilegan.networks.code_head import Recovered
from tilegan.networks.codes import CATEGORY, Codes


def category_loss(scores: torch.Tensor, categories: torch.Tensor) -> torch.Tensor:
    """Return ``mean -log Q(k | x)``: scores (N, K), logits, and one-hot categories (N, K) -> scalar, in nats.

    It is log K if nothing is recovered, and 0 if everything is.
    """
    return -(categories * nn.functional.log_softmax(scores, 1)).sum(1).mean()


def continuous_loss(recovered: Recovered, values: torch.Tensor) -> torch.Tensor:
    """Return ``mean ((c - m) / s)^2 / 2 + log s + log(2 pi) / 2``, where m and s are recovered from images.

    Args:
        recovered: means m and deviations s, float (N, n).
        values: codes c, float (N, n).

    Returns:
        scalar, in nats per code: 0.87 if nothing is recovered (m = 0, s = 3^-0.5), and below 0 for narrow densities.
    """
    errors = (values - recovered.means) / recovered.deviations
    densities = errors.square() / 2 + recovered.deviations.log() + math.log(2 * math.pi) / 2
    return densities.mean()


def code_loss(codes: Codes, recovered: Recovered, values: torch.Tensor) -> torch.Tensor:
    """Return ``-E log Q(c | x)`` of drawn codes (N, values): the sum over the kinds of codes, a scalar in nats."""
    free, categories = values[:, : codes.continuous], values[:, codes.continuous :]
    loss = values.new_zeros(())
    if codes.continuous:
        loss = loss + codes.continuous * continuous_loss(recovered, free)
    if codes.categorical:
        loss = loss + category_loss(recovered.scores, categories)
    return loss


def recovery(codes: Codes, recovered: Recovered, values: torch.Tensor) -> dict[str, float]:
    """Return how well codes (N, values) were recovered, by name.

    Returns:
        ``recovered_c0``, ...: correlation of drawn and recovered values of each continuous code, 0 if one is constant;
        ``recovered_k``: share of recovered categories.
    """
    found = {}
    for number in range(codes.continuous):
        pair = torch.stack((values[:, number], recovered.means[:, number]))
        correlation = float(torch.corrcoef(pair)[0, 1])
        found[f"recovered_c{number}"] = correlation if math.isfinite(correlation) else 0.0
    if codes.categorical:
        same = recovered.scores.argmax(1) == values[:, codes.continuous :].argmax(1)
        found[f"recovered_{CATEGORY}"] = float(same.float().mean())
    return found
