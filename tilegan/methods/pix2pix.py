"""pix2pix: training on pairs, with a discriminator that sees input and output together, and an L1 loss.

Source: Isola et al. 2017, 'Image-to-Image Translation with Conditional Adversarial Networks'.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from tilegan.methods.adversaries import Adversaries
from tilegan.methods.base import NO_LABELS, PAIRED, Batch, Losses, MethodSettings
from tilegan.methods.passes import judged, translate
from tilegan.networks.build import PATCH_DISCRIMINATOR, UNET_GENERATOR
from tilegan.options import described, option


@described
@dataclass(frozen=True)
class Pix2PixSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    Raises:
        SettingError: a value is out of range.
    """

    l1_weight: float = option(100.0, "Weight of the distance to the target; lambda in the paper", least=0)


def cross_entropy(scores: torch.Tensor, wanted: float) -> torch.Tensor:
    """Return the mean of ``-log sigmoid(D(x))`` for 1, of ``-log(1 - sigmoid(D(x)))`` for 0. -> scalar."""
    return nn.functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, wanted))


class Pix2Pix(Adversaries[Pix2PixSettings]):
    """One generator, and a discriminator of pairs (source, target)."""

    name: ClassVar = "pix2pix"
    needs: ClassVar = "pairs: --paired by-name (two folders) or side-by-side (one), or --derive gray or edges (one)"
    examples: ClassVar = PAIRED
    styles: ClassVar = False
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "Isola et al., 'Image-to-Image Translation with Conditional Adversarial Networks' (CVPR 2017)"
    settings_type: ClassVar[type[MethodSettings]] = Pix2PixSettings
    architectures: ClassVar = (UNET_GENERATOR, PATCH_DISCRIMINATOR)
    rates: ClassVar = (2e-4, 2e-4)
    betas: ClassVar = (0.5, 0.999)
    sides: ClassVar = (64, 512)

    @classmethod
    def judged(cls, generator: dict[str, Any]) -> dict[str, Any]:
        """Return the discriminator options: it sees source and target together."""
        return {"inputs": generator.get("inputs", 3) + 3}

    def generator_loss(self, batch: Batch) -> Losses:
        """``-log D(a, G(a)) + w |b - G(a)|``."""
        crops = judged(batch, self.settings)
        translated = translate(self.generator, crops, self.settings)
        batch.made = {"translated": translated.detach()}
        return {
            "generator": cross_entropy(self._judge(crops.source, translated), 1),
            "l1": self.settings.l1_weight * nn.functional.l1_loss(translated, crops.target),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-(log D(a, b) + log(1 - D(a, G(a)))) / 2``; halved, as in the paper, to slow down D."""
        crops = judged(batch, self.settings)
        return {
            "real": cross_entropy(self._judge(crops.source, crops.target), 1) / 2,
            "translated": cross_entropy(self._judge(crops.source, batch.made["translated"]), 0) / 2,
        }

    def _judge(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.discriminator(torch.cat((source, target), 1))
        return scores


METHOD = Pix2Pix
