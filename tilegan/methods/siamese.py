"""The Siamese GAN: a discriminator whose vectors encode realism in their length and content in their differences.

The discriminator D maps an image to a vector. Real targets B are pulled to the origin, generated images AB = G(A) are
pushed away from it, and the generator G pulls them back. Differences between the vectors of two sources must have the
same direction as those between their outputs; G and D both maximize this, so that content is kept without a loss per
pixel.

Source: M. Pasini, 'A New Way to look at GANs' and 'Style Transfer with GANs on HD Images' (Towards Data Science, 2019).
The article writes one distance, Eucl, for all three lengths; squared for D(B), plain for D(AB) is our interpretation.
"""

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import nn

from tilegan.methods.augment import color_transforms, move_mean_colors, transform_colors
from tilegan.methods.base import NO_LABELS, UNPAIRED, Batch, Losses, MethodSettings
from tilegan.methods.codes import code_loss, recovery
from tilegan.methods.gather import gather
from tilegan.methods.kept import Kept, kept_distance, same_noise
from tilegan.methods.passes import judged, translate
from tilegan.methods.repainting import Repainting
from tilegan.methods.siamese_losses import (
    content_cosine,
    feature_distance,
    real_length,
    translated_length,
    translated_margin,
)
from tilegan.methods.siamese_settings import BETAS, RATES, SIDES
from tilegan.methods.siamese_settings import SiameseSettings as SiameseSettings  # where it is imported from, as well
from tilegan.networks.build import JOINT_DISCRIMINATOR, PAINTING_GENERATOR
from tilegan.networks.code_head import CodeHead, changed_statistics
from tilegan.networks.projected import JointDiscriminator
from tilegan.networks.stroke_directions import stroke_directions
from tilegan.networks.style_memory import StyleMemory, channel_statistics, color_textures
from tilegan.networks.styles import other_styles, with_planes


