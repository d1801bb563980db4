"""pix2pix: pairs, a discriminator that sees input and output together, and the distance to the true output.

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


@dataclass(frozen=True)
class Pix2PixSettings(MethodSettings):
    """The method's own numbers, beside those of every method.

    Attributes:
        l1_weight: weight of the distance to the target, lambda in the paper.

    Raises:
        SettingError: a number cannot work.
    """

    l1_weight: float = 100.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        self.check_weights("l1_weight")


def cross_entropy(judgement: torch.Tensor, wanted: float) -> torch.Tensor:
    """Mean of ``-log sigmoid(D(x))`` for 1, of ``-log(1 - sigmoid(D(x)))`` for 0: the first GAN loss. -> scalar."""
    return nn.functional.binary_cross_entropy_with_logits(judgement, torch.full_like(judgement, wanted))


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
        """The discriminator sees sources and targets together."""
        return {"inputs": generator.get("inputs", 3) + 3}

    def generator_loss(self, batch: Batch) -> Losses:
        """``-log D(a, G(a)) + w |b - G(a)|``."""
        given = judged(batch, self.settings)
        translated = translate(self.generator, given, self.settings)
        batch.made = {"translated": translated.detach()}
        return {
            "generator": cross_entropy(self._judge(given.source, translated), 1),
            "l1": self.settings.l1_weight * nn.functional.l1_loss(translated, given.target),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-(log D(a, b) + log(1 - D(a, G(a)))) / 2``; halved, as in the paper, since D should learn slower."""
        given = judged(batch, self.settings)
        return {
            "real": cross_entropy(self._judge(given.source, given.target), 1) / 2,
            "translated": cross_entropy(self._judge(given.source, batch.made["translated"]), 0) / 2,
        }

    def _judge(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        judgement: torch.Tensor = self.discriminator(torch.cat((source, target), 1))
        return judgement
