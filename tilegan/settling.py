"""Options of a generator that are selected, or fixed for an image, before it is run in windows."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import nn

from tilegan.devices import CPU, precision_name
from tilegan.errors import SettingError, TileganWarning
from tilegan.geometry import Pixels
from tilegan.networks.capabilities import capabilities
from tilegan.networks.codes import CATEGORY, Codes
from tilegan.networks.looks import chosen_looks
from tilegan.networks.settle import for_image, in_look, in_style, with_code, with_frozen_norms, with_seed, with_text
from tilegan.networks.styles import style_weights
from tilegan.networks.words import Vocabulary, words_of
from tilegan.norms.interpolated import Grid
from tilegan.norms.layers import FROZEN
from tilegan.proven import Proven

SOME = 12  # words that are named where a text has none of those that are known


@dataclass(frozen=True)
class Choices:
    """The selected options of a generator.

    Attributes:
        style: share of each style, see ``Settling.in_style``.
        seed: seed of the noise, see ``Settling.seeded``; None for that of the training.
        looks: looks of labels and instances, see ``Settling.in_look``.
        look_seed: likewise.
        instances: whether there are instance maps.
        mask: whether there are masks of holes.
        code: values of codes, see ``Settling.with_code``.
        text: words that say how to paint, see ``Settling.with_text``.
    """

    style: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    looks: Mapping[int | str, int] = field(default_factory=dict)
    look_seed: int | None = None
    instances: bool = False
    mask: bool = False
    code: Mapping[str, float] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Settling(Proven):
    """A contract whose generator may have options; fixing one returns a copy whose generator no longer has it."""

    def settled(self, choices: Choices, thumbnail: Callable[[], Pixels] | None = None) -> Self:
        """Return the translator with all options fixed, except statistics of norms.

        Args:
            choices: the selected options.
            thumbnail: returns the image or a reduced copy of it, (h, w, 3); called if the generator has context. None
                for no context.

        Raises:
            SettingError: an option or its value does not exist, or no style is selected.
        """
        made = self.in_style(choices.style).with_code(choices.code).with_text(choices.text)
        if choices.seed is not None:
            made = made.seeded(choices.seed)
        if choices.instances and not made.takes_instances:
            raise SettingError(f"the model '{made.name}' was trained without instance maps: leave them out")
        if choices.mask and not made.fills:
            raise SettingError(f"the model '{made.name}' fills no holes: leave the mask out, or choose one that does")
        if made.fills and not choices.mask:
            raise SettingError(f"the model '{made.name}' fills holes: give the mask that is white in them, --mask")
        made = made.in_look(choices.looks, choices.look_seed)
        return made.for_image(thumbnail()) if thumbnail is not None and made.looks_at_whole else made

    @property
    def looks_at_whole(self) -> bool:
        """Return whether the generator has context from the whole image (see ``for_image``)."""
        return capabilities(self.generator).context

    @property
    def styles(self) -> tuple[str, ...]:
        """Return the names of the styles (see ``in_style``); empty if there is only one."""
        return capabilities(self.generator).styles

    def for_image(self, pixels: Pixels) -> Self:
        """Return the translator for one image, whose context is fixed for all windows.

        Args:
            pixels: uint8 or uint16 (h, w, 3), the image or a reduced copy of it.

        Returns:
            A translator without context, or itself if the generator has none.
        """
        if not self.looks_at_whole:
            return self
        return self._made_plain(*for_image(self.architecture, self.weights(), pixels))

    def in_style(self, shares: Mapping[str, float]) -> Self:
        """Return the translator for one of its styles, or a mixture of them.

        Args:
            shares: shares by style, with any sum above 0; empty if it has only one style, or for that of its name.

        Raises:
            SettingError: it has no such style, none is selected, or a share is invalid.
        """
        if not self.styles:
            if shares:
                raise SettingError(f"the model '{self.name}' has only one style: leave out {', '.join(shares)}")
            return self
        shares = shares or ({self.chosen_style: 1.0} if self.chosen_style else {})
        return self._made_plain(
            *in_style(self.architecture, self.weights(), style_weights(self.styles, shares, self.name))
        )

    @property
    def codes(self) -> Codes:
        """Return the codes (see ``with_code``); without any values if there are none."""
        return capabilities(self.generator).codes

    def with_code(self, given: Mapping[str, float]) -> Self:
        """Return the translator for values of its codes, which vary the manner of painting.

        A ``TileganWarning`` tells of values that the training did not draw.

        Args:
            given: values by name: continuous ones, c0, c1, ..., from -2 to 2 (trained from -1 to 1), and the category,
                k, from 0; those that are not named are 0 and the first category.

        Raises:
            SettingError: it has no such code, or a value is invalid.
        """
        if not self.codes.values:
            if given:
                names = ", ".join(given)
                raise SettingError(f"the model '{self.name}' was trained without codes: leave out {names}")
            return self
        chosen = self.codes.chosen(given, self.name)
        for name, value in given.items():
            if name != CATEGORY and abs(value) > 1:
                message = f"code {name}={value:g}: beyond what was trained, -1 to 1: the effect is extrapolated"
                warnings.warn(message, TileganWarning, stacklevel=2)
        return self._made_plain(*with_code(self.architecture, self.weights(), chosen))

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the words that it knows (see ``with_text``); none if it was trained without captions."""
        return Vocabulary(capabilities(self.generator).words)

    def with_text(self, text: str) -> Self:
        """Return the translator that paints as a text says, in the words of the captions that it was trained with.

        A ``TileganWarning`` tells of words that it does not know, which have no effect.

        Args:
            text: the words, in any order; '' for none, which gives the middle of all texts.

        Raises:
            SettingError: it was trained without captions, or knows none of the words.
        """
        known = self.vocabulary
        if not known.words:
            if text:
                raise SettingError(f"the model '{self.name}' was trained without captions: leave out the text")
            return self
        bag, unknown = known.bag(text), known.unknown(text)
        if words_of(text) and not bag.any():
            some = ", ".join(known.words[:: -(-len(known.words) // SOME)])
            raise SettingError(f"the model '{self.name}' knows no word of '{text}': it knows words such as {some}")
        if unknown:
            listed = ", ".join(unknown)
            message = f"the model '{self.name}' does not know {listed}: without effect; tilegan info lists its words"
            warnings.warn(message, TileganWarning, stacklevel=2)
        return self._made_plain(*with_text(self.architecture, self.weights(), bag))

    def seeded(self, seed: int) -> Self:
        """Return the translator with another seed of noise, 0 or more, which gives another painting of the same image.

        Raises:
            SettingError: its generator has no noise.
        """
        if not capabilities(self.generator).noise:
            raise SettingError(f"the model '{self.name}' has no noise: leave out the seed")
        seeded = self._made_plain(*with_seed(self.architecture, self.weights(), seed))
        return replace(seeded, proof=self.proof)  # independent of noise

    def frozen(self, precision: str = "", grid: Grid | None = None) -> Self:
        """Return the translator with frozen norms without statistics, which is bounded.

        Args:
            precision: name of the dtype; by default its own.
            grid: grid of cells with their own statistics; None for statistics of the whole image.
        """
        norm = FROZEN if grid is None else grid.name
        network, architecture = with_frozen_norms(self.architecture, self.weights(), norm)
        made = self.of(network, architecture, self.tile_size, name=self.name, facts=self.facts)
        return made.place(str(self.device), precision or precision_name(self.precision), self.backend)

    @property
    def looks(self) -> int:
        """Return the number of looks of each label of a label map (see ``in_look``); 0 if there is no choice."""
        return capabilities(self.generator).looks

    @property
    def takes_instances(self) -> bool:
        """Return whether label maps may come with instance maps (see ``images.instances``)."""
        return capabilities(self.generator).instances

    @property
    def fills(self) -> bool:
        """Return whether it fills holes, whose mask it needs: its fourth channel."""
        return capabilities(self.generator).holes

    def in_look(self, chosen: Mapping[int | str, int], seed: int | None = None) -> Self:
        """Return the translator with one look for each label, and for instances that are selected by number.

        Args:
            chosen: indices of looks, from 0, by label (index, from 0, or name) and by instance ('#17'), which take
                precedence over labels.
            seed: seed for drawing the looks of other instances and labels; None for their first, most frequent looks.

        Raises:
            SettingError: it has no such label or look, or no looks at all.
        """
        if not chosen and seed is None:
            return self
        if not self.looks:
            raise SettingError(f"the model '{self.name}' has no looks to choose from: leave out --look and --look-seed")
        looks = chosen_looks(self.architecture, chosen, seed, self.name)
        return self._made_plain(*in_look(self.architecture, self.weights(), looks))

    def _made_plain(self, generator: nn.Module, architecture: dict[str, Any]) -> Self:
        made = replace(self, generator=generator, architecture=architecture, device=CPU, precision=torch.float32)
        return replace(made, state=None, proof=None).place(str(self.device), precision_name(self.precision))
