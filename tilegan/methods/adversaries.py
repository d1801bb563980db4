"""What methods of one generator and one discriminator have in common: how these are made, kept and named."""

from typing import Any, ClassVar, Generic, Self, TypeVar

from torch import nn

from tilegan.methods.base import MethodSettings
from tilegan.networks.build import build_discriminator, build_generator

Settings = TypeVar("Settings", bound=MethodSettings)


def styles_told(generator: dict[str, Any]) -> dict[str, Any]:
    """What the architecture of a discriminator has to say of a generator's styles; nothing if there is but one."""
    styles = len(generator.get("styles", ()))
    return {"inputs": 3 + styles, "styles": styles} if styles else {}


class Adversaries(Generic[Settings]):
    """One generator and one discriminator."""

    rests: ClassVar = False
    instances: ClassVar = False

    @classmethod
    def build(cls, settings: Settings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``."""
        judge = build_discriminator(discriminator | cls.judged(generator))
        return cls(build_generator(generator), judge, settings)

    @classmethod
    def judged(cls, generator: dict[str, Any]) -> dict[str, Any]:
        """What the architecture of a discriminator has to say of what it sees: images, and a plane a style."""
        return styles_told(generator)

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: Settings) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.settings = settings

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``; weights are all that these need."""
