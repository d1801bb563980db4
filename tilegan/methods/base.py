"""The protocol that every training method follows: networks in, a batch in, losses out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.errors import SettingError

# Targets have nothing to do with sources, show what these show, or are what these are reductions of.
UNPAIRED, PAIRED, REDUCED = EXAMPLES = ("unpaired", "paired", "reduced")

# Whether sources are label maps, whose colors a generator turns to labels (see ``networks.labels``).
NO_LABELS, MAY_BE_LABELS, LABELS = ("no", "may", "must")

Losses = dict[str, torch.Tensor]
"""Named scalars, already weighted: their sum is what is minimized."""

_BEFORE = "before"


def before(value: float) -> dict[str, float]:
    """Marks, among a method's settings, a new one: what trainings that knew nothing of it had in effect."""
    return {_BEFORE: value}


def completed(kind: type["MethodSettings"], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of some settings, by name, with those of before for new ones that are missing."""
    return {entry.name: entry.metadata[_BEFORE] for entry in fields(kind) if _BEFORE in entry.metadata} | dict(values)


FITTED = {"fitted": True}  # marks, among a method's settings, what is fitted to the images: nobody gives it

Colors = NDArray[np.uint8]
"""Many colors, sRGB levels (n, 3)."""


@dataclass
class Batch:
    """What one step learns from.

    Attributes:
        source: float (N, C, 2S, 2S) in [-1, 1], crops of source images; N is this process's part of all. C is 3, 1 for
            generators of shades of gray, or 5 for those of label maps with instances.
        target: float (N, 3, 2S * scale, 2S * scale) in [-1, 1], crops of target images; of methods that learn from
            pairs, at the same places as ``source``. The generator's scale is 1 but of those that learn from reductions.
        seed: a number of its own for each batch, from which all randomness of the step is drawn.
        first, total: place of the first crop among those of all processes, and the number of these; all randomness is
            drawn for ``total`` crops, so that the parts make up what one process would have done.
        thumbnails: float (N, 3, 64, 64) in [-1, 1], of the images that the sources are crops of; None if not known.
        styles: float (N, styles), one of them 1, those of the targets, in which sources are to be translated; None if
            there is but one.
        progress: share of the training that is done, in [0, 1), for methods that learn in phases.
        made: what ``generator_loss`` made of the crops, detached, by name; saves ``discriminator_loss`` the passes.
    """

    source: torch.Tensor
    target: torch.Tensor
    seed: int
    first: int
    total: int
    thumbnails: torch.Tensor | None = None
    styles: torch.Tensor | None = None
    progress: float = 0.0
    made: dict[str, torch.Tensor] = field(default_factory=dict)

    def of(self, images: torch.Tensor) -> "Batch":
        """The same with other images, (N, 3, 2S, 2S), for sources; nothing is known of what these are parts of."""
        return replace(self, source=images, thumbnails=None)


@dataclass(frozen=True)
class MethodSettings:
    """Numbers that every method has; each adds its own.

    Attributes:
        joined: whether the discriminator sees joined crops, as the Combo trick has it. False shows it each S x S tile
            alone, so that nobody looks at edges: to compare.
        whole_share: share of each batch translated as whole 2S x 2S crops, at least one of several if it is not 0; the
            others pass tile by tile (Combo).

    Raises:
        SettingError: a number cannot work.
    """

    joined: bool = True
    whole_share: float = 0.25

    def __post_init__(self) -> None:
        """Check the numbers."""
        self.check(0 <= self.whole_share <= 1, f"whole share must be from 0 to 1, not {self.whole_share}")

    def fitted(self, colors: Callable[[], tuple[Colors, list[Colors]]]) -> Self:  # noqa: ARG002
        """These settings, with what they take from the images before any learning: of most methods, nothing.

        Args:
            colors: reads mean colors of small parts of the sources, and of the targets of each style.
        """
        return self

    def unfitted(self) -> Self:
        """These settings as they were chosen, without what ``fitted`` has added."""
        return self

    def check_weights(self, *names: str) -> None:
        """Raise a ``SettingError`` unless each of these numbers is finite and 0 or more."""
        for name in names:
            value = getattr(self, name)
            self.check(0 <= value < inf, f"{name.replace('_', ' ')} must be 0 or more, not {value}")

    @staticmethod
    def check(holds: bool, message: str) -> None:
        """Raise a ``SettingError`` with the message, unless what it asks for holds."""
        if not holds:
            raise SettingError(message)


class Method(Protocol):
    """One way to learn. The trainer minimizes ``generator_loss`` and then ``discriminator_loss`` of each batch.

    Attributes:
        name: by which it is chosen.
        needs: the images that it learns from, in words.
        examples: the same for the program: one of ``EXAMPLES``.
        styles: whether one model can learn several styles.
        rests: whether some weights of the generator's losses do not learn at times: processes must not wait for their
            gradients.
        labels: whether its sources are label maps: "no", they "may" be (then its generator takes a table, ``labels``,
            and its discriminator sees one plane a label in place of the source's three colors), or they "must" be.
        instances: whether label maps may come with maps of instances (then its generator takes ``instances``).
        paper: where it is from.
        settings_type: its own numbers, with defaults.
        architectures: of a generator and a discriminator, the defaults.
        rates: Adam's for the generator and for the discriminator, the defaults.
        betas: Adam's two decay rates, the defaults.
        sides: tile size and short side, the defaults, in pixels.
        generator: what inference keeps.
    """

    name: ClassVar[str]
    needs: ClassVar[str]
    examples: ClassVar[str]
    styles: ClassVar[bool]
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
        """The method with new networks of these architectures, and numbers of its ``settings_type``."""
        ...

    def networks(self) -> dict[str, nn.Module]:
        """Two: all that 'generator' losses train, and all that 'discriminator' losses do."""
        ...

    def generator_loss(self, batch: Batch) -> Losses:
        """What the generator minimizes; fills ``batch.made``. The discriminator is frozen meanwhile."""
        ...

    def discriminator_loss(self, batch: Batch) -> Losses:
        """What the discriminator minimizes, after ``generator_loss`` of the same batch."""
        ...

    def finish(self, generator: nn.Module) -> None:
        """Give a copy of ``generator``, with averaged weights, what it needs beside them before it is kept."""
        ...
