"""What repeats with the tile, or with the generator's cell, in images: a grid that a discriminator hardly sees."""

import torch


def repeated_energies(changes: torch.Tensor, period: int) -> torch.Tensor:
    """Mean squares of what repeats with a period in images.

    That is the mean of all lines across a side, modulo the period, around its own mean. (For tiles, products of
    different ones in place of the square would leave single strokes alone; but tiles of one image are not independent,
    and a generator soon gave bright ones a ramp and dark ones the opposite, which makes such products negative.)

    Args:
        changes: float (N, 3, side, side), by which translations differ from what has no such period: their sources, in
            the colours that they should have (else what the colours of a slope change by would count as well).
        period: in pixels; it divides the side.

    Returns:
        float (N,).
    """
    count, _, side, _ = changes.shape
    lines = torch.stack((changes.mean(3), changes.mean(2)), 1)
    profiles = lines.reshape(count, -1, side // period, period).mean(2)
    return (profiles - profiles.mean(-1, keepdim=True)).square().mean((1, 2))
