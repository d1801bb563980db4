"""SRGAN: super-resolution, trained on images and reductions of them.

Source: Ledig et al. 2017, 'Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network'.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.methods.base import NO_LABELS, REDUCED, Batch, Losses, MethodSettings
from tilegan.methods.matching import feature_matching
from tilegan.methods.passes import judged, translate
from tilegan.methods.perceptual import Perceptual, PerceptualSettings, weight_option
from tilegan.methods.pix2pix import cross_entropy
from tilegan.networks.build import ENLARGING_GENERATOR, PATCH_DISCRIMINATOR
from tilegan.networks.patch import PatchDiscriminator
from tilegan.networks.vgg import VggFeatures
from tilegan.options import described, option


@described
@dataclass(frozen=True)
class SRGanSettings(PerceptualSettings):
    """Hyperparameters of the method, in addition to those of every method.

    The perceptual weight is that of the network in place of the paper's VGG network, since the package contains no
    weights of that.

    Raises:
        SettingError: a value is out of range.
    """

    pixel_weight: float = option(
        1.0, "Weight of the mean squared distance to the target, in units of [-1, 1]; 1 in the paper", least=0
    )
    adversarial_weight: float = option(1e-3, "Weight of the adversarial loss; 0.001 in the paper", least=0)
    feature_weight: float = option(
        1e-2, "Weight of the distance to the target in the discriminator's features; not in the paper", least=0
    )
    perceptual_weight: float = weight_option(1e-2)
    vgg: str = option(
        "",
        "Safetensors file with the weights of the VGG network of the paper, named as in torchvision, to compare its "
        "features as well",
        metavar="FILE",
    )
    vgg_weight: float = option(
        6e-3, "Weight of the mean squared distance to the target in these features; 0.006 in the paper", least=0
    )

    def check_files(self) -> None:
        """See ``MethodSettings.check_files``."""
        if self.vgg:
            VggFeatures.read(self.vgg)


class SRGan(Perceptual[SRGanSettings]):
    """One generator that enlarges images, and a discriminator of enlarged images.

    The paper's discriminator ends in dense layers, which fix the size of its input. Here it is the PatchGAN of
    ``networks.patch``: it has strided convolutions of 64 to 512 channels as well, but ends in a map of scores, so that
    it takes crops of any size, whole or as single tiles, and each score covers a neighborhood, including seams.

    The paper compares features of a VGG network trained to classify photographs. Its weights can be passed in; features
    of a smaller network of that kind, and of the discriminator, are compared in any case.
    """

    name: ClassVar = "srgan"
    needs: ClassVar = "one folder: images, and reductions of them made on the way"
    examples: ClassVar = REDUCED
    styles: ClassVar = False
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "Ledig et al., 'Photo-Realistic Single Image Super-Resolution Using a GAN' (CVPR 2017)"
    settings_type: ClassVar[type[MethodSettings]] = SRGanSettings
    architectures: ClassVar = (ENLARGING_GENERATOR, PATCH_DISCRIMINATOR)
    rates: ClassVar = (1e-4, 1e-4)
    betas: ClassVar = (0.9, 0.999)
    sides: ClassVar = (32, 1024)
    discriminator: PatchDiscriminator

    @classmethod
    def build(cls, settings: SRGanSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``.

        Raises:
            ModelError: the discriminator returns no features, or the VGG file is invalid.
        """
        made = super().build(settings, generator, discriminator)
        if not isinstance(made.discriminator, PatchDiscriminator):
            raise ModelError(f"{cls.name} compares features of a discriminator: use 'patch', not {discriminator}")
        return made

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: SRGanSettings) -> None:
        super().__init__(generator, discriminator, settings)
        self.vgg = VggFeatures.read(settings.vgg) if settings.vgg else None

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``; the VGG network is part of 'discriminator', so that it is on the same device."""
        networks = super().networks()
        if self.vgg is None:
            return networks
        return networks | {
            "discriminator": nn.ModuleDict({"discriminator": networks["discriminator"], "vgg": self.vgg})
        }

    def generator_loss(self, batch: Batch) -> Losses:
        """``w_p (b - G(a))^2 - w_a log D(G(a)) + w_f sum_i |D_i(G(a)) - D_i(b)| / n``, the paper's equation 3.

        The second term is that of the paper. The content loss consists of the first and the third term, the loss of
        ``Perceptual`` and, with a VGG file, ``w_v (VGG(b) - VGG(G(a)))^2``, equation 5 of the paper.
        """
        crops, settings = judged(batch, self.settings), self.settings
        translated = translate(self.generator, crops, settings)
        batch.made = {"translated": translated.detach()}
        made = self.discriminator.features(translated)
        with torch.no_grad():
            real = self.discriminator.features(crops.target)
        losses = {
            "pixels": settings.pixel_weight * nn.functional.mse_loss(translated, crops.target),
            "generator": settings.adversarial_weight * cross_entropy(made[-1], 1),
            "features": settings.feature_weight * feature_matching([real], [made]),
            **self.perceptual_loss(crops.target, translated),
        }
        if self.vgg is None:
            return losses
        with torch.no_grad():
            wanted = self.vgg(crops.target)[-1]
        return losses | {"vgg": settings.vgg_weight * nn.functional.mse_loss(self.vgg(translated)[-1], wanted)}

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-log D(b) - log(1 - D(G(a)))``, the paper's equation 2."""
        crops = judged(batch, self.settings)
        return {
            "real": cross_entropy(self.discriminator(crops.target), 1),
            "translated": cross_entropy(self.discriminator(batch.made["translated"]), 0),
        }


METHOD = SRGan
