"""StackGAN: paintings by words. Images are painted as a text says, in two stages, and judged with their captions.

Source: H. Zhang et al. 2017, 'StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial
Networks'. There images are made from noise and a text; here a text says how an image is painted, so losses on its
content are added. A wrong caption makes a real image unreal (S. Reed et al. 2016, 'Generative Adversarial Text to Image
Synthesis').
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.methods.adversaries import Adversaries
from tilegan.methods.base import NO_LABELS, UNPAIRED, Batch, Losses, MethodSettings
from tilegan.methods.passes import judged, translate
from tilegan.methods.settings import before
from tilegan.methods.siamese_losses import feature_distance
from tilegan.methods.stackgan_losses import (
    matching_loss,
    over_cells,
    own_caption_loss,
    palette_distance,
    structure_distance,
)
from tilegan.networks.build import MATCHING_DISCRIMINATOR, STACKED_GENERATOR, build_discriminator, build_generator
from tilegan.networks.efficientnet import CHANNELS, STRIDE
from tilegan.networks.matching import Judged, MatchingDiscriminator, described
from tilegan.networks.stacked import StackedGenerator
from tilegan.networks.style_memory import StyleMemory, channel_statistics, color_textures
from tilegan.networks.words import divergence
from tilegan.options import described as documented
from tilegan.options import option

TEXTURED = 32  # sides of images whose textures are measured are multiples of this

Seen = tuple[torch.Tensor, list[torch.Tensor]]  # images (N, 3, H, W) and their frozen features


@documented
@dataclass(frozen=True)
class StackGanSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    The losses on content and structure are blind to color and brightness, so that words are free to change them.

    Raises:
        SettingError: a value is out of range.
    """

    match_weight: float = option(
        0.5, "Weight of the generator's loss on whether its images match their text better than others", least=0
    )
    divergence_weight: float = option(
        0.1,
        "Weight of the divergence of the conditions of texts from a normal distribution; lambda in the paper is 1",
        least=0,
    )
    feature_weight: float = option(
        0.5, "Weight of the loss on deep frozen features, which keeps eyes, twigs and outlines", least=0
    )
    structure_weight: float = option(
        2.0, "Weight of the loss on lightness relative to its mean and contrast, which keeps light and shadow", least=0
    )
    hue_weight: float = option(
        0.5,
        "Weight of the same loss on hues, which keeps areas of different colors apart",
        least=0,
        metadata=before(0.0),
    )
    palette_weight: float = option(
        10.0,
        "Weight of the loss on mean and contrast of colors: those of the target whose caption is the text",
        least=0,
    )
    style_weight: float = option(
        1.0, "Weight of the loss on statistics of frozen features: distance of generated images from targets", least=0
    )
    texture_weight: float = option(
        1.0, "Weight of the same loss on textures in lightness and color", least=0, metadata=before(0.0)
    )
    told_weight: float = option(
        1.0,
        "Weight of the distance from the target whose caption is the text, beside that from all, in these two losses",
        least=0,
        metadata=before(0.0),
    )
    first_share: float = option(
        0.4, "Share of the steps in which the first stage is trained; then it rests", least=0, most=1
    )


