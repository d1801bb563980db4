"""What a generator is told beside its image while it learns."""

import torch
from torch import nn

from tilegan.methods.base import Batch
from tilegan.networks.context import SIDE, conditions

PART = 48  # side of the part of a thumbnail that is seen, in pixels: so whole images are not learned by heart
NEUTRAL = 0.1  # share of crops whose image is not told, so that the generator can also do without


def learning_conditions(generator: nn.Module, batch: Batch) -> tuple[torch.Tensor, ...]:
    """What a generator takes beside the sources of a batch: vectors (N, values), or nothing if it wants none."""
    if batch.thumbnails is None:
        return conditions(generator, None, batch.styles)
    random = torch.Generator().manual_seed(batch.seed)
    top, left = torch.randint(SIDE - PART + 1, (2,), generator=random).tolist()
    parts = batch.thumbnails[..., top : top + PART, left : left + PART]
    told = torch.rand(batch.total, generator=random)[batch.first : batch.first + len(parts)] >= NEUTRAL
    silent = conditions(generator, None, batch.styles)
    return tuple(
        torch.where(told[:, None].to(vectors.device), vectors, silent[0] if silent else torch.zeros_like(vectors))
        for vectors in conditions(generator, parts, batch.styles)
    )
