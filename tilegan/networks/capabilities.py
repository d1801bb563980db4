"""What a generator can be given beside an image, said by itself: nobody asks for its class."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn


@dataclass(frozen=True)
class Capabilities:
    """What there is to be settled before a generator is run in windows; one that does not say has nothing of it.

    A generator says it by an attribute ``capabilities``. What settles it gives a generator without that choice, whose
    architecture is the same with the named entry put to nothing.

    Attributes:
        context: whether it looks at a thumbnail of the whole image, by a ``SeesWhole.for_image``; entry ``context``.
        styles: names of those to choose from, by a ``HasStyles.in_style``; entry ``styles``.
        looks: how many looks each label has to choose from, in its tensor ``looks`` (see ``networks.settle``).
        instances: whether label maps may come with maps of instances (see ``images.instances``).
        noise: whether it has noise, which the entry ``seed`` chooses.
    """

    context: bool = False
    styles: tuple[str, ...] = ()
    looks: int = 0
    instances: bool = False
    noise: bool = False


class SeesWhole(Protocol):
    """A generator with context."""

    def for_image(self, thumbnail: torch.Tensor) -> nn.Module:
        """The generator for one image, of a thumbnail: float (1, 3, h, w) in [-1, 1]."""
        ...


class HasStyles(Protocol):
    """A generator of several styles."""

    def in_style(self, shares: torch.Tensor) -> nn.Module:
        """The generator for one style or a mixture, of shares: float (styles,)."""
        ...


def capabilities(generator: nn.Module) -> Capabilities:
    """What a generator can be given beside an image."""
    found = getattr(generator, "capabilities", None)
    return found if isinstance(found, Capabilities) else Capabilities()
