"""Conditions of a generator in training: vectors that it takes in addition to images."""

import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.networks.context import SIDE, conditions

PART = 48  # side of the crop of a thumbnail that is used, in pixels, to avoid overfitting to whole images
NEUTRAL = 0.1  # share of crops without a thumbnail, so that the generator also works without one


def learning_conditions(generator: nn.Module, batch: Batch) -> tuple[torch.Tensor, ...]:
    """Return the condition vectors (N, values) of the sources of a batch; empty if the generator takes none."""
    if batch.thumbnails is None:
        return conditions(generator, None, batch.styles, batch.codes)
    random = torch.Generator().manual_seed(batch.seed)
    top, left = torch.randint(SIDE - PART + 1, (2,), generator=random).tolist()
    parts = batch.thumbnails[..., top : top + PART, left : left + PART]
    known = torch.rand(batch.total, generator=random)[batch.first : batch.first + len(parts)] >= NEUTRAL
    without = conditions(generator, None, batch.styles, batch.codes)
    return tuple(
        torch.where(known[:, None].to(vectors.device), vectors, without[0] if without else torch.zeros_like(vectors))
        for vectors in conditions(generator, parts, batch.styles, batch.codes)
    )