class Siamese(Repainting[SiameseSettings]):
    """One generator, one discriminator, and their losses."""

    name: ClassVar = "siamese"
    needs: ClassVar = "two folders, unpaired"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = True
    codes: ClassVar = True
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "M. Pasini, 'Style Transfer with GANs on HD Images' (Towards Data Science, 2019)"
    settings_type: ClassVar[type[MethodSettings]] = SiameseSettings
    architectures: ClassVar = (PAINTING_GENERATOR, JOINT_DISCRIMINATOR)
    rates: ClassVar = RATES
    betas: ClassVar = BETAS
    sides: ClassVar = SIDES

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: SiameseSettings) -> None:
        super().__init__(generator, discriminator, settings)
        self.kept = Kept(generator) if settings.keep_weight else None

    def networks(self) -> dict[str, nn.Module]:
        """See ``Method.networks``; the generator as it was at the start is part of 'discriminator', to be stored."""
        if self.kept is None:
            return super().networks()
        judges = {"discriminator": self.discriminator, "kept": self.kept}
        return super().networks() | {"discriminator": nn.ModuleDict(judges)}

    def generator_loss(self, batch: Batch) -> Losses:
        """``mean ||D(AB)|| - w cos``, and the losses on tones, on frozen features, and on patterns of tile and cell.

        With a weight of keeping, also that on the distance from the results of the generator at the start.
        """
        crops = judged(batch, self.settings)
        with same_noise(crops):
            translated = translate(self.generator, crops, self.settings)
        batch.made["translated"] = translated.detach()
        transforms = self._transforms(crops, 0)
        source, seen = (transform_colors(each, transforms) for each in (crops.source, translated))
        with torch.no_grad():
            source_features = self._features(source)
        features = self._features(seen)
        batch.made["seen"] = torch.cat((source, seen.detach()))
        for number, each in enumerate(zip(source_features, features, strict=True)):
            batch.made[f"features {number}"] = torch.cat(each).detach()
        losses = {
            **self._judgment(crops, source, source_features, seen, features),
            **self.repainting_losses(crops, translated),
        }
        if self.kept is not None:
            wanted = self.kept.results(self.generator, crops, self.settings)
            with torch.no_grad():
                wanted_features = self._features(transform_colors(wanted, transforms))
            distance = kept_distance(wanted, translated, wanted_features, features, self.settings.keep_tones)
            losses["generator_kept"] = self.settings.keep_weight * distance
        if features:
            distance = feature_distance(source_features[-1], features[-1])
            losses["generator_features"] = self.settings.feature_weight * distance
            weights = {
                "style": self.settings.style_weight,
                "textures": self.settings.texture_weight,
                "directions": self.settings.direction_weight,
            }
            for name, (memory, rows) in self._statistics(features, translated).items():
                losses[f"generator_{name}"] = weights[name] * self._distance(crops, memory, rows)
        if crops.codes is not None:
            rows = changed_statistics(self._plain_features(crops, transforms), features)
            losses["generator_codes"] = self.settings.code_weight * self._code_loss(crops, rows)
        return losses

    def _judgment(
        self,
        crops: Batch,
        source: torch.Tensor,
        source_features: list[torch.Tensor],
        seen: torch.Tensor,
        features: list[torch.Tensor],
    ) -> Losses:
        """Return the losses on vectors of sources and of generated images, (N, 3, H, W), as D sees them."""
        if not self._judges:
            return {}
        with torch.no_grad():  # D is frozen, and sources are constant
            (of_source,) = self._vectors(crops, source_features, source)
        (of_translated,) = self._vectors(crops, features, seen)
        return {
            "generator_length": self.settings.adversarial_weight * translated_length(of_translated),
            "generator_content": -self.settings.content_weight * content_cosine(of_source, of_translated),
        }

    @property
    def _judges(self) -> bool:
        """Whether the generator learns from vectors of D, which otherwise learns nothing."""
        return self.settings.adversarial_weight > 0 or self.settings.content_weight > 0

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``mean ||D(B)||^2 + mean max(0, margin - ||D(AB)||) - w cos``.

        With several styles there is also ``mean max(0, margin - ||D(B, another style)||) / 2``: targets with the label
        of another style count as not real (Reed et al. 2016, 'Generative Adversarial Text to Image Synthesis', section
        4.2). Without this loss the discriminator hardly distinguished styles.
        """
        crops = judged(batch, self.settings)
        target = move_mean_colors(crops.target, self.wanted_tones(crops))
        target = transform_colors(target, self._transforms(crops, 1))
        of_target_features = self._features(target)
        if of_target_features:
            for memory, rows in self._statistics(of_target_features, crops.target).values():
                memory.remember(gather(rows, crops), _numbers(crops), translated=False)
        if not self._judges:
            return {}
        known = [batch.made[f"features {number}"] for number in range(len(of_target_features))]
        features = [torch.cat(each) for each in zip(known, of_target_features, strict=True)]
        seen = batch.made["seen"].chunk(2)
        of_source, of_translated, of_target = self._vectors(crops, features, *seen, target)
        losses = {
            "real_length": real_length(of_target),
            "translated_margin": translated_margin(of_translated, self.settings.margin),
            "discriminator_content": -self.settings.content_weight * content_cosine(of_source, of_translated),
        }
        others = other_styles(crops.styles, crops.seed)
        if others is None:
            return losses
        (of_other,) = self._vectors(replace(crops, styles=others), of_target_features, target)
        return losses | {"other_style": translated_margin(of_other, self.settings.margin) / 2}

    @classmethod
    def judged(cls, generator: dict[str, Any]) -> dict[str, Any]:
        """See ``Adversaries.judged``; and the codes that a head recovers."""
        return super().judged(generator) | ({"codes": generator["codes"]} if generator.get("codes") else {})

    @torch.no_grad()
    def recovered(self, plain: torch.Tensor, translated: torch.Tensor, codes: torch.Tensor) -> dict[str, float]:
        """See ``RecoversCodes``."""
        head = self._code_head()
        found = head(changed_statistics(self._features(plain), self._features(translated)), seed=0)
        return recovery(head.codes, found, codes)

    @torch.no_grad()
    def _plain_features(self, crops: Batch, transforms: torch.Tensor) -> list[torch.Tensor]:
        """Return frozen features of translations with default codes, in the colors in which others are judged."""
        plain = translate(self.generator, replace(crops, codes=None), self.settings)
        return self._features(transform_colors(plain, transforms))

    def _code_loss(self, crops: Batch, rows: torch.Tensor) -> torch.Tensor:
        """Return the loss on codes recovered from changes (n, values), of all processes, and remember these."""
        assert crops.codes is not None
        head, rows, values = self._code_head(), gather(rows, crops), gather(crops.codes, crops)
        loss = code_loss(head.codes, head(rows, crops.seed), values)
        head.remember(rows, values)
        return loss

    def _code_head(self) -> CodeHead:
        assert isinstance(self.discriminator, JointDiscriminator)
        assert self.discriminator.code_head is not None
        return self.discriminator.code_head

    def _features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return frozen features of images (N, 3, H, W), finest first; empty if D has none."""
        return self.discriminator.features(images) if isinstance(self.discriminator, JointDiscriminator) else []

    def _statistics(
        self, features: list[torch.Tensor], images: torch.Tensor
    ) -> dict[str, tuple[StyleMemory, torch.Tensor]]:
        """Return statistics of images, (N, values), of features, textures and directions, each with its memory."""
        assert isinstance(self.discriminator, JointDiscriminator)
        found = {"style": (self.discriminator.memory, channel_statistics(features))}
        if self.discriminator.textures is not None:
            found["textures"] = self.discriminator.textures, color_textures(images)
        if self.discriminator.directions is not None:
            found["directions"] = self.discriminator.directions, stroke_directions(images)
        return found

    def _distance(self, crops: Batch, memory: StyleMemory, rows: torch.Tensor) -> torch.Tensor:
        """Return the distance of generated images from targets by statistics (n, values), and remember these."""
        rows, styles = gather(rows, crops), _numbers(crops)
        distance = memory.distance(rows, styles)
        memory.remember(rows, styles, translated=True)
        return distance if crops.progress >= self.settings.style_start else torch.zeros_like(distance)

    def _vectors(self, crops: Batch, features: list[torch.Tensor], *images: torch.Tensor) -> list[torch.Tensor]:
        """Compute the vectors of images (N, 3, H, W) of all processes in one pass; ``features`` are of all images."""
        styles = None if crops.styles is None else crops.styles.repeat(len(images), 1)
        planes = with_planes(torch.cat(images), styles)
        vectors = (self.discriminator(planes, features) if features else self.discriminator(planes)).chunk(len(images))
        return [gather(part, crops) for part in vectors]

    def _transforms(self, batch: Batch, domain: int) -> torch.Tensor:
        """Draw color transforms: the same for sources and their outputs (domain 0), others for targets (1)."""
        device, seed = batch.source.device, 2 * batch.seed + domain
        drawn = color_transforms(batch.total, self.settings.color_jitter, seed, device)
        return drawn[batch.first : batch.first + len(batch.source)]


def _numbers(crops: Batch) -> torch.Tensor:
    """Return the index of each target's style, (N,), of all processes; 0 if there is only one style."""
    if crops.styles is None:
        return torch.zeros(crops.total, dtype=torch.int64)
    return gather(crops.styles, crops).argmax(1)


METHOD = Siamese
