"""Losses that methods of repainting share: on mean colors, and on patterns that repeat with tile and cell."""

from typing import TypeVar

import torch
from torch import nn

from tilegan.methods.adversaries import Adversaries
from tilegan.methods.base import Batch, Losses
from tilegan.methods.color_map import coefficients, move_colors
from tilegan.methods.gather import gather
from tilegan.methods.passes import whole_of
from tilegan.methods.repainting_settings import RepaintingSettings
from tilegan.methods.seams import common_energy, seam_energies, weave_patterns
from tilegan.methods.siamese_losses import tone_distance, tones
from tilegan.networks.capabilities import capabilities
from tilegan.networks.recolor import Recolor

Settings = TypeVar("Settings", bound=RepaintingSettings)


class Repainting(Adversaries[Settings]):
    """One generator, one discriminator, and losses that keep colors in their place.

    A generator that moves colors first (see ``networks.recolor``) gets the color map of the settings.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: Settings) -> None:
        super().__init__(generator, discriminator, settings)
        recolor = getattr(generator, "recolor", None)
        if isinstance(recolor, Recolor) and settings.color_maps:
            recolor.fit(coefficients(settings.color_maps[0], settings.lightness, settings.palette))

    def wanted_tones(self, crops: Batch) -> torch.Tensor:
        """Return the mean colors that the areas of generated images should have, (N, 3, H / cell, W / cell)."""
        return self._moved(crops, tones(crops.source, self.settings.tone_cell))

    def repainting_losses(self, crops: Batch, translated: torch.Tensor) -> Losses:
        """Return the losses on tones, on the pattern of the tile and on that of the generator's cell.

        Args:
            crops: the batch from ``passes.judged``.
            translated: float (N, 3, H, W) in [-1, 1], its generated images.
        """
        settings = self.settings
        changes = translated.float() - self._moved(crops, crops.source)
        distance = tone_distance(self.wanted_tones(crops), translated, settings.tone_cell)
        return {
            "generator_tone": settings.tone_weight * distance,
            "generator_seams": settings.seam_weight * self._seams(crops, changes),
            "generator_weave": settings.weave_weight * self._weave(crops, changes),
        }

    def _moved(self, crops: Batch, colors: torch.Tensor) -> torch.Tensor:
        """Apply the color maps of the batch's styles to colors of the sources, (N, 3, H, W)."""
        maps = torch.tensor(self.settings.color_maps, device=colors.device)
        if not len(maps):
            return colors
        shares = maps.new_ones(len(colors), 1) if crops.styles is None else crops.styles
        maps = torch.tensordot(shares, maps, 1)
        return move_colors(colors, maps, self.settings.lightness, self.settings.palette)

    def _seams(self, crops: Batch, changes: torch.Tensor) -> torch.Tensor:
        """Return the energy of patterns that repeat with the tile, in the images of all processes joined from tiles."""
        if not self.settings.joined or crops.progress < self.settings.seam_start:
            return changes.new_zeros(())
        energies = gather(seam_energies(changes), crops)
        joined = energies[whole_of(self.settings, crops.total) :]
        return joined.sum() / max(1, len(joined))

    def _weave(self, crops: Batch, changes: torch.Tensor) -> torch.Tensor:
        """Return the energy of the pattern that repeats with the generator's cell, in the images of all processes."""
        patterns = weave_patterns(changes, capabilities(self.generator).cell)
        conditions = [gather(each, crops) for each in (crops.styles, crops.codes) if each is not None]
        return common_energy(gather(patterns, crops), torch.cat(conditions, 1) if conditions else None)
