"""The Combo trick: translate four tiles separately, and show the discriminator only the joined image.

A tile whose edge does not match its neighbor makes the joined image unrealistic, so that a discriminator that sees only
joined images trains the generator to produce matching edges.
"""

import torch
from torch import nn


def split_quadrants(images: torch.Tensor) -> torch.Tensor:
    """Cut each image into its four quadrants.

    Args:
        images: (N, C, 2S, 2S).

    Returns:
        (4N, C, S, S); quadrant q of image n is at 4n + q, q = top-left, top-right, bottom-left, bottom-right.
    """
    count, channels, height, width = images.shape
    tiles = images.reshape(count, channels, 2, height // 2, 2, width // 2)
    return tiles.permute(0, 2, 4, 1, 3, 5).reshape(4 * count, channels, height // 2, width // 2)


def join_quadrants(tiles: torch.Tensor) -> torch.Tensor:
    """Join quadrants: the inverse of ``split_quadrants``.

    Args:
        tiles: (4N, C, S, S).

    Returns:
        (N, C, 2S, 2S).
    """
    count, channels, height, width = tiles.shape
    images = tiles.reshape(count // 4, 2, 2, channels, height, width)
    return images.permute(0, 3, 1, 4, 2, 5).reshape(count // 4, channels, 2 * height, 2 * width)


class Combo(nn.Module):
    """Wraps any image-to-image generator: (N, C, 2S, 2S) in, four independent S x S passes, the joined result out.

    No pixel of one quadrant influences the output or the gradient of another one, if the generator processes the images
    of a batch independently.
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, images: torch.Tensor, *conditions: torch.Tensor) -> torch.Tensor:
        """Map (N, C, 2S, 2S) to (N, C', 2S * scale, 2S * scale); all tiles share the image's conditions, (N, ...)."""
        of_tiles = [condition.repeat_interleave(4, 0) for condition in conditions]
        joined: torch.Tensor = join_quadrants(self.generator(split_quadrants(images), *of_tiles))
        return joined
