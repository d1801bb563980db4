"""CycleGAN: two generators, forward and backward, trained to be inverses of each other.

Source: Zhu et al. 2017, 'Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks'.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.methods.adversaries import style_options
from tilegan.methods.base import NO_LABELS, UNPAIRED, Batch, Losses, MethodSettings
from tilegan.methods.passes import judged, translate
from tilegan.methods.replay import Replay
from tilegan.methods.settings import before
from tilegan.networks.build import DEFAULT_GENERATOR, PATCH_DISCRIMINATOR, build_discriminator, build_generator
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.networks.patch_and_features import FeaturesDiscriminator
from tilegan.networks.styles import other_styles, with_planes
from tilegan.options import described, option

REPLAYED = 50  # images, as in the paper
FEATURE_WIDTH = 64  # channels of the discriminators of features
# the backward generator takes images without thumbnails, and makes sources, which have no styles
UNCONDITIONAL = {"context": 0, "styles": []}


@described
@dataclass(frozen=True)
class CycleGanSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    In the paper the cycle weight, lambda, is 10, and the identity weight 0.5: with these the default generator, which
    is initialized to the identity, hardly changed in 5,000 steps.

    Raises:
        SettingError: a value is out of range.
    """

    cycle_weight: float = option(2.0, "Weight of the cycle losses", least=0)
    identity_weight: float = option(
        0.0,
        "Weight, relative to the cycle weight, of the identity losses: a generator should not change images of its "
        "target domain",
        least=0,
    )
    feature_weight: float = option(
        1.0,
        "Weight of discriminators of features of EfficientNet-Lite0, a network trained on ImageNet, relative to those "
        "of patches of pixels",
        least=0,
        metadata=before(0.0),
    )


def squared_error(scores: torch.Tensor, wanted: float) -> torch.Tensor:
    """Return the mean of ``(D(x) - wanted)^2``, the loss of Mao et al. 2017, 'Least Squares GANs'. -> scalar."""
    return (scores - wanted).square().mean()


class CycleGan:
    """Generators G: source -> target and F: target -> source, and one discriminator per domain.

    Beside each there is one of frozen features, unless its weight is 0: patches of pixels alone led to colors without
    strokes (Sauer et al. 2021, 'Projected GANs Converge Faster').
    """

    name: ClassVar = "cyclegan"
    needs: ClassVar = "two folders, unpaired"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = True
    rests: ClassVar = False
    instances: ClassVar = False
    codes: ClassVar = False
    captions: ClassVar = False
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
        of_targets = discriminator | style_options(generator)  # sources have no styles
        discriminators = [build_discriminator(architecture) for architecture in (of_targets, discriminator)]
        return cls(generators, discriminators, settings)

    def __init__(
        self, generators: list[nn.Module], discriminators: list[nn.Module], settings: CycleGanSettings
    ) -> None:
        """Take the forward and the backward generator, and the discriminators of targets and of sources."""
        self.generator, self.backward = generators
        self.discriminators = dict(zip(("targets", "sources"), discriminators, strict=True))
        weight = settings.feature_weight
        self.frozen = EfficientNetFeatures.read() if weight else None
        self.of_features = {name: FeaturesDiscriminator(FEATURE_WIDTH) for name in self.discriminators if weight}
        self.replays = nn.ModuleDict({"translated": Replay(REPLAYED), "returned": Replay(REPLAYED)})
        self.settings = settings

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        generators = {"there": self.generator, "back": self.backward}
        judges = {**self.discriminators, "replays": self.replays}
        if self.frozen is not None:
            judges |= {"features": nn.ModuleDict(self.of_features), "frozen": self.frozen}
        return {"generator": nn.ModuleDict(generators), "discriminator": nn.ModuleDict(judges)}

    def generator_loss(self, batch: Batch) -> Losses:
        """``(D(G(a)) - 1)^2 + (D(F(b)) - 1)^2 + w (|F(G(a)) - a| + |G(F(b)) - b|) + i w (|G(b) - b| + |F(a) - a|)``."""
        crops = judged(batch, self.settings)
        translated, returned = translate(self.generator, crops, self.settings), self._back(crops, crops.target)
        batch.made = {"translated": translated.detach(), "returned": returned.detach()}
        cycle = nn.functional.l1_loss(self._back(crops, translated), crops.source)
        cycle = cycle + nn.functional.l1_loss(self._there(crops, returned), crops.target)
        losses = {
            "generator_there": self._error("targets", with_planes(translated, crops.styles), 1),
            "generator_back": self._error("sources", returned, 1),
            "cycle": self.settings.cycle_weight * cycle,
        }
        if self.settings.identity_weight == 0:
            return losses
        same = nn.functional.l1_loss(self._there(crops, crops.target), crops.target)
        same = same + nn.functional.l1_loss(self._back(crops, crops.source), crops.source)
        return losses | {"identity": self.settings.identity_weight * self.settings.cycle_weight * same}

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``((D(b) - 1)^2 + D(G(a))^2) / 2`` for each domain; halved, as in the paper, to slow down D.

        With several styles there is also ``D(b, of another style)^2 / 2``, as in ``methods.siamese``.
        """
        crops = judged(batch, self.settings)
        losses = {}
        sides = {
            "translated": ("targets", crops.target, crops.styles),
            "returned": ("sources", crops.source, None),
        }
        for name, (domain, images, styles) in sides.items():
            replay = self.replays[name]
            assert isinstance(replay, Replay)
            real = with_planes(images, styles)
            made = replay.mixed(with_planes(batch.made[name], styles), batch.seed)
            losses[f"discriminator_{name}"] = (self._error(domain, real, 1) + self._error(domain, made, 0)) / 2
        others = other_styles(crops.styles, crops.seed)
        if others is not None:
            of_other = self.discriminators["targets"](with_planes(crops.target, others))
            losses["other_style"] = squared_error(of_other, 0) / 2
        return losses

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``; there is nothing beside the weights."""

    def _error(self, domain: str, images: torch.Tensor, wanted: float) -> torch.Tensor:
        """Return the squared error of the scores of patches, and of features if they are judged.

        Args:
            domain: 'targets' or 'sources', which the discriminators know.
            images: float (N, 3 + planes of styles, H, W); features have no styles.
            wanted: the score that is wanted.
        """
        error = squared_error(self.discriminators[domain](images), wanted)
        if self.frozen is None:
            return error
        scores = self.of_features[domain].of_features(self.frozen(images[:, :3]))
        errors = torch.stack([squared_error(each, wanted) for each in scores])
        return error + self.settings.feature_weight * errors.mean()

    def _there(self, crops: Batch, images: torch.Tensor) -> torch.Tensor:
        return translate(self.generator, crops.of(images), self.settings)

    def _back(self, crops: Batch, images: torch.Tensor) -> torch.Tensor:
        return translate(self.backward, crops.of(images), self.settings)


METHOD = CycleGan
