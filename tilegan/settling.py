"""What is chosen of a generator, or settled for an image, before any window is cut."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import nn

from tilegan.devices import CPU, precision_name
from tilegan.errors import SettingError
from tilegan.geometry import Pixels
from tilegan.networks.capabilities import capabilities
from tilegan.networks.looks import chosen_looks
from tilegan.networks.settle import for_image, in_look, in_style, with_frozen_norms, with_seed
from tilegan.networks.styles import mixture
from tilegan.norms.interpolated import Grid
from tilegan.norms.layers import FROZEN
from tilegan.proven import Proven


@dataclass(frozen=True)
class Choices:
    """What is wanted of a generator that leaves a choice.

    Attributes:
        style: by style the share that is wanted, see ``Settling.in_style``.
        seed: chooses the noise, see ``Settling.seeded``; None for that of the training.
        looks: of labels and instances, see ``Settling.in_look``.
        look_seed: likewise.
        instances: whether there are maps of instances.
    """

    style: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    looks: Mapping[int | str, int] = field(default_factory=dict)
    look_seed: int | None = None
    instances: bool = False


@dataclass(frozen=True)
class Settling(Proven):
    """A contract whose generator may leave choices; each is settled in a copy whose generator is like any other."""

    def settled(self, choices: Choices, thumbnail: Callable[[], Pixels] | None = None) -> Self:
        """The translator without any choice left, but for statistics of norms.

        Args:
            choices: what is wanted.
            thumbnail: the image it is for, or a reduced copy of it, (h, w, 3): called if its generator looks at the
                whole image; without, it is as for none.

        Raises:
            SettingError: it has nothing to choose from, or not what was chosen, or none is chosen of its styles.
        """
        made = self.in_style(choices.style)
        if choices.seed is not None:
            made = made.seeded(choices.seed)
        if choices.instances and not made.takes_instances:
            raise SettingError(f"the model '{made.name}' was trained without instance maps: leave them out")
        made = made.in_look(choices.looks, choices.look_seed)
        return made.for_image(thumbnail()) if thumbnail is not None and made.looks_at_whole else made

    @property
    def looks_at_whole(self) -> bool:
        """Whether the generator wants to be told of the whole image (see ``for_image``)."""
        return capabilities(self.generator).context

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the styles to choose from (see ``in_style``); none if there is but one."""
        return capabilities(self.generator).styles

    def for_image(self, pixels: Pixels) -> Self:
        """The translator for one image: what its generator sees of the whole image is settled, for all windows alike.

        Args:
            pixels: uint8 or uint16 (h, w, 3), the image or a reduced copy of it.

        Returns:
            A translator without context, or itself if the generator wants none.
        """
        if not self.looks_at_whole:
            return self
        return self._made_plain(*for_image(self.architecture, self.weights(), pixels))

    def in_style(self, shares: Mapping[str, float]) -> Self:
        """The translator for one of its styles, or a mixture of them.

        Args:
            shares: by style, of any sum above 0; none if it has but one style, or for the one that its name chose.

        Raises:
            SettingError: it has no such style, or none is chosen, or a share cannot be.
        """
        if not self.styles:
            if shares:
                raise SettingError(f"the model '{self.name}' has but one style: leave out {', '.join(shares)}")
            return self
        shares = shares or ({self.chosen_style: 1.0} if self.chosen_style else {})
        return self._made_plain(*in_style(self.architecture, self.weights(), mixture(self.styles, shares, self.name)))

    def seeded(self, seed: int) -> Self:
        """The translator with other noise, from 0 up: it paints another picture of the same image.

        Raises:
            SettingError: its generator has no noise.
        """
        if not capabilities(self.generator).noise:
            raise SettingError(f"the model '{self.name}' has no noise to choose: leave out the seed")
        seeded = self._made_plain(*with_seed(self.architecture, self.weights(), seed))
        return replace(seeded, proof=self.proof)  # which no noise changes

    def frozen(self, precision: str = "", grid: Grid | None = None) -> Self:
        """The translator with norms of fixed statistics, which are yet to be settled: it is bounded.

        Args:
            precision: the number format's name; default its own.
            grid: of the cells of an image that have statistics of their own; None if all of it has the same.
        """
        norm = FROZEN if grid is None else grid.name
        network, architecture = with_frozen_norms(self.architecture, self.weights(), norm)
        made = self.of(network, architecture, self.tile_size, name=self.name, facts=self.facts)
        return made.place(str(self.device), precision or precision_name(self.precision))

    @property
    def looks(self) -> int:
        """How many looks each label of a label map has to choose from (see ``in_look``); 0 if there is no choice."""
        return capabilities(self.generator).looks

    @property
    def takes_instances(self) -> bool:
        """Whether label maps may come with maps of instances (see ``images.instances``)."""
        return capabilities(self.generator).instances

    def in_look(self, chosen: Mapping[int | str, int], seed: int | None = None) -> Self:
        """The translator with one look of each label, and of instances that are chosen by number.

        Args:
            chosen: numbers of looks, from 0, by labels (their numbers, from 0, or their names) and by instances
                ('#17'), which come before their labels.
            seed: draws the looks of the other instances and labels; None for their first ones, the most frequent.

        Raises:
            SettingError: it has no such label or look, or nothing to choose from.
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
