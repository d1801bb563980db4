"""The protocol of training methods: networks and a batch in, losses out."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.methods.settings import MethodSettings as MethodSettings  # where it is imported from, as well

# Targets are unrelated to sources, show the same scene, or are the images that sources are reductions of, or the same
# with holes in them.
UNPAIRED, PAIRED, REDUCED, HOLED = EXAMPLES = ("unpaired", "paired", "reduced", "holed")
ALONE = (REDUCED, HOLED)  # sources are made of the images of one folder

# Whether sources are label maps, whose colors the generator converts to labels (see ``networks.labels``).
NO_LABELS, MAY_BE_LABELS, LABELS = ("no", "may", "must")

Losses = dict[str, torch.Tensor]
"""Named scalars, already weighted: their sum is minimized."""

Colors = NDArray[np.uint8]
"""Colors, 8-bit sRGB values (n, 3)."""


@dataclass
class Batch:
    """The inputs of one training step.

    Attributes:
        source: float (N, C, 2S, 2S) in [-1, 1], crops of source images; N is the number of crops of this process. C is
            3, 1 for grayscale generators, 4 for images with holes and their mask, or 5 for label maps with instances.
        target: float (N, 3, 2S * scale, 2S * scale) in [-1, 1], crops of target images; for methods that learn from
            pairs, at the same positions as ``source``. The generator's scale is 1 except for methods that learn from
            reductions.
        seed: a different number for each batch, from which all randomness of the step is drawn.
        first, total: index of the first crop among those of all processes, and their number; all randomness is drawn
            for ``total`` crops, so that the parts are equal to the batch of a single process.
        thumbnails: float (N, 3, 64, 64) in [-1, 1], of the images that the sources were cropped from; None if unknown.
        styles: float (N, styles), one-hot: the styles of the targets, into which the sources are translated; None if
            there is only one style.
        progress: completed share of the training, in [0, 1), for methods that train in phases.
        codes: float (N, codes), values of the generator's codes, drawn for each crop; None if it has none.
        captions: float (N, 1 + K, words), texts as vectors (see ``networks.words``): for each target one of its own,
            and K of other targets; None without captions.
        made: detached outputs of ``generator_loss`` by name, so that ``discriminator_loss`` need not compute them
            again.
    """

    source: torch.Tensor
    target: torch.Tensor
    seed: int
    first: int
    total: int
    thumbnails: torch.Tensor | None = None
    styles: torch.Tensor | None = None
    progress: float = 0.0
    codes: torch.Tensor | None = None
    captions: torch.Tensor | None = None
    made: dict[str, torch.Tensor] = field(default_factory=dict)

    def of(self, images: torch.Tensor) -> "Batch":
        """Return the batch with ``images`` (N, 3, 2S, 2S) as sources, without thumbnails."""
        return replace(self, source=images, thumbnails=None)


class Method(Protocol):
    """A training method. For each batch the trainer minimizes ``generator_loss``, then ``discriminator_loss``.

    Attributes:
        name: name by which the method is selected.
        needs: the images that it learns from, as text.
        examples: the kind of these images: one of ``EXAMPLES``.
        styles: whether one model can learn several styles.
        codes: whether its generator may have codes (see ``networks.codes``); then it is ``RecoversCodes``.
        captions: whether it learns from captions of the targets (then its generator takes ``words``, and it is
            ``JudgesCaptions``).
        rests: whether some weights receive no gradients in some phases, so that processes must not wait for them.
        labels: whether its sources are label maps: "no", "may" (then its generator takes a table, ``labels``, and its
            discriminator sees one plane per label in place of the three color channels), or "must".
        instances: whether label maps may come with instance maps (then its generator takes ``instances``).
        paper: the publication that it implements.
        settings_type: its hyperparameters, with defaults.
        architectures: default architectures of generator and discriminator.
        rates: default learning rates of Adam for generator and discriminator.
        betas: default decay rates of Adam.
        sides: default tile size and short side, in pixels.
        generator: the network that inference uses.
    """

    name: ClassVar[str]
    needs: ClassVar[str]
    examples: ClassVar[str]
    styles: ClassVar[bool]
    codes: ClassVar[bool]
    captions: ClassVar[bool]
    rests: ClassVar[bool]
    labels: ClassVar[str]
    instances: ClassVar[bool]
    paper: ClassVar[str]
    settings_type: ClassVar[type[MethodSettings]]
    architectures: ClassVar[tuple[dict[str, Any], dict[str, Any]]]
    rates: ClassVar[tuple[float, float]]
    betas: ClassVar[tuple[float, float]]
    sides: ClassVar[tuple[int, int]]
    generator: nn.Module

    @classmethod
    def build(cls, settings: Any, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """Build the method with new networks of the given architectures and settings of its ``settings_type``."""
        ...

    def networks(self) -> dict[str, nn.Module]:
        """Return two modules by name: 'generator' and 'discriminator', with all that the losses of each train."""
        ...

    def generator_loss(self, batch: Batch) -> Losses:
        """Return the generator's losses and fill ``batch.made``. The discriminator is frozen meanwhile."""
        ...

    def discriminator_loss(self, batch: Batch) -> Losses:
        """Return the discriminator's losses, none if it is not used; called after ``generator_loss`` of the batch."""
        ...

    def finish(self, generator: nn.Module) -> None:
        """Add to ``generator``, a copy with averaged weights, the other state that it needs before it is saved."""
        ...


class RecoversCodes(Protocol):
    """A training method that learns codes."""

    def recovered(self, plain: torch.Tensor, translated: torch.Tensor, codes: torch.Tensor) -> dict[str, float]:
        """Return how well codes are recovered from translations of crops, by name, for metrics.

        Args:
            plain: float (N, 3, h, w) in [-1, 1], translations of crops with default codes.
            translated: likewise, with other codes.
            codes: float (N, codes), the codes with which they were made.
        """
        ...


class JudgesCaptions(Protocol):
    """A training method that learns from captions."""

    def matches(self, images: torch.Tensor, bags: torch.Tensor, progress: float) -> torch.Tensor:
        """Return how well captions match images, unbounded, float (N, M), for metrics.

        Args:
            images: float (N, 3, h, w) in [-1, 1].
            bags: float (M, words), captions.
            progress: completed share of the training.
        """
        ...
