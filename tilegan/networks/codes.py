"""Codes of a generator: numbers without labels that modulate it, whose meaning is found in training.

Source: X. Chen et al. 2016, 'InfoGAN: Interpretable Representation Learning by Information Maximizing Generative
Adversarial Nets'. There codes are inputs beside noise; here they modulate the blocks of a generator that translates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from tilegan.errors import SettingError

CONTINUOUS, CATEGORICAL = KINDS = ("continuous", "categorical")
CATEGORY = "k"  # name of the categorical code; continuous ones are c0, c1, ...
MOST = 64  # codes of a kind
FARTHEST = 2.0  # largest continuous code that is taken, twice the range of the training
FIRST = 0.5  # standard deviation of the first modulations: effects of smaller ones are lost in those of the source
PACE = 10.0  # of the weights of codes, relative to others of the generator, which have to change little


@dataclass(frozen=True)
class Codes:
    """The codes of a generator: some continuous ones from -1 to 1, and at most one categorical one.

    As values of a network, they are the continuous ones, then a one-hot vector of the category.

    Attributes:
        continuous: number of continuous codes.
        categorical: number of categories; 0 for no categorical code.
    """

    continuous: int = 0
    categorical: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Codes":
        """Return the codes with counts by kind, 'continuous' and 'categorical'; none if there are no counts.

        Raises:
            SettingError: there is no such kind, or a count is invalid.
        """
        for kind, count in counts.items():
            if kind not in KINDS:
                raise SettingError(f"no codes '{kind}': give {CONTINUOUS}=N, {CATEGORICAL}=N or both")
            least = 2 if kind == CATEGORICAL else 1
            if not least <= count <= MOST:
                raise SettingError(f"{kind} codes cannot be {count}: give {least} to {MOST}, or leave them out")
        return cls(**counts)

    @property
    def values(self) -> int:
        """Return the number of values."""
        return self.continuous + self.categorical

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names: c0, c1, ... and k."""
        return (*(f"c{number}" for number in range(self.continuous)), *([CATEGORY] if self.categorical else []))

    def default(self) -> torch.Tensor:
        """Return the values of a generator that is not given any, (values,): zeros and the first category."""
        made = torch.zeros(self.values)
        made[self.continuous : self.continuous + 1] = 1
        return made

    def drawn(self, count: int, seed: int) -> torch.Tensor:
        """Draw values for ``count`` crops, (count, values): uniform in [-1, 1], and one of the categories.

        Crops in pairs have the same values, so that what a code does to all images is known from two of them. Values
        are spread over the pairs: one in each of as many equal parts of the range, and categories in turn.
        """
        random = torch.Generator().manual_seed(seed)
        pairs = -(-count // 2)
        orders = [torch.randperm(pairs, generator=random) for _ in range(self.continuous + 1)]
        places = torch.stack(orders[1:], 1) if self.continuous else torch.zeros(pairs, 0)
        made = 2 * (places + torch.rand(pairs, self.continuous, generator=random)) / max(1, pairs) - 1
        if self.categorical:
            first = torch.randint(self.categorical, (1,), generator=random)
            drawn = (orders[0] + first) % self.categorical
            made = torch.cat((made, nn.functional.one_hot(drawn, self.categorical)), 1)
        return made[torch.randperm(count, generator=random) // 2]

    def chosen(self, given: Mapping[str, float], model: str) -> torch.Tensor:
        """Return the values for codes by name, (values,); those that are not named are the default.

        Args:
            given: values of codes: from -2 to 2 (the training draws from -1 to 1), and the index of the category.
            model: name of the model, for messages.

        Raises:
            SettingError: there is no such code, or its value is invalid.
        """
        made = self.default()
        for name, value in given.items():
            if name not in self.names:
                raise SettingError(f"the model '{model}' has no code '{name}': choose from {', '.join(self.names)}")
            if name != CATEGORY:
                if not -FARTHEST <= value <= FARTHEST:
                    raise SettingError(f"no code {name}={value:g}: it was trained from -1 to 1; give -2 to 2")
                made[int(name[1:])] = value
            elif value not in range(self.categorical):
                raise SettingError(f"no category {name}={value:g} in '{model}': give 0 to {self.categorical - 1}")
            else:
                made[self.continuous :] = 0
                made[self.continuous + int(value)] = 1
        return made


class CodeFilm(nn.Module):
    """Linear map from codes to modulations; 0 for the default codes, whose generator is the one without codes.

    It is initialized at random, so that other codes have an effect from the start: from 0, nothing can be recovered,
    and the gradients of a head that recovers nothing are lost among those of other losses.

    Args:
        default: float (codes,), the default codes.
        modulated: number of modulations.
        first: standard deviation of the first modulations, for a code of 1.
    """

    default: torch.Tensor

    def __init__(self, default: torch.Tensor, modulated: int, first: float = FIRST) -> None:
        super().__init__()
        self.register_buffer("default", default, persistent=False)
        self.film = nn.Linear(len(default), modulated, bias=False)
        nn.init.normal_(self.film.weight, std=first / PACE)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, values) -> (N, modulated)."""
        modulation: torch.Tensor = self.film(PACE * (values - self.default))
        return modulation
