"""Patterns in images that repeat with the tile or with the generator's cell: a grid that discriminators hardly see."""

import torch


def seam_energies(changes: torch.Tensor) -> torch.Tensor:
    """Return the mean square of the pattern that repeats with the tile, for images joined from four tiles.

    The pattern is the mean of all lines along an axis, modulo the tile, minus its own mean. (Products of different
    tiles instead of the square would ignore single strokes; but tiles of one image are not independent, and the
    generator soon gave bright tiles a ramp and dark tiles the opposite one, which makes such products negative.)

    Args:
        changes: float (N, 3, 2S, 2S), difference of the generated images from images without tiles: their sources with
            the wanted colors (otherwise the color change of a gradient would count as well).

    Returns:
        float (N,).
    """
    count, _, side, _ = changes.shape
    lines = torch.stack((changes.mean(3), changes.mean(2)), 1)
    profiles = lines.reshape(count, -1, 2, side // 2).mean(2)
    return (profiles - profiles.mean(-1, keepdim=True)).square().mean((1, 2))


def weave_patterns(changes: torch.Tensor, cell: int) -> torch.Tensor:
    """Return the pattern that repeats with the generator's cell in each image, minus its own mean.

    Args:
        changes: float (N, 3, h, w), as for ``seam_energies``.
        cell: side of the cell in pixels, which divides h and w.

    Returns:
        float (N, 3 * cell * cell).
    """
    count, _, height, width = changes.shape
    patterns = changes.reshape(count, 3, height // cell, cell, width // cell, cell).mean((2, 4)).flatten(2)
    return (patterns - patterns.mean(2, keepdim=True)).flatten(1)


def common_energy(patterns: torch.Tensor, conditions: torch.Tensor | None = None) -> torch.Tensor:
    """Return the mean square of the common part of patterns, as mean of the products of patterns of different images.

    Its expectation is the square of the expected pattern, since the images of a batch are drawn independently: strokes,
    which would count in the square of a single image, average out over the steps.

    With conditions only products of images with the same ones count, and the expectation is the mean square over these.
    (Conditions of a batch are not independent. Products of all images become ever more negative if one code has a
    pattern and another one the opposite: within 200 steps all pictures were reliefs of such patterns.)

    Args:
        patterns: float (N, V).
        conditions: (N, values), styles and codes of the images; None if there are none.

    Returns:
        scalar, which may be negative; 0 if there are no two images to compare.
    """
    products = (patterns[:, None] * patterns).mean(2)
    same = torch.ones_like(products)
    if conditions is not None:
        same = (conditions[:, None] == conditions).all(2).to(products)
    compared = same - torch.eye(len(patterns)).to(products)
    return (compared * products).sum() / compared.sum().clamp(min=1)
