"""What repeats with the tile, or with the generator's cell, in images: a grid that a discriminator hardly sees."""

import torch


def seam_energies(changes: torch.Tensor) -> torch.Tensor:
    """Mean squares of what repeats with the tile in images joined of four.

    That is the mean of all lines across a side, modulo the tile, around its own mean. (Products of different tiles in
    place of the square would leave single strokes alone; but tiles of one image are not independent, and a generator
    soon gave bright ones a ramp and dark ones the opposite, which makes such products negative.)

    Args:
        changes: float (N, 3, 2S, 2S), by which translations differ from what has no tiles: their sources, in the
            colors that they should have (else what the colors of a slope change by would count as well).

    Returns:
        float (N,).
    """
    count, _, side, _ = changes.shape
    lines = torch.stack((changes.mean(3), changes.mean(2)), 1)
    profiles = lines.reshape(count, -1, 2, side // 2).mean(2)
    return (profiles - profiles.mean(-1, keepdim=True)).square().mean((1, 2))


def weave_patterns(changes: torch.Tensor, cell: int) -> torch.Tensor:
    """What repeats with the generator's cell in each image, around its own mean.

    Args:
        changes: float (N, 3, h, w), as for ``seam_energies``.
        cell: its side in pixels, which divides h and w.

    Returns:
        float (N, 3 * cell * cell).
    """
    count, _, height, width = changes.shape
    patterns = changes.reshape(count, 3, height // cell, cell, width // cell, cell).mean((2, 4)).flatten(2)
    return (patterns - patterns.mean(2, keepdim=True)).flatten(1)


def common_energy(patterns: torch.Tensor) -> torch.Tensor:
    """Mean square of what the patterns of images have in common, as products of those of different images.

    Its expectation is the square of the expected pattern, since images of a batch are drawn independently: strokes,
    which a square of each image's own would count, cancel out over the steps.

    Args:
        patterns: float (N, V).

    Returns:
        scalar, which may be negative; 0 for a single image.
    """
    count = len(patterns)
    products = patterns.sum(0).square() - patterns.square().sum(0)
    return products.mean() / max(1, count * (count - 1))
