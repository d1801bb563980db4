"""What all methods do with a generator while they learn: whole passes, passes tile by tile, or single tiles."""

import torch
from torch import nn

from tilegan.combo import Combo, split_quadrants
from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.conditions import learning_conditions


def judged(batch: Batch, settings: MethodSettings) -> Batch:
    """What a discriminator sees at once: crops, to be joined of tiles, or each of their tiles alone."""
    if settings.joined:
        return batch
    source, target = split_quadrants(batch.source), split_quadrants(batch.target)
    thumbnails, styles = (
        None if each is None else each.repeat_interleave(4, 0) for each in (batch.thumbnails, batch.styles)
    )
    return Batch(source, target, batch.seed, 4 * batch.first, 4 * batch.total, thumbnails, styles, batch.progress)


def translate(generator: nn.Module, batch: Batch, settings: MethodSettings) -> torch.Tensor:
    """Translate the sources of a judged batch.

    The first images of all are translated whole, as ``exact`` inference works, the others tile by tile, as ``combo``
    does.

    Returns:
        float (N, 3, H * scale, W * scale).
    """
    inputs = (batch.source, *learning_conditions(generator, batch))
    if not settings.joined:
        tiles: torch.Tensor = generator(*inputs)
        return tiles
    whole = max(0, round(settings.whole_share * batch.total) - batch.first)
    passes = ((generator, slice(0, whole)), (Combo(generator), slice(whole, None)))
    return torch.cat([run(*(each[part] for each in inputs)) for run, part in passes if len(batch.source[part])])
