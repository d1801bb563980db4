"""Base class of methods with one generator and one discriminator: how the networks are built, stored and named."""

from typing import Any, ClassVar, Generic, Self, TypeVar

from torch import nn

from tilegan.methods.base import MethodSettings
from tilegan.networks.build import build_discriminator, build_generator

Settings = TypeVar("Settings", bound=MethodSettings)


def style_options(generator: dict[str, Any]) -> dict[str, Any]:
    """Return the discriminator options that a generator's styles require; empty if there is only one style."""
    styles = len(generator.get("styles", ()))
    return {"inputs": 3 + styles, "styles": styles} if styles else {}


class Adversaries(Generic[Settings]):
    """One generator and one discriminator."""

    rests: ClassVar = False
    instances: ClassVar = False
    codes: ClassVar = False
    captions: ClassVar = False

    @classmethod
    def build(cls, settings: Settings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``."""
        judge = build_discriminator(discriminator | cls.judged(generator))
        return cls(build_generator(generator), judge, settings)

    @classmethod
    def judged(cls, generator: dict[str, Any]) -> dict[str, Any]:
        """Return the discriminator options that its inputs require: images, and one plane per style."""
        return style_options(generator)

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: Settings) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.settings = settings

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``; there is nothing beside the weights."""
