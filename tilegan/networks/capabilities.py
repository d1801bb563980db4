"""Capabilities of generators, which the generators declare themselves."""

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import nn

from tilegan.networks.codes import Codes


@dataclass(frozen=True)
class Capabilities:
    """The options of a generator that must be fixed before it is run in windows, by default none; and its cell.

    A generator declares them in an attribute ``capabilities``. Fixing an option returns a generator without it, whose
    architecture is the same with the named entry empty.

    Attributes:
        context: whether it takes a thumbnail of the whole image, see ``SeesWhole.for_image``; entry ``context``.
        styles: names of its styles, see ``HasStyles.in_style``; entry ``styles``.
        codes: its codes, see ``HasCodes.with_code``; entry ``codes``.
        words: the words that it knows, see ``HasWords.with_text``; entry ``words``.
        looks: number of looks of each label, in its tensor ``looks`` (see ``networks.settle``).
        instances: whether label maps may come with instance maps (see ``images.instances``).
        holes: whether it fills holes: its fourth channel is a mask, above 0 where there is a hole, which it needs.
        noise: whether it has noise, whose seed is the entry ``seed``.
        drifts: whether some of it varies slowly or is drawn out, so that in training it must continue in each tile.
        cell: side of the squares of pixels that it computes from the same features, in pixels. Patterns that repeat
            with the cell are a fault, against which training may use a loss; 1 for none.
        painter: name of the part that may take the weights of a ``ResidualGenerator``, from which training then starts.
    """

    context: bool = False
    styles: tuple[str, ...] = ()
    codes: Codes = field(default_factory=Codes)
    words: tuple[str, ...] = ()
    looks: int = 0
    instances: bool = False
    holes: bool = False
    noise: bool = False
    drifts: bool = False
    cell: int = 1
    painter: str = ""


class SeesWhole(Protocol):
    """A generator with context."""

    def for_image(self, thumbnail: torch.Tensor) -> nn.Module:
        """Return the generator for one image from its thumbnail, float (1, 3, h, w) in [-1, 1]."""
        ...


class HasStyles(Protocol):
    """A generator with several styles."""

    def in_style(self, shares: torch.Tensor) -> nn.Module:
        """Return the generator for one style or a mixture, from shares, float (styles,)."""
        ...


class HasCodes(Protocol):
    """A generator with codes."""

    def with_code(self, values: torch.Tensor) -> nn.Module:
        """Return the generator for values of its codes, float (codes,)."""
        ...


class HasWords(Protocol):
    """A generator that is told in words what to paint like."""

    def with_text(self, bag: torch.Tensor) -> nn.Module:
        """Return the generator for a text, float (words,) (see ``networks.words``), without words."""
        ...

    def fit_palettes(self, bags: torch.Tensor, palettes: torch.Tensor) -> None:
        """Set what words do to colors, from captions (n, words) and palettes (n, 6); see ``Palette.fit``."""
        ...


def capabilities(generator: nn.Module) -> Capabilities:
    """Return the capabilities of a generator."""
    found = getattr(generator, "capabilities", None)
    return found if isinstance(found, Capabilities) else Capabilities()


def drawn_codes(generator: nn.Module, images: torch.Tensor, seed: int, first: int, total: int) -> torch.Tensor | None:
    """Draw the codes of the images (N, ...) of a batch, (N, codes), on their device; None if there are none.

    Args:
        generator: a generator with or without codes.
        images: images from number ``first`` of the batch on.
        seed: seed of the batch.
        first: number of the first image.
        total: number of images of the batch, for all of which codes are drawn.
    """
    codes = capabilities(generator).codes
    return codes.drawn(total, seed)[first : first + len(images)].to(images.device) if codes.values else None
