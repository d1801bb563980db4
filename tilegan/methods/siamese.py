"""The Siamese GAN: a discriminator whose vectors tell realism by their length and content by their differences.

The discriminator D maps an image to a vector. Real targets B are pulled to the origin, translations AB = G(A) pushed
away from it, and the generator G pulls them back. Differences between the vectors of two sources must point the same
way as those between their translations; G and D both maximize that, so content is kept without any loss per pixel.

Source: M. Pasini, 'A New Way to look at GANs' and 'Style Transfer with GANs on HD Images' (Towards Data Science, 2019).
The article writes one distance, Eucl, for all three lengths; squared for D(B), plain for D(AB) is our
reading of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import ClassVar, Self

import torch

from tilegan.methods.adversaries import Adversaries
from tilegan.methods.augment import color_transforms, move_mean_colors, transform_colors
from tilegan.methods.base import FITTED, NO_LABELS, UNPAIRED, Batch, Colors, Losses, MethodSettings, before
from tilegan.methods.color_map import ColorMap, fit_color_map, move_colors
from tilegan.methods.gather import gather
from tilegan.methods.passes import judged, translate, whole_of
from tilegan.methods.seams import common_energy, seam_energies, weave_patterns
from tilegan.methods.siamese_losses import (
    content_cosine,
    feature_distance,
    real_length,
    tone_distance,
    tones,
    translated_length,
    translated_margin,
)
from tilegan.networks.build import (
    JOINT_DISCRIMINATOR,
    PAINTING_GENERATOR,
)
from tilegan.networks.generator import ResidualGenerator
from tilegan.networks.projected import JointDiscriminator
from tilegan.networks.style_memory import StyleMemory, channel_statistics, color_textures
from tilegan.networks.styles import other_styles, with_planes


@dataclass(frozen=True)
class SiameseSettings(MethodSettings):
    """The method's own numbers, beside those of every method.

    Attributes:
        margin: length beyond which a translation's vector is not pushed any further.
        content_weight: weight of the cosine terms, in both networks' losses. At 1 strokes are forbidden that are larger
            than what they repaint.
        feature_weight: weight of the generator's loss on deep frozen features, where the discriminator has some: eyes,
            twigs and outlines stay, whatever they are painted with.
        style_weight: weight of the generator's loss on the statistics of frozen features, likewise: the distance of the
            set of translations from that of the targets. It finds a manner soon, and a sloppy one; judges refine it.
        texture_weight: weight of the same for textures in light and color: without it paint is gray relief on colors
            of the photograph.
        style_start: share of the training before which there are no such losses: without strokes that judges have
            found, they make a relief of the photograph.
        lightness: how far the tones of translations move along the color map in how light they are, from the sources'
            at 0 to the targets' at 1.
        palette: likewise in all else that makes a color: skies stay sky-colored half of the way.
        color_jitter: strength of the random color transforms through which D sees all images: with few targets it
            would soon know their colors by heart.
        tone_weight: weight of the generator's loss on the mean colors of cells; at 0 yellow blots appear in skies.
        tone_cell: side of these cells, in pixels: within them strokes may have any colors.
        seam_weight: weight of the generator's loss on what repeats with the tile in joined images: D hardly sees that
            one edge of all tiles is a little darker than the other, which makes a grid of even areas.
        seam_start: share of the training before which there is no such loss: it keeps strokes small, and these have
            to be found first.
        weave_weight: weight of the generator's loss on what repeats with its cell in all images: noise, of which a cell
            has one value, makes a fine weave of even areas.
        color_maps: of each style, from the sources' colors to the targets'; fitted to the images.

    Raises:
        SettingError: a number cannot work.
    """

    margin: float = 2.0
    content_weight: float = 0.4
    feature_weight: float = 2.0
    style_weight: float = 2.0
    texture_weight: float = field(default=2.0, metadata=before(0.0))
    style_start: float = 0.25
    lightness: float = 1.0
    palette: float = 0.5
    color_jitter: float = 0.5
    tone_weight: float = 0.75
    tone_cell: int = 32
    seam_weight: float = 200.0
    seam_start: float = 0.5
    weave_weight: float = field(default=1e5, metadata=before(0.0))
    color_maps: list[ColorMap] = field(default_factory=list, metadata=FITTED)

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        self.check(0 < self.margin < inf, f"margin must be above 0, not {self.margin}")
        self.check_weights(
            "content_weight",
            "feature_weight",
            "style_weight",
            "texture_weight",
            "color_jitter",
            "tone_weight",
            "seam_weight",
            "weave_weight",
        )
        self.check(self.tone_cell >= 1, f"tone cell must be 1 or more, not {self.tone_cell}")
        self.check(0 <= self.lightness <= 1, f"lightness must be from 0 to 1, not {self.lightness}")
        self.check(0 <= self.palette <= 1, f"palette must be from 0 to 1, not {self.palette}")
        for name, start in (("seam", self.seam_start), ("style", self.style_start)):
            self.check(0 <= start <= 1, f"{name} start must be from 0 to 1, not {start}")

    def fitted(self, colors: Callable[[], tuple[Colors, list[Colors]]]) -> Self:
        """These settings with a color map for each style, if anything is to move along it."""
        if self.lightness == self.palette == 0:
            return self
        sources, targets = colors()
        return replace(self, color_maps=[fit_color_map(sources, each) for each in targets])

    def unfitted(self) -> Self:
        """These settings without color maps."""
        return replace(self, color_maps=[])


class Siamese(Adversaries[SiameseSettings]):
    """One generator, one discriminator, and the losses of a batch."""

    name: ClassVar = "siamese"
    needs: ClassVar = "two folders, unpaired"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = True
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "M. Pasini, 'Style Transfer with GANs on HD Images' (Towards Data Science, 2019)"
    settings_type: ClassVar[type[MethodSettings]] = SiameseSettings
    architectures: ClassVar = (PAINTING_GENERATOR, JOINT_DISCRIMINATOR)
    rates: ClassVar = (5e-4, 3e-4)
    betas: ClassVar = (0.5, 0.99)
    sides: ClassVar = (64, 512)

    def generator_loss(self, batch: Batch) -> Losses:
        """``mean ||D(AB)|| - w cos``, what sets tones, and what repeats with the tile and with the cell."""
        given = judged(batch, self.settings)
        translated = translate(self.generator, given, self.settings)
        batch.made["translated"] = translated.detach()
        transforms = self._transforms(given, 0)
        with torch.no_grad():  # D is frozen, and sources are what they are
            source = transform_colors(given.source, transforms)
            source_features = self._features(source)
            (of_source,) = self._vectors(given, source_features, source)
        seen = transform_colors(translated, transforms)
        features = self._features(seen)
        (of_translated,) = self._vectors(given, features, seen)
        batch.made["seen"] = torch.cat((source, seen.detach()))
        for number, each in enumerate(zip(source_features, features, strict=True)):
            batch.made[f"features {number}"] = torch.cat(each).detach()
        losses = {
            "generator_length": translated_length(of_translated),
            "generator_content": -self.settings.content_weight * content_cosine(of_source, of_translated),
            "generator_tone": self.settings.tone_weight
            * tone_distance(self._wanted(given), translated, self.settings.tone_cell),
        }
        changes = translated.float() - self._moved(given, given.source)
        losses["generator_seams"] = self.settings.seam_weight * self._seams(given, changes)
        losses["generator_weave"] = self.settings.weave_weight * self._weave(given, changes)
        if features:
            distance = feature_distance(source_features[-1], features[-1])
            losses["generator_features"] = self.settings.feature_weight * distance
            for name, (memory, rows) in self._statistics(features, translated).items():
                weight = self.settings.style_weight if name == "style" else self.settings.texture_weight
                losses[f"generator_{name}"] = weight * self._distance(given, memory, rows)
        return losses

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``mean ||D(B)||^2 + mean max(0, margin - ||D(AB)||) - w cos``.

        With several styles there is also ``mean max(0, margin - ||D(B, another style)||) / 2``: targets that go by the
        name of another style count as not real (Reed et al. 2016, 'Generative Adversarial Text to Image Synthesis',
        section 4.2). Without this the discriminator hardly cared for styles.
        """
        given = judged(batch, self.settings)
        target = move_mean_colors(given.target, self._wanted(given))
        target = transform_colors(target, self._transforms(given, 1))
        of_target_features = self._features(target)
        if of_target_features:
            for memory, rows in self._statistics(of_target_features, given.target).values():
                memory.remember(gather(rows, given), _numbers(given), translated=False)
        known = [batch.made[f"features {number}"] for number in range(len(of_target_features))]
        features = [torch.cat(each) for each in zip(known, of_target_features, strict=True)]
        seen = batch.made["seen"].chunk(2)
        of_source, of_translated, of_target = self._vectors(given, features, *seen, target)
        losses = {
            "real_length": real_length(of_target),
            "translated_margin": translated_margin(of_translated, self.settings.margin),
            "discriminator_content": -self.settings.content_weight * content_cosine(of_source, of_translated),
        }
        others = other_styles(given.styles, given.seed)
        if others is None:
            return losses
        (of_other,) = self._vectors(replace(given, styles=others), of_target_features, target)
        return losses | {"other_style": translated_margin(of_other, self.settings.margin) / 2}

    def _moved(self, given: Batch, colors: torch.Tensor) -> torch.Tensor:
        """Colors of the sources, (N, 3, H, W), moved along the color maps of their styles."""
        maps = torch.tensor(self.settings.color_maps, device=colors.device)
        if not len(maps):
            return colors
        shares = maps.new_ones(len(colors), 1) if given.styles is None else given.styles
        maps = torch.tensordot(shares, maps, 1)
        return move_colors(colors, maps, self.settings.lightness, self.settings.palette)

    def _seams(self, given: Batch, changes: torch.Tensor) -> torch.Tensor:
        """What repeats with the tile in the images of all processes that were joined of tiles."""
        if not self.settings.joined or given.progress < self.settings.seam_start:
            return changes.new_zeros(())
        energies = gather(seam_energies(changes), given)
        joined = energies[whole_of(self.settings, given.total) :]
        return joined.sum() / max(1, len(joined))

    def _weave(self, given: Batch, changes: torch.Tensor) -> torch.Tensor:
        """What repeats with the generator's cell in the images of all processes; 0 if it has none."""
        cell = self.generator.stride if isinstance(self.generator, ResidualGenerator) else 1
        return common_energy(gather(weave_patterns(changes, cell), given))

    def _wanted(self, given: Batch) -> torch.Tensor:
        """The tones that the translations of a batch should have."""
        return self._moved(given, tones(given.source, self.settings.tone_cell))

    def _features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Frozen features of images (N, 3, H, W), finest first; none where D does not look with such."""
        return self.discriminator.features(images) if isinstance(self.discriminator, JointDiscriminator) else []

    def _statistics(
        self, features: list[torch.Tensor], images: torch.Tensor
    ) -> dict[str, tuple[StyleMemory, torch.Tensor]]:
        """Statistics of images, (N, values), and what remembers those of others: of features, and of textures."""
        assert isinstance(self.discriminator, JointDiscriminator)
        found = {"style": (self.discriminator.memory, channel_statistics(features))}
        if self.discriminator.textures is not None:
            found["textures"] = self.discriminator.textures, color_textures(images)
        return found

    def _distance(self, given: Batch, memory: StyleMemory, rows: torch.Tensor) -> torch.Tensor:
        """How far translations are from targets by their statistics (n, values), which are then remembered."""
        rows, styles = gather(rows, given), _numbers(given)
        distance = memory.distance(rows, styles)
        memory.remember(rows, styles, translated=True)
        return distance if given.progress >= self.settings.style_start else torch.zeros_like(distance)

    def _vectors(self, given: Batch, features: list[torch.Tensor], *images: torch.Tensor) -> list[torch.Tensor]:
        """Vectors of images (N, 3, H, W) of a batch, of all processes, in one pass; features are of all images."""
        styles = None if given.styles is None else given.styles.repeat(len(images), 1)
        planes = with_planes(torch.cat(images), styles)
        vectors = (self.discriminator(planes, features) if features else self.discriminator(planes)).chunk(len(images))
        return [gather(part, given) for part in vectors]

    def _transforms(self, batch: Batch, domain: int) -> torch.Tensor:
        """Color transforms for the sources and their translations, seen alike (0), or for the targets (1)."""
        device, seed = batch.source.device, 2 * batch.seed + domain
        drawn = color_transforms(batch.total, self.settings.color_jitter, seed, device)
        return drawn[batch.first : batch.first + len(batch.source)]


def _numbers(given: Batch) -> torch.Tensor:
    """The number of each target's style, (N,), of all processes; 0 where there is but one."""
    if given.styles is None:
        return torch.zeros(given.total, dtype=torch.int64)
    return gather(given.styles, given).argmax(1)
