"""A loss on frozen features, for methods that have a target for each source."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tilegan.methods.adversaries import Adversaries, Settings
from tilegan.methods.base import Losses, MethodSettings
from tilegan.methods.settings import before
from tilegan.metrics.structure import feature_distance
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.options import described, option


def weight_option(default: float) -> Any:
    """Return the field of the weight with a default; it was added later to all such methods."""
    text = "Weight of the distance to the target in features of EfficientNet-Lite0, a network trained on ImageNet"
    return option(default, text, least=0, metadata=before(0.0))


@described
@dataclass(frozen=True)
class PerceptualSettings(MethodSettings):
    """Hyperparameters of such methods, in addition to those of every method.

    Raises:
        SettingError: a value is out of range.
    """

    perceptual_weight: float = weight_option(1.0)


class Perceptual(Adversaries[Settings]):
    """A generator, a discriminator, and frozen features in which generated images are compared with targets.

    (Johnson et al. 2016, 'Perceptual Losses for Real-Time Style Transfer and Super-Resolution'. The distance is that of
    Zhang et al. 2018, see ``metrics.structure``. The papers of the methods compare features of VGG networks.)
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: Settings) -> None:
        super().__init__(generator, discriminator, settings)
        assert isinstance(settings, PerceptualSettings)
        self.perceptual_weight = settings.perceptual_weight
        self.frozen = EfficientNetFeatures.read() if self.perceptual_weight else None

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``; the frozen network is part of 'discriminator', so that it is on the same device."""
        networks = super().networks()
        if self.frozen is None:
            return networks
        judges = nn.ModuleDict({"discriminator": networks["discriminator"], "frozen": self.frozen})
        return networks | {"discriminator": judges}

    def perceptual_loss(self, targets: torch.Tensor, translations: torch.Tensor) -> Losses:
        """``w_p d(b, G(a))``, d the distance in frozen features.

        Args:
            targets: float (N, 3, H, W) in [-1, 1], H and W multiples of 16.
            translations: of the same shape.
        """
        if self.frozen is None:
            return {}
        with torch.no_grad():
            wanted = self.frozen(targets)
        return {"perceptual": self.perceptual_weight * feature_distance(wanted, self.frozen(translations))}
