"""A smooth filling of holes without weights: a pyramid of means of known pixels."""

import torch
from torch import nn

from tilegan.tiling.unpadded import trim_to

LEVELS = 3  # of the pyramid: colors reach about 2^LEVELS pixels into a hole
LEAST = 1e-6  # weight of a pixel of a coarser level, so that no color is divided by zero
# Means of 3 x 3 pixels at each level, finest first. Without padding each loses a pixel of its level: 24 pixels in all,
# so that cells of up to 8 pixels keep their place.
ROUNDS = (4, 2, 2)


class SmoothFilling(nn.Module):
    """Fills unknown pixels by interpolation of known ones: by means of 2 x 2 pixels, and again of these.

    (The pull-push algorithm of Gortler et al. 1996, 'The Lumigraph', section 3.4.3, with bilinear interpolation. Beyond
    it, unknown pixels of the coarsest level get means of the 3 x 3 pixels around them, so that crossing holes are not
    gray in the middle, and so do those of the levels between and of full resolution, after interpolation, which brings
    them closer to diffusion.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, colors: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Fill unknown pixels.

        Args:
            colors: (N, 3, h, w); h and w are multiples of 2^LEVELS.
            known: (N, 1, h, w), 1 for known pixels, 0 for others.

        Returns:
            (N, 3, h, w); gray where no known pixel is near. And its tones, what is left of it at the coarsest level.
        """
        levels, weights = [colors * known], [known]  # the weighted colors of each level, and their weights
        for _ in range(LEVELS):
            weight = nn.functional.avg_pool2d(weights[-1], 2)
            color = nn.functional.avg_pool2d(levels[-1], 2) / weight.clamp(min=LEAST)
            weights.append((4 * weight).clamp(max=1))  # one known pixel of four suffices
            levels.append(color * weights[-1])
        near = self.around(levels[-1]) / self.around(weights[-1]).clamp(min=LEAST)
        filled = tones = _over(levels[-1], weights[-1], near)
        for number in range(LEVELS - 1, -1, -1):
            filled, tones = _doubled(filled), _doubled(tones)
            filled = _over(levels[number], weights[number], filled)
            for _ in range(ROUNDS[number]):
                filled = _over(levels[number], weights[number], self.around(filled))
        return filled, trim_to(tones, filled)


def _doubled(colors: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(colors, scale_factor=2.0, mode="bilinear", align_corners=False)


def _over(colors: torch.Tensor, weights: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    """Return weighted colors over others, at the size of these."""
    return trim_to(colors, below) + (1 - trim_to(weights, below)) * below
