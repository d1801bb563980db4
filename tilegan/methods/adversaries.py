"""What methods of one generator and one discriminator have in common: how these are made, kept and named."""

from typing import Any, ClassVar, Generic, Self, TypeVar

from torch import nn

from tilegan.methods.base import MethodSettings
from tilegan.networks.build import build_discriminator, build_generator

Settings = TypeVar("Settings", bound=MethodSettings)


class Adversaries(Generic[Settings]):
    """One generator and one discriminator."""

    rests: ClassVar = False
    instances: ClassVar = False

    @classmethod
    def build(cls, settings: Settings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``."""
        seen = discriminator | {"inputs": cls.judged_channels(generator)}
        if styles := len(generator.get("styles", ())):
            seen["styles"] = styles
        return cls(build_generator(generator), build_discriminator(seen), settings)

    @classmethod
    def judged_channels(cls, generator: dict[str, Any]) -> int:
        """Of what the discriminator sees: those of an image, and one a style."""
        return 3 + len(generator.get("styles", ()))

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: Settings) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.settings = settings

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``; weights are all that these need."""
