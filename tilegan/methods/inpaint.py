"""PGGAN: holes are filled, judged as a whole and patch by patch, and compared with what was there.

Source: Demir and Unal 2018, 'Patch-Based Image Inpainting with Generative Adversarial Networks'.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import nn

from tilegan.methods.adversaries import Adversaries
from tilegan.methods.base import HOLED, NO_LABELS, Batch, Losses, MethodSettings
from tilegan.methods.holes import Holes, filled_at_once
from tilegan.methods.passes import judged, translate
from tilegan.methods.pix2pix import cross_entropy
from tilegan.methods.starts import with_starts
from tilegan.networks.build import FILLING_GENERATOR, PATCH_AND_GLOBAL_DISCRIMINATOR
from tilegan.options import described, option


@described
@dataclass(frozen=True)
class InpaintSettings(MethodSettings):
    """Hyperparameters of the method, in addition to those of every method.

    Raises:
        SettingError: a value is out of range.
    """

    whole_share: float = option(
        1.0,
        "Share of each batch that is filled as whole crops, as in use; the rest is filled tile by tile, without what "
        "is beside a tile",
        least=0,
        most=1,
    )

    reconstruction_weight: float = option(
        0.995, "Weight of the mean distance to the target in holes, in units of [-1, 1]", least=0
    )
    global_weight: float = option(2.5e-3, "Weight of the adversarial loss of the image as a whole", least=0)
    patch_weight: float = option(1e-2, "Weight of the adversarial loss of patches", least=0)
    adversary_from: float = option(
        0.5,
        "Share of the steps before the discriminator learns and judges; until then only distances count, in less than "
        "half the time for each step",
        least=0,
        most=1,
    )
    hole_width: int = option(
        16, "Width of the widest strokes and rectangles that are drawn as holes, in pixels", least=2, most=1024
    )

    @property
    def holes(self) -> Holes:
        """The holes that are drawn in training images."""
        return Holes(self.hole_width)


def hole_distance(filled: torch.Tensor, target: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return ``sum m |b - G(a)| / (3 sum m)``, the mean distance in holes; 0 without holes.

    The paper's reconstruction loss is the mean over all pixels; here those beside holes have no distance.

    Args:
        filled: float (N, 3, h, w).
        target: of the same shape.
        mask: float (N, 1, h, w), above 0 in holes.

    Returns:
        A scalar.
    """
    holes = (mask > 0).to(filled.dtype)
    return (holes * (filled - target).abs()).sum() / (3 * holes.sum()).clamp(min=1)


def patch_entropy(scores: torch.Tensor, wanted: float, mask: torch.Tensor) -> torch.Tensor:
    """Return ``cross_entropy`` of the scores of patches with holes only: all others are the same in both images.

    Args:
        scores: float (N, 1, H', W').
        wanted: 1 for patches of images, 0 for filled ones.
        mask: float (N, 1, h, w), above 0 in holes.

    Returns:
        A scalar; 0 without holes.
    """
    holes = nn.functional.adaptive_max_pool2d((mask > 0).to(scores.dtype), scores.shape[-2:])
    every = nn.functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, wanted), reduction="none")
    return (holes * every).sum() / holes.sum().clamp(min=1)


class Inpaint(Adversaries[InpaintSettings]):
    """One generator, which sees images with holes and their mask, and a discriminator with two ends."""

    name: ClassVar = "inpaint"
    needs: ClassVar = "one folder: images, in which holes are drawn on the way"
    examples: ClassVar = HOLED
    styles: ClassVar = False
    labels: ClassVar = NO_LABELS
    paper: ClassVar = "Demir and Unal, 'Patch-Based Image Inpainting with Generative Adversarial Networks' (2018)"
    settings_type: ClassVar[type[MethodSettings]] = InpaintSettings
    architectures: ClassVar = (FILLING_GENERATOR, PATCH_AND_GLOBAL_DISCRIMINATOR)
    rates: ClassVar = (1e-3, 2e-4)
    betas: ClassVar = (0.5, 0.999)
    sides: ClassVar = (64, 512)

    def generator_loss(self, batch: Batch) -> Losses:
        """``w_r |b - G(a)| - w_g log D_g(G(a)) - w_p log D_p(G(a))``, the paper's joint loss."""
        crops, settings = judged(batch, self.settings), self.settings
        mask = crops.source[:, 3:]
        started = with_starts(crops.source, self.generator, filled_at_once(settings.hole_width))
        filled = translate(self.generator, replace(crops, source=started), settings)
        batch.made = {"filled": filled.detach()}
        distance = settings.reconstruction_weight * hole_distance(filled, crops.target, mask)
        if self._is_alone(batch):
            nothing = torch.zeros_like(distance)
            return {"reconstruction": distance, "global": nothing, "patch": nothing}
        patches, whole = self.discriminator(filled)
        return {
            "reconstruction": distance,
            "global": settings.global_weight * cross_entropy(whole, 1),
            "patch": settings.patch_weight * patch_entropy(patches, 1, mask),
        }

    def discriminator_loss(self, batch: Batch) -> Losses:
        """``-log D(b) - log(1 - D(G(a)))`` for both ends of D, the mean of the two."""
        if self._is_alone(batch):
            nothing = torch.stack([weight.sum() for weight in self.discriminator.parameters()]).sum() * 0
            return {"real": nothing, "filled": nothing}
        crops = judged(batch, self.settings)
        given = {"real": (crops.target, 1.0), "filled": (batch.made["filled"], 0.0)}
        losses = {}
        for name, (images, wanted) in given.items():
            patches, whole = self.discriminator(images)
            of_patches = patch_entropy(patches, wanted, crops.source[:, 3:])
            losses[name] = (of_patches + cross_entropy(whole, wanted)) / 2
        return losses

    def _is_alone(self, batch: Batch) -> bool:
        """Return whether the generator still learns without the discriminator."""
        return batch.progress < self.settings.adversary_from


METHOD = Inpaint
