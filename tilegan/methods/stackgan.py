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
from tilegan.methods.siamese_losses import feature_distance
from tilegan.networks.build import MATCHING_DISCRIMINATOR, STACKED_GENERATOR, build_discriminator, build_generator
from tilegan.networks.efficientnet import STRIDE
from tilegan.networks.matching import Judged, MatchingDiscriminator, described
from tilegan.networks.stacked import StackedGenerator
from tilegan.networks.style_memory import channel_statistics
from tilegan.networks.words import divergence
from tilegan.options import described as documented
from tilegan.options import option

LIGHT = (0.299, 0.587, 0.114)  # ITU-R BT.601


@documented
@dataclass(frozen=True)
class StackGanSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    The losses on content and structure are blind to color and brightness, so that words are free to change them.

    Raises:
        SettingError: a value is out of range.
    """

    match_weight: float = option(
        2.0, "Weight of the generator's loss on whether its images match their text better than others", least=0
    )
    divergence_weight: float = option(
        0.1,
        "Weight of the divergence of the conditions of texts from a normal distribution; lambda in the paper is 1",
        least=0,
    )
    feature_weight: float = option(
        2.0, "Weight of the loss on deep frozen features, which keeps eyes, twigs and outlines", least=0
    )
    structure_weight: float = option(
        2.0, "Weight of the loss on lightness relative to its mean and contrast, which keeps light and shadow", least=0
    )
    palette_weight: float = option(
        10.0,
        "Weight of the loss on mean and contrast of colors: those of the target whose caption is the text",
        least=0,
    )
    style_weight: float = option(
        1.0, "Weight of the loss on statistics of frozen features: distance of generated images from targets", least=0
    )
    first_share: float = option(
        0.5, "Share of the steps in which the first stage is trained; then it rests", least=0, most=1
    )


def matching_loss(real: list[torch.Tensor], right: torch.Tensor, wrong: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return D's losses on real images: ``-log D(b, c)`` and ``-log(1 - D(b, c'))``, half of the latter.

    The score of an image with a caption is that of its cells plus that of the match.

    Args:
        real: scores of cells, (N, 1, h, w) for each scale.
        right: matches of the images and their captions c, (N,).
        wrong: matches of the images and K captions c' of others, (N, K).

    Returns:
        Two scalars: means over cells, scales and captions.
    """
    of_right = _over_cells(real, right[:, None], 1)
    return of_right, _over_cells(real, wrong, 0) / 2


def _over_cells(cells: list[torch.Tensor], matches: torch.Tensor, wanted: float) -> torch.Tensor:
    """Return the mean cross-entropy of cells (N, 1, h, w) plus matches (N, K), over cells, matches and scales."""
    sign = 1 - 2 * wanted
    sums = [each.flatten(1)[:, None] + matches[..., None] for each in cells]
    return torch.stack([nn.functional.softplus(sign * each).mean() for each in sums]).mean()


def own_caption_loss(matches: torch.Tensor) -> torch.Tensor:
    """Return the mean of ``-log(exp m_0 / sum exp m_k)``: the first of K captions is found by its match m.

    (T. Xu et al. 2018, 'AttnGAN', section 3.2. That an image matches its text better than others tells a generator what
    is particular about the text; that it matches at all is learned first of what paintings have in common.)

    (N, K) -> scalar, in nats: log K if nothing is found.
    """
    return -nn.functional.log_softmax(matches, 1)[:, 0].mean()


def palette_distance(targets: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Return the mean squared difference of means and standard deviations of luma and two color differences.

    Of all palettes of paintings with the same words the generator learns the mean, which the discriminator refines.

    (N, 3, H, W) twice, in [-1, 1] -> scalar.
    """
    first, second = (_palette(each.float()) for each in (targets, translations))
    return (first - second).square().mean()


def _palette(images: torch.Tensor) -> torch.Tensor:
    """Return means and deviations of luma, red minus luma and blue minus luma, (N, 6)."""
    luma = (images.new_tensor(LIGHT)[:, None, None] * images).sum(1)
    values = torch.stack((luma, images[:, 0] - luma, images[:, 2] - luma), 1)
    return torch.cat((values.mean((2, 3)), (values.var((2, 3)) + 1e-6).sqrt()), 1)


def structure_distance(sources: torch.Tensor, translations: torch.Tensor) -> torch.Tensor:
    """Return the mean squared difference of lightness, of mean 0 and deviation 1 in each image, in cells of 4 pixels.

    (N, 3, H, W) twice -> scalar: 0 for any other brightness and contrast, 2 for unrelated images.
    """
    weights = sources.new_tensor(LIGHT)[:, None, None]
    first, second = (
        nn.functional.avg_pool2d((weights * each.float()).sum(1, keepdim=True), 4) for each in (sources, translations)
    )
    return feature_distance(first, second)


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
    rates: ClassVar = (1e-3, 1e-3)
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
        rows, only = channel_statistics(features), torch.zeros(len(painted), dtype=torch.int64)
        style = self.judge.memory.distance(rows, only)
        self.judge.memory.remember(rows, only, translated=True)
        return {
            "generator": _over_cells(found.cells, matches[:, :1], 1),
            "match": settings.match_weight * own_caption_loss(matches),
            "divergence": settings.divergence_weight * divergence(means, spreads),
            "features": settings.feature_weight * feature_distance(deep, features[-1]),
            "palette": settings.palette_weight * palette_distance(_reduced(crops.target, painted), painted),
            "structure": settings.structure_weight * structure_distance(source, painted),
            "style": settings.style_weight * style,
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
        features = self.judge.features(target)
        rows = channel_statistics(features)
        self.judge.memory.remember(rows, torch.zeros(len(rows), dtype=torch.int64), translated=False)
        self.judge.scales.see(described(target, features))
        real: Judged = self.judge(target, features)
        matches = self.judge.matches(real.points, crops.captions)
        of_right, of_wrong = matching_loss(real.cells, matches[:, 0], matches[:, 1:])
        known = [batch.made[f"features {number}"] for number in range(len(features))]
        made: Judged = self.judge(painted, known)
        with torch.no_grad():
            of_text = self.judge.matches(made.points, texts)[:, None]
        of_made = _over_cells(made.cells, of_text, 0) / 2
        return {"real_right": of_right, "real_wrong": of_wrong, "painted": of_made}

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
        return torch.cat(parts, 1), means, spreads


class _Stages(nn.Module):
    """The stages of a generator in use, as one network, of which the last one is trained."""

    def __init__(self, generator: StackedGenerator, last: int) -> None:
        super().__init__()
        self.generator, self.last = generator, last

    def forward(self, image: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.generator(image, condition, self.last, self.last)
        return made


def _reduced(images: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """Return images reduced to the size of painted ones."""
    factor = images.shape[2] // painted.shape[2]
    return images if factor == 1 else nn.functional.avg_pool2d(images, factor)


METHOD = StackGan
