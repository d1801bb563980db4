"""What repeats with the tile in images that were joined of tiles: a grid that a discriminator hardly sees."""

import torch


def seam_energies(changes: torch.Tensor) -> torch.Tensor:
    """Mean squares of what repeats with the tile in images joined of four.

    That is the mean of all lines across a side, modulo the tile, around its own mean. (Products of different tiles in
    place of the square would leave single strokes alone; but tiles of one image are not independent, and a generator
    soon gave bright ones a ramp and dark ones the opposite, which makes such products negative.)

    Args:
        changes: float (N, 3, 2S, 2S), by which translations differ from what has no tiles: their sources, in the
            colours that they should have (else what the colours of a slope change by would count as well).

    Returns:
        float (N,).
    """
    count, _, side, _ = changes.shape
    lines = torch.stack((changes.mean(3), changes.mean(2)), 1)
    profiles = lines.reshape(count, -1, 2, side // 2).mean(2)
    return (profiles - profiles.mean(-1, keepdim=True)).square().mean((1, 2))
