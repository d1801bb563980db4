"""SPADE: images from label maps, which modulate the generator's norms at every scale.

Source: Park et al. 2019, 'Semantic Image Synthesis with Spatially-Adaptive Normalization'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.methods.base import LABELS, PAIRED, Batch, Losses, MethodSettings
from tilegan.methods.matching import feature_matching
from tilegan.methods.passes import judged, translate
from tilegan.methods.perceptual import Perceptual, PerceptualSettings
from tilegan.networks.build import MULTISCALE_DISCRIMINATOR, SPADE_GENERATOR
from tilegan.networks.labels import Labels
from tilegan.networks.multiscale import MultiscaleDiscriminator
from tilegan.options import described, option


@described
@dataclass(frozen=True)
class SpadeSettings(PerceptualSettings):
    """Hyperparameters of the method, in addition to those of every method.

    In the paper the feature weight is 10 for the sum over layers, here for their mean; the perceptual weight is 10 with
    features of a VGG network.

    Raises:
        SettingError: a value is out of range.
    """

    feature_weight: float = option(
        10.0, "Weight of the distance to the target in features of the discriminators", least=0
    )
    pixel_weight: float = option(10.0, "Weight of the distance to the target; not in the paper", least=0)


def mean_judgment(features: Sequence[Sequence[torch.Tensor]]) -> torch.Tensor:
    """Return the mean over scales of the mean ``D_k(x)``, from the output of a multi-scale discriminator. -> scalar."""
    return torch.stack([layers[-1].mean() for layers in features]).mean()


def hinge(features: Sequence[Sequence[torch.Tensor]], sign: float) -> torch.Tensor:
    """Return the mean over scales of the mean ``max(0, 1 - sign D_k(x))``.

    (Lim and Ye 2017, 'Geometric GAN': scores beyond 1 on their side of 0 give no gradient.)

    Args:
        features: output of a multi-scale discriminator: for each scale a list whose last entry is the score.
        sign: 1 for targets, -1 for generated images.

    Returns:
        scalar.
    """
    return torch.stack([nn.functional.relu(1 - sign * layers[-1]).mean() for layers in features]).mean()


class Spade(Perceptual[SpadeSettings]):
    """One generator that takes labels, and discriminators of (labels, image) at several scales.

    The paper compares features of a VGG network trained to classify photographs; here a smaller network is used.
    """

    name: ClassVar = "spade"
    needs: ClassVar = "pairs of label maps and pictures: --paired by-name (two folders) or side-by-side (one)"
    examples: ClassVar = PAIRED
    styles: ClassVar = False
    labels: ClassVar = LABELS
    paper: ClassVar = "Park et al., 'Semantic Image Synthesis with Spatially-Adaptive Normalization' (CVPR 2019)"
    settings_type: ClassVar[type[MethodSettings]] = SpadeSettings
    # two scales: a score at the second scale has a receptive field of 128 pixels, the side of a crop
    architectures: ClassVar = (SPADE_GENERATOR, MULTISCALE_DISCRIMINATOR | {"channels": 32, "scales": 2})
    rates: ClassVar = (1e-4, 4e-4)
    betas: ClassVar = (0.0, 0.999)
    sides: ClassVar = (64, 512)
    discriminator: MultiscaleDiscriminator

    @classmethod
    def build(cls, settings: SpadeSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``.

        Raises:
            ModelError: the generator takes no labels, or the discriminator returns no features.
        """
        made = super().build(settings, generator, discriminator)
        if not isinstance(getattr(made.generator, "labels", None), Labels):
            raise ModelError(f"{cls.name} paints label maps: use 'spade', not {generator}")
        if not isinstance(made.discriminator, MultiscaleDiscriminator):
            raise ModelError(f"{cls.name} compares features at several scales: use 'multiscale', not {discriminator}")
        return made

    @classmethod
    def judged(cls, generator: dict[str, Any]) -> dict[str, Any]:
        """Return the discriminator options: it sees one plane per label and the image."""
        return {"inputs": len(generator.get("labels", ())) + 3}

    def generator_loss(self, batch: Batch) -> Losses:
        """``-D(l, G(l)) + w_f sum_i |D_i(l, b) - D_i(l, G(l))| / n + w_p |b - G(l)|``."""
        crops, settings = judged(batch, self.settings), self.settings
        translated = translate(self.generator, crops, settings)
        batch.made = {"translated": translated.detach()}
        features = self._judge(crops.source, translated)
        with torch.no_grad():
            wanted = self._judge(crops.source, crops.target)
        return {
            "generator": -mean_judgment(features),
            "features": settings.feature_weight * feature_matching(wanted, features),
            "pixels": settings.pixel_weight * nn.functional.l1_loss(translated, crops.target),
            **self.perceptual_loss(crops.target, translated),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``max(0, 1 - D(l, b)) + max(0, 1 + D(l, G(l)))``."""
        crops = judged(batch, self.settings)
        return {
            "real": hinge(self._judge(crops.source, crops.target), 1),
            "translated": hinge(self._judge(crops.source, batch.made["translated"]), -1),
        }

    def _judge(self, source: torch.Tensor, image: torch.Tensor) -> list[list[torch.Tensor]]:
        assert isinstance(self.generator.labels, Labels)
        features: list[list[torch.Tensor]] = self.discriminator(torch.cat((self.generator.labels(source), image), 1))
        return features


METHOD = Spade
