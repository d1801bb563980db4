"""Forward passes of a generator in training: of whole crops, of crops tile by tile, or of single tiles."""

from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch
from torch import nn

from tilegan.combo import Combo, split_quadrants
from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.conditions import learning_conditions
from tilegan.networks.capabilities import capabilities
from tilegan.networks.noise import PLACES
from tilegan.norms.layers import batch_norms_in_use
from tilegan.tiling.places import Place, placed


def judged(batch: Batch, settings: MethodSettings) -> Batch:
    """Return the batch as the discriminator sees it: whole crops, or each of their tiles as an image of its own."""
    if settings.joined:
        return batch
    source, target = split_quadrants(batch.source), split_quadrants(batch.target)
    thumbnails, styles, codes, captions = (
        None if each is None else each.repeat_interleave(4, 0)
        for each in (batch.thumbnails, batch.styles, batch.codes, batch.captions)
    )
    first, total = 4 * batch.first, 4 * batch.total
    return Batch(source, target, batch.seed, first, total, thumbnails, styles, batch.progress, codes, captions)


def translate(
    generator: nn.Module, batch: Batch, settings: MethodSettings, condition: torch.Tensor | None = None
) -> torch.Tensor:
    """Translate the sources of a batch from ``judged``.

    The first images of the batch are translated whole, as in ``exact`` inference, the others tile by tile, as in
    ``combo`` inference. Batch norms take the statistics of tiles; whole passes use their running averages, as in
    inference.

    Args:
        generator: the generator.
        batch: the batch.
        settings: those of the method.
        condition: what the generator takes beside images, (N, values); None for what follows from the batch.

    Returns:
        float (N, 3, H * scale, W * scale).
    """
    conditions = learning_conditions(generator, batch) if condition is None else (condition,)
    inputs = (batch.source, *conditions)
    if not settings.joined:
        return cast(torch.Tensor, generator(*inputs))
    whole = max(0, whole_of(settings, batch.total) - batch.first)
    if whole == 0:
        return _by_tiles(generator, inputs)
    if whole >= len(batch.source):
        return cast(torch.Tensor, generator(*inputs))
    with batch_norms_in_use(generator):
        output = generator(*(each[:whole] for each in inputs))
    return torch.cat((output, _by_tiles(generator, tuple(each[whole:] for each in inputs))))


def _by_tiles(generator: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    with _somewhere(generator, inputs[0]):
        return cast(torch.Tensor, Combo(generator)(*inputs))


def _somewhere(generator: nn.Module, images: torch.Tensor) -> AbstractContextManager[None]:
    """Return a context that places the tiles of each image side by side at random, for noise that continues in them."""
    has = capabilities(generator)
    if not has.drifts:
        return nullcontext()
    draws = torch.randint(PLACES, (len(images), 3)).tolist()
    offsets = [(down, right) for down in (0, images.shape[2] // 2) for right in (0, images.shape[3] // 2)]
    places = [
        Place(top * has.cell + down, left * has.cell + right, step + 1)
        for top, left, step in draws
        for down, right in offsets
    ]
    return placed(places, (images.shape[2] // 2, images.shape[3] // 2))


def whole_of(settings: MethodSettings, total: int) -> int:
    """Return how many of the images are translated whole: at least one of several unless the share is 0."""
    share = settings.whole_share
    return max(round(share * total), int(share > 0 and total > 1))
