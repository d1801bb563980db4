"""CycleGAN: two generators, there and back, that must undo each other.

Source: Zhu et al. 2017, 'Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks'.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.methods.adversaries import styles_told
from tilegan.methods.base import NO_LABELS, UNPAIRED, Batch, Losses, MethodSettings
from tilegan.methods.passes import judged, translate
from tilegan.methods.replay import Replay
from tilegan.networks.build import DEFAULT_GENERATOR, PATCH_DISCRIMINATOR, build_discriminator, build_generator
from tilegan.networks.styles import other_styles, with_planes

REPLAYED = 50  # images, as in the paper
# the way back begins at images of which no thumbnail is known, and ends at sources, which have no styles
UNCONDITIONAL = {"context": 0, "styles": []}


@dataclass(frozen=True)
class CycleGanSettings(MethodSettings):
    """The method's own numbers, beside those of every method.

    Attributes:
        cycle_weight: weight of the cycle losses, lambda in the paper, where it is 10: with the paper's two weights the
            default generator, which begins at the identity, hardly left it in 5,000 steps.
        identity_weight: weight of the identity losses, as a share of ``cycle_weight``: a generator should leave what is
            in its target domain as it is, which keeps colors; 0.5 in the paper.

    Raises:
        SettingError: a number cannot work.
    """

    cycle_weight: float = 2.0
    identity_weight: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        self.check_weights("cycle_weight", "identity_weight")


def squared_error(judgement: torch.Tensor, wanted: float) -> torch.Tensor:
    """Mean of ``(D(x) - wanted)^2``: the least-squares loss (Mao et al. 2017, 'Least Squares GANs'). -> scalar."""
    return (judgement - wanted).square().mean()


class CycleGan:
    """Generators G: source -> target and F: target -> source, and a discriminator of each domain."""

    name: ClassVar = "cyclegan"
    needs: ClassVar = "two folders, unpaired"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = True
    rests: ClassVar = False
    instances: ClassVar = False
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "Zhu et al., 'Unpaired Image-to-Image Translation using Cycle-Consistent ...' (ICCV 2017)"
    settings_type: ClassVar[type[MethodSettings]] = CycleGanSettings
    architectures: ClassVar = (DEFAULT_GENERATOR, PATCH_DISCRIMINATOR)
    rates: ClassVar = (5e-4, 2e-4)  # 2e-4 for both in the paper
    betas: ClassVar = (0.5, 0.999)
    sides: ClassVar = (64, 512)

    @classmethod
    def build(cls, settings: CycleGanSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``."""
        wanted = {name: value for name, value in UNCONDITIONAL.items() if name in generator}
        generators = [build_generator(architecture) for architecture in (generator, generator | wanted)]
        of_targets = discriminator | styles_told(generator)  # sources have no styles
        discriminators = [build_discriminator(architecture) for architecture in (of_targets, discriminator)]
        return cls(generators, discriminators, settings)

    def __init__(
        self, generators: list[nn.Module], discriminators: list[nn.Module], settings: CycleGanSettings
    ) -> None:
        """Generators there and back; discriminators of targets and of sources."""
        self.generator, self.backward = generators
        self.of_targets, self.of_sources = discriminators
        self.replays = nn.ModuleDict({"translated": Replay(REPLAYED), "returned": Replay(REPLAYED)})
        self.settings = settings

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        generators = {"there": self.generator, "back": self.backward}
        discriminators = {"targets": self.of_targets, "sources": self.of_sources, "replays": self.replays}
        return {"generator": nn.ModuleDict(generators), "discriminator": nn.ModuleDict(discriminators)}

    def generator_loss(self, batch: Batch) -> Losses:
        """``(D(G(a)) - 1)^2 + (D(F(b)) - 1)^2 + w (|F(G(a)) - a| + |G(F(b)) - b|) + i w (|G(b) - b| + |F(a) - a|)``."""
        given = judged(batch, self.settings)
        translated, returned = translate(self.generator, given, self.settings), self._back(given, given.target)
        batch.made = {"translated": translated.detach(), "returned": returned.detach()}
        cycle = nn.functional.l1_loss(self._back(given, translated), given.source)
        cycle = cycle + nn.functional.l1_loss(self._there(given, returned), given.target)
        losses = {
            "generator_there": squared_error(self.of_targets(with_planes(translated, given.styles)), 1),
            "generator_back": squared_error(self.of_sources(returned), 1),
            "cycle": self.settings.cycle_weight * cycle,
        }
        if self.settings.identity_weight == 0:
            return losses
        same = nn.functional.l1_loss(self._there(given, given.target), given.target)
        same = same + nn.functional.l1_loss(self._back(given, given.source), given.source)
        return losses | {"identity": self.settings.identity_weight * self.settings.cycle_weight * same}

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``((D(b) - 1)^2 + D(G(a))^2) / 2`` of each domain; halved, as in the paper, since D should learn slower.

        With several styles there is also ``D(b, of another style)^2 / 2``, as in ``methods.siamese``.
        """
        given = judged(batch, self.settings)
        losses = {}
        sides = {
            "translated": (self.of_targets, given.target, given.styles),
            "returned": (self.of_sources, given.source, None),
        }
        for name, (discriminator, images, styles) in sides.items():
            replay = self.replays[name]
            assert isinstance(replay, Replay)
            real = with_planes(images, styles)
            made = replay.mixed(with_planes(batch.made[name], styles), batch.seed)
            losses[f"discriminator_{name}"] = (
                squared_error(discriminator(real), 1) + squared_error(discriminator(made), 0)
            ) / 2
        others = other_styles(given.styles, given.seed)
        if others is not None:
            losses["other_style"] = squared_error(self.of_targets(with_planes(given.target, others)), 0) / 2
        return losses

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``; weights are all that these need."""

    def _there(self, given: Batch, images: torch.Tensor) -> torch.Tensor:
        return translate(self.generator, given.of(images), self.settings)

    def _back(self, given: Batch, images: torch.Tensor) -> torch.Tensor:
        return translate(self.backward, given.of(images), self.settings)
