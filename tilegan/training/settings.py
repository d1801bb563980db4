"""All hyperparameters of a training, with defaults; they are saved with every run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from math import inf
from typing import Any, Self

from tilegan.errors import SettingError
from tilegan.methods.base import REDUCED, Method, MethodSettings
from tilegan.methods.registry import methods, type_of
from tilegan.methods.settings import completed
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.networks.build import build_generator
from tilegan.options import check_numbers
from tilegan.tiling.reach import reach
from tilegan.training.options import Learning


@dataclass(frozen=True)
class TrainSettings(Learning):
    """The hyperparameters of a training; the defaults are those of the default method.

    Attributes:
        generator: architecture of the generator, see ``networks.build``.
        discriminator: architecture of the discriminator.
        method: the settings of the training method; their type determines the method.
        And those of ``Learning``.
    """

    generator: dict[str, Any] = field(default_factory=lambda: dict(Siamese.architectures[0]))
    discriminator: dict[str, Any] = field(default_factory=lambda: dict(Siamese.architectures[1]))
    method: MethodSettings = field(default_factory=SiameseSettings)

    def __post_init__(self) -> None:
        """Validate the settings.

        Raises:
            SettingError: a value is out of range.
        """
        check_numbers(self)
        size, side = self.tile_size, 2 * self.tile_size
        rules = [
            (size >= 16 and size % 16 == 0, f"tile size must be a multiple of 16, not {size}"),
            (
                self.short_side >= side,
                f"short side must be at least 2 tile sizes, {side}, not {self.short_side}",
            ),
            (
                self.method.joined or size >= 32,
                f"single tiles must have at least 32 px a side to be judged, not {size}",
            ),
            (0 < self.learning_rate < inf, f"learning rate must be above 0, not {self.learning_rate}"),
            (0 < self.discriminator_rate < inf, f"discriminator rate must be above 0, not {self.discriminator_rate}"),
            (all(0 <= beta < 1 for beta in self.betas), f"betas must be from 0 to below 1, not {self.betas}"),
            (0 <= self.average_decay <= 1, f"average decay must be from 0 to 1, not {self.average_decay}"),
            (self.hold_out != 1, f"hold out every 2nd file or fewer, not {self.hold_out}"),
            (self.seed < 2**62, f"seed must be below 2^62, not {self.seed}"),
        ]
        for holds, message in rules:
            if not holds:
                raise SettingError(message)

    @classmethod
    def of(cls, method: MethodSettings, **numbers: Any) -> Self:
        """Create settings for a method, with its defaults for values that are not given.

        Raises:
            SettingError: a value is out of range.
        """
        kind = type_of(method)
        rates = dict(zip(("learning_rate", "discriminator_rate"), kind.rates, strict=True))
        sides = dict(zip(("tile_size", "short_side"), kind.sides, strict=True))
        networks = dict(zip(("generator", "discriminator"), map(dict, kind.architectures), strict=True))
        return cls(**{"betas": kind.betas, **rates, **sides, **networks, "method": method, **numbers})

    @property
    def method_type(self) -> type[Method]:
        """Return the method of the settings."""
        return type_of(self.method)

    @cached_property
    def scale(self) -> int:
        """Return the factor by which targets are larger than sources: the generator's scale if sources are reductions.

        Raises:
            SettingError: sources are reductions, and the generator does not enlarge.
            ModelError: there is no such generator, or its output is no image.
        """
        if self.method_type.examples != REDUCED:
            return 1
        scale = reach(build_generator(self.generator)).scale
        if scale == 1:
            raise SettingError(f"{self.method_type.name} learns to enlarge, and its generator does not: use another")
        return scale

    @property
    def target_side(self) -> int:
        """Return the side of the crops of targets, in pixels.

        Raises:
            SettingError: images are reduced to less than that, or as for ``scale``.
        """
        side = 2 * self.tile_size * self.scale
        if self.short_side < side:
            raise SettingError(
                f"short side must be at least 2 tile sizes x {self.scale}, {side}, not {self.short_side}: "
                f"targets are {self.scale} times as large as sources"
            )
        return side

    def to_json(self) -> dict[str, Any]:
        """Return JSON types."""
        content = asdict(self)
        return content | {"method": {"name": self.method_type.name, **content["method"]}}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Create settings from the output of ``to_json``.

        Raises:
            SettingError: a name is unknown or missing, as in a run of another version.
        """
        own = dict(values.get("method", {}))
        method = methods().get(own.pop("name", ""))
        if method is None:
            raise SettingError(f"settings of another version: its method is none of {', '.join(methods())}")
        _check_names(cls, values)
        own = completed(method.settings_type, own)
        _check_names(method.settings_type, own)
        return cls(**{**values, "method": method.settings_type(**own), "betas": tuple(values["betas"])})


def _check_names(kind: type[Any], values: Mapping[str, Any]) -> None:
    different = {entry.name for entry in fields(kind)} ^ set(values)
    if different:
        raise SettingError(f"settings of another version: they differ in {', '.join(sorted(different))}")