class StackGan(Adversaries[StackGanSettings]):
    """A generator of two stages that is told a text, and a discriminator that is told a caption."""

    name: ClassVar = "stackgan"
    needs: ClassVar = "two folders, unpaired, and --captions of the targets"
    examples: ClassVar = UNPAIRED
    styles: ClassVar = False
    captions: ClassVar = True
    rests: ClassVar = True
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "Zhang et al., 'StackGAN: Text to Photo-realistic Image Synthesis with Stacked ...' (ICCV 2017)"
    settings_type: ClassVar[type[MethodSettings]] = StackGanSettings
    architectures: ClassVar = (STACKED_GENERATOR, MATCHING_DISCRIMINATOR)
    rates: ClassVar = (1e-3, 3e-4)
    betas: ClassVar = (0.5, 0.99)
    sides: ClassVar = (64, 192)

    def __init__(
        self, generator: StackedGenerator, discriminator: MatchingDiscriminator, settings: StackGanSettings
    ) -> None:
        super().__init__(generator, discriminator, settings)
        self.stacked, self.judge = generator, discriminator

    @classmethod
    def build(cls, settings: StackGanSettings, generator: dict[str, Any], discriminator: dict[str, Any]) -> Self:
        """See ``Method.build``.

        Raises:
            SettingError: the generator knows no words.
            ModelError: the generator has no stages, or the discriminator judges no captions.
        """
        if not generator.get("words"):
            raise SettingError(f"{cls.name} learns from captions: give them, --captions")
        made = build_generator(generator)
        if not isinstance(made, StackedGenerator):
            raise ModelError(f"{cls.name} trains stage by stage: use the generator 'stacked', not {generator['name']}")
        judge = build_discriminator(discriminator | {"words": len(generator["words"])})
        if not isinstance(judge, MatchingDiscriminator):
            raise ModelError(f"{cls.name} judges captions: use the discriminator 'matching', not {discriminator}")
        return cls(made, judge, settings)

    def generator_loss(self, batch: Batch) -> Losses:
        """``-log D(G(a, c), c)``, the divergence of conditions, and losses on match, content, structure and style.

        While the first stage is trained, all images are reduced to its size.
        """
        crops, settings = judged(batch, self.settings), self.settings
        assert crops.captions is not None
        texts = crops.captions[:, 0]
        last = self.stage(crops.progress)
        condition, means, spreads = self._condition(crops, texts, last)
        painted = translate(_Stages(self.stacked, last), crops, settings, condition)
        source = _reduced(crops.source, painted)
        features = self.judge.features(painted)
        with torch.no_grad():
            deep = self.judge.features(source)[-1]
        found = self.judge(painted, features)
        matches = self.judge.matches(found.points, crops.captions)
        batch.made = {f"features {number}": each.detach() for number, each in enumerate(features)}
        batch.made |= {"painted": painted.detach(), "texts": texts}
        target = _reduced(crops.target, painted)
        with torch.no_grad():
            of_target = self.judge.features(target)
        batch.made |= {f"target {number}": each for number, each in enumerate(of_target)}
        light, hues = structure_distance(source, painted)
        return {
            "generator": over_cells(found.cells, matches[:, :1], 1),
            "match": settings.match_weight * own_caption_loss(matches),
            "divergence": settings.divergence_weight * divergence(means, spreads),
            "features": settings.feature_weight * feature_distance(deep, features[-1]),
            "palette": settings.palette_weight * palette_distance(target, painted),
            "structure": settings.structure_weight * light,
            "hues": settings.hue_weight * hues,
            **self._style_losses((painted, features), (target, of_target)),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-log D(b, c) - [log(1 - D(b, c')) + log(1 - D(G(a, c), c))] / 2``, c' captions of other images.

        The space of images and captions is learned from real images only: the match of generated ones is fixed in the
        last term, which is learned by the scores of cells.
        """
        crops = judged(batch, self.settings)
        assert crops.captions is not None
        painted, texts = batch.made["painted"], batch.made["texts"]
        target = _reduced(crops.target, painted)
        known, features = (
            [batch.made[f"{kind} {number}"] for number in range(len(CHANNELS))] for kind in ("features", "target")
        )
        for memory, rows in self._statistics(target, features).values():
            memory.remember(rows, _only(rows), translated=False)
        self.judge.scales.see(described(target, features))
        real: Judged = self.judge(target, features)
        matches = self.judge.matches(real.points, crops.captions)
        of_right, of_wrong = matching_loss(real.cells, matches[:, 0], matches[:, 1:])
        made: Judged = self.judge(painted, known)
        with torch.no_grad():
            of_text = self.judge.matches(made.points, texts)[:, None]
        of_made = over_cells(made.cells, of_text, 0) / 2
        return {"real_right": of_right, "real_wrong": of_wrong, "painted": of_made}

    def _style_losses(self, painted: Seen, target: Seen) -> Losses:
        """Return the losses on style and texture, and remember the statistics of painted images."""
        losses, wanted = {}, self._statistics(*target)
        for name, (memory, rows) in self._statistics(*painted).items():
            weight = self.settings.style_weight if name == "style" else self.settings.texture_weight
            own = memory.pair_distance(rows, wanted[name][1], _only(rows))
            losses[name] = weight * (memory.distance(rows, _only(rows)) + self.settings.told_weight * own)
            memory.remember(rows, _only(rows), translated=True)
        return losses

    def _statistics(
        self, images: torch.Tensor, features: list[torch.Tensor]
    ) -> dict[str, tuple[StyleMemory, torch.Tensor]]:
        """Return statistics of images, (N, values), of features and of textures, each with its memory."""
        found = {"style": (self.judge.memory, channel_statistics(features))}
        if self.judge.textures is not None:
            height, width = (side - side % TEXTURED for side in images.shape[2:])
            found["textures"] = self.judge.textures, color_textures(images[..., :height, :width])
        return found

    @torch.no_grad()
    def matches(self, images: torch.Tensor, bags: torch.Tensor, progress: float) -> torch.Tensor:
        """See ``JudgesCaptions``."""
        self.judge.eval()
        try:
            seen = images if self.stage(progress) else nn.functional.avg_pool2d(images, self.stacked.factor)
            height, width = (side // STRIDE * STRIDE for side in seen.shape[2:])
            points = self.judge(seen[..., :height, :width]).points
            return self.judge.matches(points, bags.expand(len(points), *bags.shape))
        finally:
            self.judge.train()

    def stage(self, progress: float) -> int:
        """Return the stage that is trained after a share of the training: 0 or 1."""
        return int(progress >= self.settings.first_share)

    def _condition(
        self, crops: Batch, texts: torch.Tensor, last: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Draw the conditions of both stages, and return means and spreads of the one that is trained.

        A stage that rests gets the means, as when it is finished.
        """
        random = torch.Generator().manual_seed(crops.seed)
        drawn = torch.randn(crops.total, self.stacked.values, generator=random)
        normal = drawn[crops.first : crops.first + len(texts)].to(texts.device)
        parts, trained = [], self.stacked.stages[last]
        assert trained.conditioning is not None
        means, spreads = trained.conditioning(texts)
        for stage in self.stacked.stages:
            assert stage.conditioning is not None
            with torch.no_grad():
                resting = stage.conditioning(texts)[0]
            parts.append(means + spreads.exp() * normal if stage is trained else resting)
        return self.stacked.condition_of(parts, texts), means, spreads


class _Stages(nn.Module):
    """The stages of a generator in use, as one network, of which the last one is trained."""

    def __init__(self, generator: StackedGenerator, last: int) -> None:
        super().__init__()
        self.generator, self.last = generator, last

    def forward(self, image: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.generator(image, condition, self.last, self.last)
        return made


def _only(rows: torch.Tensor) -> torch.Tensor:
    """Return the style indices of rows: there is one style."""
    return torch.zeros(len(rows), dtype=torch.int64)


def _reduced(images: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """Return images reduced to the size of painted ones."""
    factor = images.shape[2] // painted.shape[2]
    return images if factor == 1 else nn.functional.avg_pool2d(images, factor)


METHOD = StackGan
