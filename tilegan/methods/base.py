"""The protocol that every training method follows: networks in, a batch in, losses out."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

Losses = dict[str, torch.Tensor]
"""Named scalars, already weighted: their sum is what is minimised."""


@dataclass
class Batch:
    """What one step learns from.

    Attributes:
        source: float (N, 3, 2S, 2S) in [-1, 1], crops of source images; N is this process's part of all.
        target: float (N, 3, 2S, 2S) in [-1, 1], crops of target images, unrelated to ``source``.
        seed: a number of its own for each batch, from which all randomness of the step is drawn.
        first, total: place of the first crop among those of all processes, and the number of these; all randomness is
            drawn for ``total`` crops, so that the parts make up what one process would have done.
        thumbnails: float (N, 3, 64, 64) in [-1, 1], of the images that the sources are crops of; None if not known.
        translated: what ``generator_loss`` made of ``source``, detached; saves ``discriminator_loss`` a pass.
    """

    source: torch.Tensor
    target: torch.Tensor
    seed: int
    first: int
    total: int
    thumbnails: torch.Tensor | None = None
    translated: torch.Tensor | None = None


class Method(Protocol):
    """One way to learn. The trainer minimises ``generator_loss`` and then ``discriminator_loss`` of each batch."""

    def networks(self) -> dict[str, nn.Module]:
        """All networks by name; 'generator' is what inference keeps, 'discriminator' what judges it."""
        ...

    def generator_loss(self, batch: Batch) -> Losses:
        """What the generator minimises; sets ``batch.translated``. The discriminator is frozen meanwhile."""
        ...

    def discriminator_loss(self, batch: Batch) -> Losses:
        """What the discriminator minimises, after ``generator_loss`` of the same batch."""
        ...
