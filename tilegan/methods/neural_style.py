"""Neural style: one painting is learned from the distribution of its features, and by an adversary.

A network is trained once for a style, and applied in one pass (Johnson et al. 2016, 'Perceptual Losses for Real-Time
Style Transfer and Super-Resolution'). Content is compared by deep features of a frozen network (Gatys et al. 2016,
'Image Style Transfer Using Convolutional Neural Networks'). Style is the distribution of its features at all positions,
compared by the sliced Wasserstein distance, which tells more than Gram matrices, their second moments (Heitz et al.
2021, 'A Sliced Wasserstein Loss for Neural Texture Synthesis'), apart for each region of the palette: areas take the
texture of areas of their color. Statistics alone give a relief without strokes; a discriminator of patches (Li and Wand
2016, 'Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks') and of frozen features
(Sauer et al. 2021, 'Projected GANs Converge Faster') gives these.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.methods.base import NO_LABELS, UNPAIRED, Batch, Losses, MethodSettings
from tilegan.methods.gather import gather
from tilegan.methods.passes import judged, translate
from tilegan.methods.pix2pix import cross_entropy
from tilegan.methods.repainting import Repainting
from tilegan.methods.repainting_settings import RepaintingSettings
from tilegan.methods.siamese_losses import feature_distance, tones
from tilegan.methods.style_distance import palette_regions, region_of, regional_distance
from tilegan.networks.build import (
    RECOLORING_GENERATOR,
    STROKE_DISCRIMINATOR,
    build_discriminator,
    build_generator,
)
from tilegan.networks.frozen import TAPS, FrozenFeatures, frozen_features
from tilegan.networks.style_samples import StyleSamples, vectors
from tilegan.networks.style_views import TONE_CELL, TONES, view_channels, views, with_tones
from tilegan.options import described, option

PER_IMAGE = 1024  # vectors of each view and generated image
FEATURES = tuple(f"features_{tap}" for tap in range(TAPS))  # their names among what a batch has made
OF_TARGET = 4096  # vectors of each view of the target with which those of a batch are compared
DIRECTIONS = 16
_LEAST = 1e-3  # added to deviations, so that constant channels do not count
_LEAST_SHARE = 0.1  # of the mean deviation: channels of VGG networks that the painting hardly excites count less


@described
@dataclass(frozen=True)
class NeuralStyleSettings(RepaintingSettings):
    """Hyperparameters of the method, in addition to those of every method that repaints.

    Raises:
        SettingError: a value is out of range.
    """

    regions: int = option(6, "Regions of the target's palette, whose features are compared apart", least=1)
    style_weight: float = option(
        12.0, "Weight of the distance of distributions of frozen features from those of the target", least=0
    )
    adversarial_weight: float = option(0.6, "Weight of the adversarial loss, by which strokes become distinct", least=0)
    feature_weight: float = option(0.5, "Weight of the content loss, on deep frozen features", least=0)
    tone_weight: float = option(1.0, "Weight of the loss on mean colors of areas", metavar="W", least=0)
    palette: float = option(
        1.0,
        "Share of the target's hue and chroma: 1 matches them, 0 keeps those of the source",
        metavar="SHARE",
        least=0,
        most=1,
    )
    vgg: str = option(
        "",
        "Safetensors file with the weights of a VGG network, named as in torchvision, whose features are compared and "
        "judged instead of those of EfficientNet-Lite0",
        metavar="FILE",
    )

    def check_files(self) -> None:
        """See ``MethodSettings.check_files``."""
        if self.vgg:
            frozen_features(self.vgg)


class NeuralStyle(Repainting[NeuralStyleSettings]):
    """One generator, a discriminator of patches, frozen features, and a sample of those of the target."""

    name: ClassVar = "neural-style"
    needs: ClassVar = "a folder, and the file of one painting; or two folders, unpaired"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = False
    labels: ClassVar = NO_LABELS
    paper: ClassVar = (
        "Johnson et al., 'Perceptual Losses for Real-Time Style Transfer and Super-Resolution' (ECCV 2016)"
    )
    settings_type: ClassVar[type[MethodSettings]] = NeuralStyleSettings
    architectures: ClassVar = (RECOLORING_GENERATOR, STROKE_DISCRIMINATOR)
    rates: ClassVar = (8e-4, 1e-4)
    betas: ClassVar = (0.5, 0.99)
    sides: ClassVar = (64, 512)

    @classmethod
    def build(cls, settings: NeuralStyleSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``.

        Raises:
            ModelError: the VGG file is invalid.
        """
        frozen = frozen_features(settings.vgg)
        judge = build_discriminator(discriminator | {"features": frozen.channels})
        return cls(build_generator(generator), judge, settings, frozen)

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, settings: NeuralStyleSettings, frozen: FrozenFeatures
    ) -> None:
        super().__init__(generator, discriminator, settings)
        self.frozen = frozen
        self.samples = StyleSamples(tuple(channels + TONES for channels in view_channels(frozen)))

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``; frozen features and samples are part of 'discriminator', so that they are stored."""
        judges = {"discriminator": self.discriminator, "frozen": self.frozen, "samples": self.samples}
        return super().networks() | {"discriminator": nn.ModuleDict(judges)}

    def generator_loss(self, batch: Batch) -> Losses:
        """``w_s mean_v SW(v) + w_c d(a, G(a)) - w_a log D(G(a))``, and the losses on tones and patterns."""
        crops, settings = judged(batch, self.settings), self.settings
        translated = translate(self.generator, crops, settings)
        with torch.no_grad():
            source = self.frozen(crops.source)
            if not self.samples.full:
                seen = views(self.frozen, crops.target, self.frozen(crops.target))
                seen = with_tones(seen, tones(crops.target, TONE_CELL))
                self.samples.remember([gather(each, crops) for each in seen], crops.seed)
        features = self.frozen(translated)
        named = zip(("translated", *FEATURES), (translated, *features), strict=True)
        batch.made = {name: each.detach() for name, each in named}
        return {
            "style": settings.style_weight * self._style(crops, translated, features),
            "content": settings.feature_weight * feature_distance(source[-1], features[-1]),
            "generator": settings.adversarial_weight * self._judged(translated, features, 1),
            **self.repainting_losses(crops, translated),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-log D(b) - log(1 - D(G(a)))``, for each patch, and each place of frozen features."""
        crops, made = judged(batch, self.settings), batch.made
        with torch.no_grad():
            features = self.frozen(crops.target)
        return {
            "real": self._judged(crops.target, features, 1),
            "translated": self._judged(made["translated"], [made[name] for name in FEATURES], 0),
        }

    def _judged(self, images: torch.Tensor, features: list[torch.Tensor], wanted: float) -> torch.Tensor:
        """Return the cross entropy of the scores of patches, and the mean of those of features, half each."""
        patches, *others = (cross_entropy(scores, wanted) for scores in self.discriminator(images, features))
        return (patches + torch.stack(others).mean()) / 2

    def _style(self, crops: Batch, translated: torch.Tensor, features: list[torch.Tensor]) -> torch.Tensor:
        """Return the mean over views of the distances of the batch, as one set, from the target, by region."""
        wanted_tones = self._moved(crops, tones(crops.source, TONE_CELL))
        draw = torch.Generator().manual_seed(crops.seed)
        centers = palette_regions(self.samples.of(0)[:, -TONES:], self.settings.regions)
        found = []
        for view, each in enumerate(with_tones(views(self.frozen, translated, features), wanted_tones)):
            rows = gather(vectors(each, PER_IMAGE, crops.seed), crops).flatten(0, 1)
            wanted = self.samples.some(view, OF_TARGET, crops.seed)
            regions = region_of(rows[:, -TONES:], centers), region_of(wanted[:, -TONES:], centers)
            rows, wanted = rows[:, :-TONES], wanted[:, :-TONES]
            mean, deviation = wanted.mean(0), wanted.std(0) + _LEAST
            deviation = deviation.clamp(min=_LEAST_SHARE * deviation.mean())
            directions = nn.functional.normalize(torch.randn(len(mean), DIRECTIONS, generator=draw), dim=0)
            rows, wanted = ((each - mean) / deviation for each in (rows, wanted))
            found.append(regional_distance(rows, wanted, regions, directions.to(rows.device)))
        return torch.stack(found).mean()


METHOD = NeuralStyle
