"""pix2pixHD: training on pairs from coarse to fine, with discriminators at three scales.

Source: Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.methods.base import MAY_BE_LABELS, PAIRED, Batch, Losses, MethodSettings
from tilegan.methods.cyclegan import squared_error
from tilegan.methods.matching import feature_matching
from tilegan.methods.passes import judged, translate
from tilegan.methods.perceptual import Perceptual, PerceptualSettings
from tilegan.networks.build import (
    COARSE_TO_FINE_GENERATOR,
    INSTANCE_ENCODER,
    MULTISCALE_DISCRIMINATOR,
    build_discriminator,
    build_generator,
)
from tilegan.networks.instances import find_instances
from tilegan.networks.looks import Gallery
from tilegan.networks.multiscale import MultiscaleDiscriminator
from tilegan.networks.pix2pixhd import Pix2PixHDGenerator, Stage
from tilegan.options import described, option

Features = list[list[torch.Tensor]]


@described
@dataclass(frozen=True)
class Pix2PixHDSettings(PerceptualSettings):
    """Hyperparameters of the method, in addition to those of every method.

    In the paper both weights are lambda, and the features those of a VGG network. After the shares of the global
    generator and of the enhancers, which are trained one after the other while the stages below are frozen, all stages
    are trained together.

    Raises:
        SettingError: a value is out of range.
    """

    feature_weight: float = option(
        10.0, "Weight of feature matching relative to the adversarial loss; lambda in the paper", least=0
    )
    global_share: float = option(
        1 / 3, "Share of the steps, from the first one, in which only the global generator is trained"
    )
    enhancer_share: float = option(1 / 3, "Share of the steps after these in which the enhancers are trained")

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        shares = self.global_share, self.enhancer_share
        fits = min(shares) >= 0 and sum(shares) <= 1
        self.check(fits, f"global and enhancer share must be 0 or more, together 1 at most: not {shares}")


def least_squares(judged: Sequence[Sequence[torch.Tensor]], wanted: float) -> torch.Tensor:
    """Return the mean over scales of the mean ``(D_k(x) - wanted)^2``, where D_k is the last of the scale's features.

    (Mao et al. 2017, 'Least Squares GANs'. The paper sums over scales.) -> scalar.
    """
    return torch.stack([squared_error(scale[-1], wanted) for scale in judged]).mean()


class Pix2PixHD(Perceptual[Pix2PixHDSettings]):
    """A generator of several stages, and discriminators of pairs (source, image) at several scales."""

    name: ClassVar = "pix2pixhd"
    needs: ClassVar = "pairs: --paired by-name (two folders) or side-by-side (one); of --labels, --instances if wanted"
    examples: ClassVar = PAIRED
    styles: ClassVar = False
    rests: ClassVar = True
    labels: ClassVar = MAY_BE_LABELS
    instances: ClassVar = True
    paper: ClassVar = "Wang et al., 'High-Resolution Image Synthesis and Semantic Manipulation with ...' (CVPR 2018)"
    settings_type: ClassVar[type[MethodSettings]] = Pix2PixHDSettings
    architectures: ClassVar = (COARSE_TO_FINE_GENERATOR, MULTISCALE_DISCRIMINATOR | {"channels": 32})
    rates: ClassVar = (2e-4, 2e-4)
    betas: ClassVar = (0.5, 0.999)
    sides: ClassVar = (64, 512)

    def __init__(self, generator: Pix2PixHDGenerator, discriminator: nn.Module, settings: Pix2PixHDSettings) -> None:
        super().__init__(generator, discriminator, settings)
        self.coarse_to_fine = generator
        self.encoder = self.gallery = None
        if generator.features:
            self.encoder = Stage(3, outputs=generator.features, **INSTANCE_ENCODER)
            self.gallery = Gallery(generator.planes - 1, generator.features)

    @classmethod
    def build(cls, settings: Pix2PixHDSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``.

        Raises:
            ModelError: the generator has no stages, or the discriminator does not have several scales.
        """
        made = build_generator(generator)
        if not isinstance(made, Pix2PixHDGenerator):
            raise ModelError(f"{cls.name} trains stage by stage: use the generator 'pix2pixhd', not {generator}")
        judge = build_discriminator(discriminator | {"inputs": made.planes + 3})
        if not isinstance(judge, MultiscaleDiscriminator):
            raise ModelError(f"{cls.name} judges at several scales: use 'multiscale', not {discriminator}")
        return cls(made, judge, settings)

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``."""
        networks = super().networks()
        if self.encoder is None or self.gallery is None:
            return networks
        parts = {"generator": self.generator, "encoder": self.encoder, "gallery": self.gallery}
        return networks | {"generator": nn.ModuleDict(parts)}

    def generator_loss(self, batch: Batch) -> Losses:
        """``sum_k (D_k(a, G(a)) - 1)^2 / 3 + w sum_k sum_i |D_k,i(a, b) - D_k,i(a, G(a))| / (3 layers)``.

        While only a part of the stages is in use, G(a) is the output of that part, and targets b are reduced to its
        size.
        """
        crops = judged(batch, self.settings)
        last, resting = self.phase(batch.progress)
        inputs = crops.of(self._with_features(crops, resting > 0))
        translated = translate(_Stages(self.coarse_to_fine, last, resting), inputs, self.settings)
        batch.made = {"translated": translated.detach()}
        made = self._judge(crops, translated)
        target = _reduced(crops.target, translated)
        with torch.no_grad():
            real = self._judge(crops, target)
        return {
            "generator": least_squares(made, 1),
            "features": self.settings.feature_weight * feature_matching(real, made),
            **self.perceptual_loss(target, translated),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``sum_k ((D_k(a, b) - 1)^2 + D_k(a, G(a))^2) / 6``; halved, as in the code of the paper."""
        crops, translated = judged(batch, self.settings), batch.made["translated"]
        target = _reduced(crops.target, translated)
        return {
            "real": least_squares(self._judge(crops, target), 1) / 2,
            "translated": least_squares(self._judge(crops, translated), 0) / 2,
        }

    def phase(self, progress: float) -> tuple[int, int]:
        """Return the index of the last stage in use at this progress, and how many of the first stages are frozen."""
        settings, enhancers = self.settings, len(self.coarse_to_fine.stages) - 1
        if progress < settings.global_share:
            return 0, 0
        if progress < settings.global_share + settings.enhancer_share:
            into = (progress - settings.global_share) / settings.enhancer_share
            last = min(enhancers, 1 + int(into * enhancers))
            return last, last
        return enhancers, 0

    def finish(self, generator: nn.Module) -> None:
        """See ``Method.finish``: store the looks of each label, clusters of the features of its instances."""
        if self.gallery is not None:
            assert isinstance(generator, Pix2PixHDGenerator)
            generator.looks.copy_(self.gallery.looks(generator.looks.shape[1]))

    def _with_features(self, crops: Batch, resting: bool) -> torch.Tensor:
        """Concatenate the sources and, for label maps, features of target instances: (N, C + features, h, w)."""
        if self.encoder is None or self.gallery is None:
            return crops.source
        labels = self.coarse_to_fine.seen(crops.source)[:, :-1].argmax(1)
        instances = find_instances(labels, self.coarse_to_fine.numbers(crops.source))
        with torch.set_grad_enabled(torch.is_grad_enabled() and not resting):
            means = instances.means(torch.tanh(self.encoder(crops.target)))
        self.gallery.add(instances, means)
        return torch.cat((crops.source, instances.spread(means)), 1)

    def _judge(self, crops: Batch, images: torch.Tensor) -> Features:
        """Return the discriminator features of images (N, 3, h, w), seen together with the sources of the batch."""
        seen = _reduced(self.coarse_to_fine.seen(crops.source), images)
        features: Features = self.discriminator(torch.cat((seen, images), 1))
        return features


def _reduced(images: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Reduce images to the size of ``like`` by averaging squares of pixels."""
    return nn.functional.avg_pool2d(images, images.shape[-1] // like.shape[-1])


class _Stages(nn.Module):
    """The stages of a generator in use, as one network."""

    def __init__(self, generator: Pix2PixHDGenerator, last: int, resting: int) -> None:
        super().__init__()
        self.generator, self.last, self.resting = generator, last, resting

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.generator(image, self.last, self.resting)
        return made


METHOD = Pix2PixHD
