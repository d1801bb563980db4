"""Distance between the statistics of generated images and those of a painter's works, as two sets of many crops.

A style is described by means and standard deviations of a network's channels (Huang and Belongie 2017, 'Arbitrary
Style Transfer in Real-time with Adaptive Instance Normalization'; Li et al. 2017, 'Demystifying Neural Style
Transfer'). There one painting is matched; here generated images take the distribution of all crops of all paintings, by
the energy distance (Szekely and Rizzo 2013, 'Energy statistics: A class of statistics based on distances'). A batch is
too small for a distribution, so the most recent crops are stored.
"""

import torch
from torch import nn

from tilegan.metrics.lab import LUMA

TARGETS, TRANSLATIONS = 256, 64  # crops that are stored; fewer of the generated ones, since generators change
TEXTURES = 5  # number of texture sizes
_LEAST = 16  # crops needed for standard deviations


def channel_statistics(features: list[torch.Tensor]) -> torch.Tensor:
    """Return means and deviations of all channels, (N, C, h, w) each -> float32 (N, 2 x all channels)."""
    parts = [
        part for each in features for part in (each.float().mean((2, 3)), (each.float().var((2, 3)) + 1e-6).sqrt())
    ]
    return torch.cat(parts, 1)


def color_textures(images: torch.Tensor) -> torch.Tensor:
    """Return the strength of textures of each size in luma and chroma: deviations of the bands of a mean pyramid.

    Classification networks are nearly insensitive to color; paint of one tone has many hues side by side.

    Args:
        images: float (N, 3, H, W) in [-1, 1], H and W multiples of 32.

    Returns:
        float32 (N, 15): for textures of 1, 2, 4, 8 and 16 pixels the deviations of luma, of blue minus luma and of red
            minus luma (ITU-R BT.601, unscaled).
    """
    red, green, blue = images.float().unbind(1)
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    values, parts = torch.stack((luma, blue - luma, red - luma), 1), []
    for _ in range(TEXTURES):
        coarser = nn.functional.avg_pool2d(values, 2)
        band = values - nn.functional.interpolate(coarser, scale_factor=2)
        parts.append((band.square().mean((2, 3)) + 1e-6).sqrt())
        values = coarser
    return torch.cat(parts, 1)


class StyleMemory(nn.Module):
    """Statistics of the most recent crops of targets and of generated images, for each style; part of the state."""

    targets: torch.Tensor
    translations: torch.Tensor
    counts: torch.Tensor

    def __init__(self, styles: int, values: int) -> None:
        super().__init__()
        self.register_buffer("targets", torch.zeros(styles, TARGETS, values))
        self.register_buffer("translations", torch.zeros(styles, TRANSLATIONS, values))
        self.register_buffer("counts", torch.zeros(styles, 2, dtype=torch.int64))  # of all crops so far, of either kind

    @torch.no_grad()
    def remember(self, rows: torch.Tensor, styles: torch.Tensor, *, translated: bool) -> None:
        """Replace the oldest entries by rows (N, values) of crops with style indices (N,)."""
        kept = self.translations if translated else self.targets
        for row, style in zip(rows, styles.tolist(), strict=True):
            count = self.counts[style, int(translated)]
            kept[style, int(count) % kept.shape[1]] = row
            count += 1

    def distance(self, rows: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return ``2 E|x - y| - 2 E|x - x'|``, the part of the energy distance that depends on the rows.

        Values are divided by the standard deviations of the targets, distances by the square root of their number.

        Args:
            rows: float (N, values), of generated images x; the stored ones are x', the targets y.
            styles: (N,), style indices of the rows.

        Returns:
            scalar; 0 for styles with too few stored crops.
        """
        found = [rows.new_zeros(())]
        for row, style in zip(rows, styles.tolist(), strict=True):
            many, few = self.counts[style].tolist()
            if min(many, few) < _LEAST:
                continue
            targets, translations = self.targets[style, :many], self.translations[style, :few]
            to_targets, among = (_apart(row, others, targets) for others in (targets, translations))
            found.append(2 * (to_targets - among))
        return torch.stack(found).sum() / len(rows)

    def pair_distance(self, rows: torch.Tensor, targets: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return ``2 E|x - y|``, where y is the one target that each generated image is to be like.

        Args:
            rows: float (N, values), of generated images x.
            targets: likewise, of the target y of each.
            styles: (N,), style indices of the rows.

        Returns:
            scalar, in the units of ``distance``; 0 for styles with too few stored crops.
        """
        found = [rows.new_zeros(())]
        for row, target, style in zip(rows, targets, styles.tolist(), strict=True):
            many = int(self.counts[style, 0])
            if many >= _LEAST:
                found.append(2 * _apart(row, target[None], self.targets[style, :many]))
        return torch.stack(found).sum() / len(rows)


def _apart(row: torch.Tensor, others: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean distance of a row (values,) from others (n, values), in units of the deviations of targets."""
    return (((row - others) / (targets.std(0) + 1e-3)).square().mean(1) + 1e-6).sqrt().mean()
