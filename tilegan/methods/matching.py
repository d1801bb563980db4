"""Feature matching: generated images should have the discriminator features of their targets, layer by layer."""

from collections.abc import Sequence

import torch
from torch import nn


def feature_matching(
    of_target: Sequence[Sequence[torch.Tensor]], of_translated: Sequence[Sequence[torch.Tensor]]
) -> torch.Tensor:
    """Return the mean over scales and layers i, except the last of each scale, of the mean ``|D_i(b) - D_i(G(a))|``.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', equation 4,
    which sums over layers and scales; the mean does not grow with their number. The last layer is the score, which the
    adversarial loss uses.) No gradient flows to the features of targets.

    Args:
        of_target: for each scale the features of each layer, (N, C_i, h_i, w_i).
        of_translated: likewise, of the same shapes.

    Returns:
        scalar.
    """
    layers = [
        nn.functional.l1_loss(made, real.detach())
        for target, translated in zip(of_target, of_translated, strict=True)
        for real, made in zip(target[:-1], translated[:-1], strict=True)
    ]
    return torch.stack(layers).mean()
